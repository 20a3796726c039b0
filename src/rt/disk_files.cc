#include "rt/disk_files.h"

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/check.h"

namespace fairway::rt {
namespace {

using base::Code;
using base::Status;

// What changes when the content behind a path does. All zero: there is no file.
struct Print {
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = 0;
  int64_t written = 0;  // nanoseconds
  int64_t changed = 0;
  friend bool operator==(const Print&, const Print&) = default;
};

Print PrintOf(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return {};
  const auto nanoseconds = [](const timespec& t) {
    return static_cast<int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
  };
  return {.device = info.st_dev,
          .inode = info.st_ino,
          .size = info.st_size,
          .written = nanoseconds(info.st_mtim),
          .changed = nanoseconds(info.st_ctim)};
}

class OpenFile {
 public:
  explicit OpenFile(const std::string& path) : fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~OpenFile() {
    if (fd >= 0) ::close(fd);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  const int fd;
};

}  // namespace

base::Result<std::string> ReadDiskFile(const std::string& path, size_t most) {
  const OpenFile file(path);
  if (file.fd < 0) {
    return Status(errno == ENOENT || errno == ENOTDIR ? Code::kNotFound : Code::kUnavailable,
                  path + ": " + std::strerror(errno));
  }
  std::string content;
  std::array<char, 16384> buffer;
  while (true) {
    const ssize_t got = ::read(file.fd, buffer.data(), buffer.size());
    if (got == 0) return content;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      return Status(errno == EISDIR ? Code::kInvalid : Code::kUnavailable,
                    path + ": " + std::strerror(errno));
    }
    content.append(buffer.data(), static_cast<size_t>(got));
    if (content.size() > most)
      return Status(Code::kInvalid, path + ": larger than " + std::to_string(most) + " bytes");
  }
}

// One path, as it was when it was last told of, and as it was a moment ago.
class DiskFiles::Watched final : public FileWatch {
 public:
  Watched(DiskFiles& files, std::string path, std::move_only_function<void()> on_change)
      : files_(files),
        path_(std::move(path)),
        on_change_(std::move(on_change)),
        told_(PrintOf(path_)),
        last_(told_),
        timer_([this] { Look(); }) {
    files_.watched_.push_back(this);
    files_.Listen(path_);
    files_.loop_.Start(timer_, files_.look_each_);
  }
  ~Watched() override { files_.watched_.remove(this); }

  // Something may have happened.
  void Hurry() {
    if (timer_.armed() && timer_.deadline() <= files_.loop_.Now() + kStill) return;
    files_.loop_.Start(timer_, Duration::zero());
  }

 private:
  void Look() {
    const Print now = PrintOf(path_);
    const bool still = now == std::exchange(last_, now);
    const bool news = now != told_;
    files_.loop_.Start(timer_, news && !still ? kStill : files_.look_each_);
    if (!news || !still) return;
    told_ = now;
    files_.Listen(path_);  // the links on the way may lead elsewhere now
    on_change_();          // may destroy this
  }

  DiskFiles& files_;
  const std::string path_;
  std::move_only_function<void()> on_change_;
  Print told_;
  Print last_;
  Timer timer_;
};

DiskFiles::DiskFiles(EpollLoop& loop, Events events, Duration look_each)
    : loop_(loop), wanted_(events), look_each_(look_each), wake_(*this) {}

DiskFiles::~DiskFiles() {
  CHECK(watched_.empty());
  if (inotify_ >= 0) ::close(inotify_);
}

base::Result<std::string> DiskFiles::Read(const std::string& path, size_t most) {
  return ReadDiskFile(path, most);
}

std::unique_ptr<FileWatch> DiskFiles::Watch(std::string path,
                                            std::move_only_function<void()> on_change) {
  if (wanted_ == Events::kInotify && inotify_ < 0) {
    inotify_ = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (inotify_ >= 0 && !loop_.Watch(inotify_, EPOLLIN, *this).ok())
      ::close(std::exchange(inotify_, -1));
  }
  return std::make_unique<Watched>(*this, std::move(path), std::move(on_change));
}

// The folder where the path stands sees renames, and swaps of links that stand beside it, as a
// ConfigMap's `..data` does; the folder where the file really is sees writes. Asking again for a
// folder that is watched changes nothing, and one that is deleted leaves by itself.
void DiskFiles::Listen(const std::string& path) {
  if (inotify_ < 0) return;
  constexpr uint32_t kMask =
      IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ONLYDIR;
  std::error_code ignored;  // then the next look finds out
  for (const std::filesystem::path& file :
       {std::filesystem::absolute(path, ignored), std::filesystem::canonical(path, ignored)}) {
    if (file.empty()) continue;
    (void)::inotify_add_watch(inotify_, file.parent_path().c_str(), kMask);
  }
}

void DiskFiles::OnEvents(uint32_t) {
  if (!wake_.queued()) loop_.Defer(wake_);
}

void DiskFiles::Drain() {
  alignas(inotify_event) std::array<char, 4096> buffer;
  while (::read(inotify_, buffer.data(), buffer.size()) > 0) {
  }
  for (Watched* watched : watched_) watched->Hurry();
}

}  // namespace fairway::rt
