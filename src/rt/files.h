#pragma once
// Files: small files that are read and followed while the process runs (configuration, endpoint
// lists): DiskFiles beside an EpollLoop, SimFiles beside a SimLoop. Lives on its Loop.
//
// Reading blocks; it is for files of some KiB on the control loop, never for the request path.

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "base/status.h"

namespace fairway::rt {

// Follows one path until destroyed.
class FileWatch {
 public:
  virtual ~FileWatch() = default;
};

class Files {
 public:
  virtual ~Files() = default;

  // The whole file. kNotFound: there is none. kInvalid: it holds more than `most` bytes, or is a
  // directory. kUnavailable: it cannot be read.
  virtual base::Result<std::string> Read(const std::string& path, size_t most) = 0;

  // Calls `on_change` when the path leads to other content than before: after a write, a rename
  // over it, a swap of a symbolic link on the way to it, its removal or its return. A file that is
  // being written counts once it has been still for a moment. What it was when the watch began is
  // no change. `on_change` runs in a later turn of the loop and may destroy the watch.
  virtual std::unique_ptr<FileWatch> Watch(std::string path,
                                           std::move_only_function<void()> on_change) = 0;
};

// Files::Read on the machine's disk, for whoever has no loop. Blocks.
base::Result<std::string> ReadDiskFile(const std::string& path, size_t most);

}  // namespace fairway::rt
