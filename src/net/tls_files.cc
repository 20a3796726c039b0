#include "net/tls_files.h"

#include <utility>

#include "obs/log.h"

namespace fairway::net {

using base::Result;
using base::Status;

Result<std::unique_ptr<TlsFiles>> TlsFiles::Load(rt::Files& files, TlsFilePaths paths,
                                                 std::vector<std::string_view> protocols) {
  Text text = TRY(Read(files, paths));
  crypto::TlsServerContext first = TRY(Make(paths, text, protocols));
  return std::unique_ptr<TlsFiles>(new TlsFiles(files, std::move(paths), std::move(protocols),
                                                std::move(text), std::move(first)));
}

TlsFiles::TlsFiles(rt::Files& files, TlsFilePaths paths, std::vector<std::string_view> protocols,
                   Text text, crypto::TlsServerContext first)
    : files_(files),
      paths_(std::move(paths)),
      protocols_(std::move(protocols)),
      seen_(std::move(text)),
      contexts_(std::make_shared<const crypto::TlsServerContext>(std::move(first))),
      certificate_watch_(files.Watch(paths_.certificate, [this] { Reload(); })),
      key_watch_(files.Watch(paths_.key, [this] { Reload(); })) {}

Result<TlsFiles::Text> TlsFiles::Read(rt::Files& files, const TlsFilePaths& paths) {
  Text text;
  text.certificate = TRY(files.Read(paths.certificate, kMaxPemBytes));
  text.key = TRY(files.Read(paths.key, kMaxPemBytes));
  return text;
}

Result<crypto::TlsServerContext> TlsFiles::Make(const TlsFilePaths& paths, const Text& text,
                                                crypto::AlpnList protocols) {
  auto made = crypto::TlsServerContext::Create(text.certificate, text.key, protocols);
  if (made.ok()) return made;
  return made.status().Within(paths.certificate + " and " + paths.key);
}

void TlsFiles::Reload() {
  Result<Text> text = Read(files_, paths_);
  if (!text.ok()) return Complain(text.status());
  if (*text == seen_) return;
  seen_ = *std::move(text);
  auto made = Make(paths_, seen_, protocols_);
  if (!made.ok()) return Complain(made.status());
  complaint_.clear();
  contexts_.Publish(std::make_shared<const crypto::TlsServerContext>(*std::move(made)));
  obs::Log(obs::Level::kInfo, "the TLS certificate was replaced; new connections get it",
           {{"file", paths_.certificate}});
}

void TlsFiles::Complain(const Status& why) {
  if (complaint_ == why.message()) return;
  complaint_ = why.message();
  obs::Log(obs::Level::kError, "the new TLS certificate is not usable; the last good one stays",
           {{"why", complaint_}});
}

}  // namespace fairway::net
