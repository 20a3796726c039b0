#pragma once
// The last records of TLS streams that were closed while the socket below took no more: what a
// kernel does for plaintext after close(). Each goes out when there is room, then FIN; one that has
// not gone after kLimit, or is one too many, is cut. Lives on its Loop and outlives the streams.

#include <list>
#include <memory>
#include <string>

#include "net/stream.h"

namespace fairway::net {

class TlsLinger final {
 public:
  static constexpr size_t kMaxStreams = 1024;  // each holds a record or two
  static constexpr base::Duration kLimit = std::chrono::seconds(5);

  explicit TlsLinger(rt::Loop& loop) : loop_(loop) {}
  TlsLinger(const TlsLinger&) = delete;
  TlsLinger& operator=(const TlsLinger&) = delete;

  // Nobody waits on `lower`.
  void Adopt(std::unique_ptr<Stream> lower, std::string records);
  size_t size() const { return closing_.size(); }

 private:
  class Closing final : public rt::Job {
   public:
    Closing(TlsLinger& owner, std::unique_ptr<Stream> lower, std::string records);
    void Run() override;  // ends by destroying this, or waits

    std::list<Closing>::iterator self;

   private:
    TlsLinger& owner_;
    std::unique_ptr<Stream> lower_;
    std::string records_;
    size_t sent_ = 0;
    rt::Timer limit_;
  };

  rt::Loop& loop_;
  std::list<Closing> closing_;
};

}  // namespace fairway::net
