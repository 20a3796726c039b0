#include "rt/sim_files.h"

#include <utility>

#include "base/check.h"

namespace fairway::rt {

class SimFiles::Watched final : public FileWatch {
 public:
  Watched(SimFiles& files, std::string at, std::move_only_function<void()> on_change)
      : path(std::move(at)),
        timer([this] { on_change_(); }),
        files_(files),
        on_change_(std::move(on_change)) {
    files_.watched_.push_back(this);
  }
  ~Watched() override { files_.watched_.remove(this); }

  const std::string path;
  Timer timer;

 private:
  SimFiles& files_;
  std::move_only_function<void()> on_change_;
};

SimFiles::~SimFiles() { CHECK(watched_.empty()); }

void SimFiles::Set(const std::string& path, std::string content) {
  files_[path] = std::move(content);
  Tell(path);
}

void SimFiles::Remove(const std::string& path) {
  files_.erase(path);
  Tell(path);
}

void SimFiles::Tell(const std::string& path) {
  for (Watched* watched : watched_) {
    if (watched->path == path) loop_.Start(watched->timer, Duration::zero());
  }
}

base::Result<std::string> SimFiles::Read(const std::string& path, size_t most) {
  const auto found = files_.find(path);
  if (found == files_.end()) return base::Status(base::Code::kNotFound, path + ": no such file");
  if (found->second.size() > most) {
    return base::Status(base::Code::kInvalid,
                        path + ": larger than " + std::to_string(most) + " bytes");
  }
  return found->second;
}

std::unique_ptr<FileWatch> SimFiles::Watch(std::string path,
                                           std::move_only_function<void()> on_change) {
  return std::make_unique<Watched>(*this, std::move(path), std::move(on_change));
}

}  // namespace fairway::rt
