#pragma once
// DiskFiles: the machine's files, followed for an EpollLoop. Truth is what stat says of the path,
// asked each second; inotify, where there is any, only makes it be asked at once. So a network file
// system without events, a full inotify table or a missed event cost a second, never a change.

#include <cstdint>
#include <list>
#include <memory>
#include <string>

#include "rt/epoll_loop.h"
#include "rt/files.h"

namespace fairway::rt {

class DiskFiles final : public Files, private FdWatcher {
 public:
  enum class Events : uint8_t { kInotify, kNone };
  // A file that changed must not have changed again for so long.
  static constexpr Duration kStill = std::chrono::milliseconds(50);

  // The loop outlives it.
  explicit DiskFiles(EpollLoop& loop, Events events = Events::kInotify,
                     Duration look_each = std::chrono::seconds(1));
  DiskFiles(const DiskFiles&) = delete;
  DiskFiles& operator=(const DiskFiles&) = delete;
  ~DiskFiles() override;  // every watch is gone

  base::Result<std::string> Read(const std::string& path, size_t most) override;
  std::unique_ptr<FileWatch> Watch(std::string path,
                                   std::move_only_function<void()> on_change) override;

 private:
  class Watched;
  class Wake final : public Job {
   public:
    explicit Wake(DiskFiles& files) : files_(files) {}
    void Run() override { files_.Drain(); }

   private:
    DiskFiles& files_;
  };
  void OnEvents(uint32_t events) override;
  void Drain();
  // Asks for events of the folders that the path leads through.
  void Listen(const std::string& path);

  EpollLoop& loop_;
  const Events wanted_;
  const Duration look_each_;
  int inotify_ = -1;
  Wake wake_;
  std::list<Watched*> watched_;
};

}  // namespace fairway::rt
