#include "net/tls_linger.h"

#include <utility>

namespace fairway::net {

TlsLinger::Closing::Closing(TlsLinger& owner, std::unique_ptr<Stream> lower, std::string records)
    : owner_(owner), lower_(std::move(lower)), records_(std::move(records)), limit_([this] {
        lower_->Abort({base::Code::kTimeout, "the peer did not take the end of the stream"});
        owner_.closing_.erase(self);
      }) {
  owner_.loop_.Start(limit_, kLimit);
}

void TlsLinger::Closing::Run() {
  while (sent_ < records_.size()) {
    const std::string_view left = std::string_view(records_).substr(sent_);
    const IoResult moved = lower_->TryWrite({&left, 1});
    if (moved.state == IoState::kWouldBlock) return lower_->WaitWritable(*this);
    if (moved.state != IoState::kOk) break;
    sent_ += moved.bytes;
  }
  lower_->ShutdownWrite();
  owner_.closing_.erase(self);
}

void TlsLinger::Adopt(std::unique_ptr<Stream> lower, std::string records) {
  if (closing_.size() >= kMaxStreams) {
    return lower->Abort({base::Code::kExhausted, "too many closed streams wait for their peers"});
  }
  Closing& closing = closing_.emplace_back(*this, std::move(lower), std::move(records));
  closing.self = std::prev(closing_.end());
  closing.Run();
}

}  // namespace fairway::net
