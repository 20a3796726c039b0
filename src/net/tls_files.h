#pragma once
// The certificate and key that clients see, read from two PEM files and followed while running: a
// change of either makes a new context for the connections to come. Files that do not make a server
// (one of a pair not yet renewed, say) are told once, and the last good context stays.
//
// Lives on one Loop; the contexts are read from any thread.

#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "net/tls_network.h"
#include "rt/files.h"

namespace fairway::net {

inline constexpr size_t kMaxPemBytes = 1024 * 1024;

struct TlsFilePaths {
  std::string certificate;  // with the chain behind it
  std::string key;
};

class TlsFiles final {
 public:
  // Fails, naming the file, if they do not make a server now. `files` outlives it.
  static base::Result<std::unique_ptr<TlsFiles>> Load(rt::Files& files, TlsFilePaths paths,
                                                      std::vector<std::string_view> protocols);
  TlsFiles(const TlsFiles&) = delete;
  TlsFiles& operator=(const TlsFiles&) = delete;

  const TlsServerSnapshot& contexts() const { return contexts_; }

 private:
  struct Text {
    std::string certificate;
    std::string key;
    friend bool operator==(const Text&, const Text&) = default;
  };
  TlsFiles(rt::Files& files, TlsFilePaths paths, std::vector<std::string_view> protocols, Text text,
           crypto::TlsServerContext first);
  static base::Result<Text> Read(rt::Files& files, const TlsFilePaths& paths);
  static base::Result<crypto::TlsServerContext> Make(const TlsFilePaths& paths, const Text& text,
                                                     crypto::AlpnList protocols);
  void Reload();
  void Complain(const base::Status& why);

  rt::Files& files_;
  const TlsFilePaths paths_;
  const std::vector<std::string_view> protocols_;
  Text seen_;              // good or not
  std::string complaint_;  // told last
  TlsServerSnapshot contexts_;
  std::unique_ptr<rt::FileWatch> certificate_watch_;
  std::unique_ptr<rt::FileWatch> key_watch_;
};

}  // namespace fairway::net
