#include "crypto/self_signed.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <array>
#include <utility>

#include "base/check.h"
#include "crypto/openssl_error.h"
#include "crypto/openssl_handle.h"

namespace fairway::crypto {
namespace {

using base::Code;
using base::Status;

constexpr long kDaySeconds = 24 * 60 * 60;

using ExtensionHandle = std::unique_ptr<X509_EXTENSION, FreeWith<&::X509_EXTENSION_free>>;

Status AddExtension(X509* certificate, int kind, const std::string& value) {
  X509V3_CTX context;
  context.db = nullptr;
  ::X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const ExtensionHandle extension(::X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  if (extension == nullptr || ::X509_add_ext(certificate, extension.get(), -1) != 1)
    return TakeOpenSslError(Code::kInvalid, "certificate extension \"" + value + "\"");
  return {};
}

// "DNS:a.example,IP:127.0.0.1"; a comma within a name would begin another entry.
base::Result<std::string> AlternativeNames(const SelfSignedOptions& options) {
  std::string names;
  const auto add = [&names](std::string_view kind, const std::string& name) {
    if (name.empty() || name.find_first_of(", \t\n") != std::string::npos)
      return Status(Code::kInvalid, "\"" + name + "\" cannot stand in a certificate");
    if (!names.empty()) names += ',';
    names += kind;
    names += name;
    return Status();
  };
  for (const std::string& name : options.dns_names) TRY_STATUS(add("DNS:", name));
  for (const std::string& address : options.addresses) TRY_STATUS(add("IP:", address));
  return names;
}

void SetSerial(X509* certificate) {
  std::array<unsigned char, 16> random;
  CHECK(::RAND_bytes(random.data(), static_cast<int>(random.size())) == 1);
  random[0] = static_cast<unsigned char>((random[0] & 0x7f) | 0x40);  // positive, of full length
  BIGNUM* number = ::BN_bin2bn(random.data(), static_cast<int>(random.size()), nullptr);
  CHECK(number != nullptr);
  CHECK(::BN_to_ASN1_INTEGER(number, ::X509_get_serialNumber(certificate)) != nullptr);
  ::BN_free(number);
}

template <class Write>
std::string Pem(Write write) {
  const BioHandle out(::BIO_new(::BIO_s_mem()));
  CHECK(out != nullptr && write(out.get()) == 1);
  char* data = nullptr;
  const long bytes = ::BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<size_t>(bytes)};
}

}  // namespace

base::Result<SelfSigned> MakeSelfSigned(const SelfSignedOptions& options) {
  ::ERR_clear_error();
  const KeyHandle key(::EVP_EC_gen("P-256"));
  const CertificateHandle certificate(::X509_new());
  CHECK(key != nullptr && certificate != nullptr);
  X509* x509 = certificate.get();
  CHECK(::X509_set_version(x509, X509_VERSION_3) == 1);
  SetSerial(x509);
  CHECK(::X509_gmtime_adj(::X509_getm_notBefore(x509), -kDaySeconds) != nullptr);
  CHECK(::X509_gmtime_adj(::X509_getm_notAfter(x509), options.days * kDaySeconds) != nullptr);
  CHECK(::X509_set_pubkey(x509, key.get()) == 1);
  X509_NAME* name = ::X509_get_subject_name(x509);
  const auto* common_name = reinterpret_cast<const unsigned char*>(options.common_name.c_str());
  if (::X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, common_name, -1, -1, 0) != 1)
    return TakeOpenSslError(Code::kInvalid, "the certificate's common name");
  CHECK(::X509_set_issuer_name(x509, name) == 1);
  const std::string names = TRY(AlternativeNames(options));
  if (!names.empty()) TRY_STATUS(AddExtension(x509, NID_subject_alt_name, names));
  TRY_STATUS(AddExtension(x509, NID_basic_constraints, "critical,CA:TRUE"));
  // By these, several of the same name are told apart in one file of authorities.
  TRY_STATUS(AddExtension(x509, NID_subject_key_identifier, "hash"));
  TRY_STATUS(AddExtension(x509, NID_authority_key_identifier, "keyid:always"));
  CHECK(::X509_sign(x509, key.get(), ::EVP_sha256()) > 0);
  return SelfSigned{
      .certificate_pem = Pem([&](BIO* out) { return ::PEM_write_bio_X509(out, x509); }),
      .key_pem = Pem([&](BIO* out) {
        return ::PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
      })};
}

}  // namespace fairway::crypto
