#pragma once
// SimFiles: the files of a simulation, in memory.

#include <list>
#include <map>
#include <memory>
#include <string>

#include "rt/files.h"
#include "rt/loop.h"

namespace fairway::rt {

class SimFiles final : public Files {
 public:
  explicit SimFiles(Loop& loop) : loop_(loop) {}
  SimFiles(const SimFiles&) = delete;
  SimFiles& operator=(const SimFiles&) = delete;
  ~SimFiles() override;  // every watch is gone

  void Set(const std::string& path, std::string content);
  void Remove(const std::string& path);

  base::Result<std::string> Read(const std::string& path, size_t most) override;
  std::unique_ptr<FileWatch> Watch(std::string path,
                                   std::move_only_function<void()> on_change) override;

 private:
  class Watched;
  void Tell(const std::string& path);

  Loop& loop_;
  std::map<std::string, std::string> files_;
  std::list<Watched*> watched_;
};

}  // namespace fairway::rt
