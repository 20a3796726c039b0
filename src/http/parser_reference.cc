#include "http/parser_reference.h"

#include <boost/beast/http/basic_parser.hpp>

namespace fairway::http {
namespace {

namespace beast = boost::beast;
using beast::error_code;

// Notes what the parser reports; every view must lie in the bytes given.
template <bool kIsRequest>
class Collector final : public beast::http::basic_parser<kIsRequest> {
 public:
  Collector(std::string_view bytes, ReferenceHead& out) : bytes_(bytes), out_(&out) {
    out.fields.Clear();
    out.folded = false;
  }

 private:
  using Text = beast::string_view;
  static std::string_view View(Text text) { return {text.data(), text.size()}; }

  void on_request_impl(beast::http::verb, Text method, Text target, int version,
                       error_code&) override {
    out_->method = View(method);
    out_->target = View(target);
    out_->version = version;
  }
  void on_response_impl(int code, Text, int version, error_code&) override {
    out_->status = code;
    out_->version = version;
  }
  void on_field_impl(beast::http::field, Text name, Text value, error_code& error) override {
    const char* at = value.data();
    if (!value.empty() && (at < bytes_.data() || at > bytes_.data() + bytes_.size()))
      out_->folded = true;
    if (!out_->fields.Add(View(name), out_->folded ? std::string_view() : View(value)))
      error = beast::http::error::header_limit;
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(Text, error_code&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, Text, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, Text, error_code&) override { return 0; }
  void on_finish_impl(error_code&) override {}

  std::string_view bytes_;
  ReferenceHead* out_;
};

template <bool kIsRequest>
size_t Parse(std::string_view bytes, ReferenceHead& out) {
  Collector<kIsRequest> parser(bytes, out);
  parser.header_limit(64 * 1024);
  error_code error;
  const size_t used = parser.put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
  return !error && parser.is_header_done() ? used : 0;
}

}  // namespace

size_t ReferenceParseRequest(std::string_view bytes, ReferenceHead& out) {
  return Parse<true>(bytes, out);
}
size_t ReferenceParseResponse(std::string_view bytes, ReferenceHead& out) {
  return Parse<false>(bytes, out);
}

}  // namespace fairway::http
