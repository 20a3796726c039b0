#include "http/h2/session.h"

#include <nghttp2/nghttp2.h>

#include <array>
#include <charconv>
#include <iterator>
#include <limits>
#include <string>

#include "base/check.h"
#include "http/h2/field_list.h"

namespace fairway::http {
namespace {

using base::Code;
using base::Status;

uint8_t* Bytes(std::string_view text) {
  return reinterpret_cast<uint8_t*>(const_cast<char*>(text.data()));  // the library does not write
}

std::string_view Text(const uint8_t* bytes, size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

H2Session& SessionOf(void* user) { return *static_cast<H2Session*>(user); }

// Whether the frame brings nothing that a request or its answer needs.
bool IsIdleFrame(const nghttp2_frame_hd& frame) {
  switch (frame.type) {
    case NGHTTP2_DATA:
      return frame.length == 0 && (frame.flags & NGHTTP2_FLAG_END_STREAM) == 0;
    case NGHTTP2_SETTINGS:
    case NGHTTP2_PING:
      return (frame.flags & NGHTTP2_FLAG_ACK) == 0;
    case NGHTTP2_HEADERS:
    case NGHTTP2_RST_STREAM:
    case NGHTTP2_GOAWAY:
      return false;
    default:
      return true;
  }
}

// Whether we reset a stream because of what the peer did with it (CVE-2025-8671).
bool IsPeersFault(uint32_t error) {
  return error != NGHTTP2_NO_ERROR && error != NGHTTP2_CANCEL && error != NGHTTP2_INTERNAL_ERROR;
}

}  // namespace

// What the library calls while it reads and writes frames.
struct H2Callbacks {
  static int OnBeginFrame(nghttp2_session*, const nghttp2_frame_hd* frame, void* user) {
    H2Session& session = SessionOf(user);
    if (frame->type == NGHTTP2_RST_STREAM && session.PortOf(frame->stream_id) != nullptr) {
      session.guard_.OnBrokenStream(session.now_);
    } else if (IsIdleFrame(*frame) || frame->type == NGHTTP2_RST_STREAM) {
      session.guard_.OnIdleFrame(session.now_);
    }
    session.violation_ = session.ViolationOf(frame->type, frame->stream_id);
    const bool stop = session.guard_.flooded() || session.violation_ != H2Error::kNone;
    return stop ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
  }

  static int OnBeginHeaders(nghttp2_session* library, const nghttp2_frame* frame, void* user) {
    H2Session& session = SessionOf(user);
    session.owner_.OnBlockBegin();
    if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    const int32_t id = frame->hd.stream_id;
    session.closed_.OnOpened(id);
    nghttp2_session_set_stream_user_data(library, id, &session.owner_.OnOpen(id));
    // Streams take turns: none waits for an older one to end.
    const nghttp2_extpri turns = {.urgency = NGHTTP2_EXTPRI_DEFAULT_URGENCY, .inc = 1};
    (void)nghttp2_session_change_extpri_stream_priority(library, id, &turns, 1);
    return 0;
  }

  static int OnHeader(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name,
                      size_t name_size, const uint8_t* value, size_t value_size, uint8_t,
                      void* user) {
    H2StreamPort* port = SessionOf(user).PortOf(frame->hd.stream_id);
    if (port != nullptr) port->OnField(Text(name, name_size), Text(value, value_size));
    return 0;
  }

  static int OnFrame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    H2Session& session = SessionOf(user);
    H2StreamPort* port = session.PortOf(frame->hd.stream_id);
    const bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    switch (frame->hd.type) {
      case NGHTTP2_HEADERS:
        session.owner_.OnBlockEnd();
        if (port != nullptr) port->OnBlockEnd();
        [[fallthrough]];
      case NGHTTP2_DATA:
        if (port != nullptr && ends) port->OnEnd();
        break;
      case NGHTTP2_RST_STREAM:
        session.reset_by_peer_ = frame->hd.stream_id;
        break;
      case NGHTTP2_PING:
        if ((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0) session.owner_.OnPingAck();
        break;
      case NGHTTP2_GOAWAY:
        session.owner_.OnGoaway(frame->goaway.last_stream_id,
                                static_cast<H2Error>(frame->goaway.error_code));
        break;
      default:
        break;
    }
    return 0;
  }

  static int OnInvalidFrame(nghttp2_session*, const nghttp2_frame* frame, int, void* user) {
    if (frame->hd.type != NGHTTP2_HEADERS) return 0;
    H2Session& session = SessionOf(user);
    session.owner_.OnBlockEnd();
    if (session.PortOf(frame->hd.stream_id) == nullptr)  // refused: it never opens
      session.closed_.Add(frame->hd.stream_id, H2ClosedStreams::EndedBy::kUs);
    return 0;
  }

  static int OnData(nghttp2_session*, uint8_t, int32_t id, const uint8_t* bytes, size_t size,
                    void* user) {
    H2Session& session = SessionOf(user);
    if (H2StreamPort* port = session.PortOf(id); port != nullptr) {
      port->OnData(Text(bytes, size));
    } else {
      session.Consume(id, size);
    }
    return 0;
  }

  static int OnClose(nghttp2_session* library, int32_t id, uint32_t error, void* user) {
    H2Session& session = SessionOf(user);
    const bool by_peer =
        nghttp2_session_get_stream_remote_close(library, id) == 1 || session.reset_by_peer_ == id;
    session.closed_.Add(id,
                        by_peer ? H2ClosedStreams::EndedBy::kPeer : H2ClosedStreams::EndedBy::kUs);
    if (H2StreamPort* port = session.PortOf(id); port != nullptr) {
      session.Forget(id);
      port->OnClosed(static_cast<H2Error>(error));
    }
    return 0;
  }

  static int OnSent(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    H2Session& session = SessionOf(user);
    if (frame->hd.type == NGHTTP2_RST_STREAM && IsPeersFault(frame->rst_stream.error_code))
      session.guard_.OnBrokenStream(session.now_);
    return 0;
  }

  static ssize_t ReadData(nghttp2_session* library, int32_t id, uint8_t*, size_t most,
                          uint32_t* flags, nghttp2_data_source*, void* user) {
    H2StreamPort* port = SessionOf(user).PortOf(id);
    if (port == nullptr) return NGHTTP2_ERR_DEFERRED;
    const H2StreamPort::Outgoing next = port->NextData(most);
    using Then = H2StreamPort::Outgoing::Then;
    if (next.bytes == 0 && (next.then == Then::kWait || next.then == Then::kMore))
      return NGHTTP2_ERR_DEFERRED;
    *flags = NGHTTP2_DATA_FLAG_NO_COPY;
    if (next.then == Then::kEnd || next.then == Then::kTrailers) *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (next.then == Then::kTrailers) {
      *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      SubmitTrailers(library, id, port->Trailers());
    }
    return static_cast<ssize_t>(next.bytes);
  }

  static void SubmitTrailers(nghttp2_session* library, int32_t id, std::span<const Field> fields) {
    H2FieldList list;
    list.Add(fields);
    (void)nghttp2_submit_trailer(library, id, list.data(), list.size());
  }

  static int SendData(nghttp2_session*, nghttp2_frame* frame, const uint8_t* head, size_t size,
                      nghttp2_data_source*, void* user) {
    H2Session& session = SessionOf(user);
    session.guard_.OnDataSent();
    session.out_->Append(Text(head, 9));  // no padding: none was selected
    if (size > 0) session.out_->Append(session.PortOf(frame->hd.stream_id)->TakeData(size));
    return session.out_->size() >= session.out_limit_ ? NGHTTP2_ERR_PAUSE : 0;
  }

  static const nghttp2_session_callbacks* All() {
    static const nghttp2_session_callbacks* all = [] {
      nghttp2_session_callbacks* made = nullptr;
      CHECK(nghttp2_session_callbacks_new(&made) == 0);
      nghttp2_session_callbacks_set_on_begin_frame_callback(made, OnBeginFrame);
      nghttp2_session_callbacks_set_on_begin_headers_callback(made, OnBeginHeaders);
      nghttp2_session_callbacks_set_on_header_callback(made, OnHeader);
      nghttp2_session_callbacks_set_on_frame_recv_callback(made, OnFrame);
      nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(made, OnInvalidFrame);
      nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, OnData);
      nghttp2_session_callbacks_set_on_stream_close_callback(made, OnClose);
      nghttp2_session_callbacks_set_on_frame_send_callback(made, OnSent);
      nghttp2_session_callbacks_set_send_data_callback(made, SendData);
      return made;
    }();
    return all;
  }
};

namespace {

// The library's own limiter reads the system's clock: it is given no chance to act, H2FloodGuard
// does. Its limit on acknowledgements stands above what the guard lets through.
const nghttp2_option* LibraryOptions() {
  static const nghttp2_option* options = [] {
    nghttp2_option* made = nullptr;
    CHECK(nghttp2_option_new(&made) == 0);
    nghttp2_option_set_no_auto_window_update(made, 1);
    nghttp2_option_set_no_closed_streams(made, 1);
    nghttp2_option_set_stream_reset_rate_limit(made, std::numeric_limits<uint64_t>::max(), 1);
    nghttp2_option_set_max_outbound_ack(made, 10'000);
    return made;
  }();
  return options;
}

// The bytes come from the stream's port.
nghttp2_data_provider FromPort() {
  return {.source = {.ptr = nullptr}, .read_callback = H2Callbacks::ReadData};
}

Status FailureOf(ssize_t error) {
  const std::string why = nghttp2_strerror(static_cast<int>(error));
  if (error == NGHTTP2_ERR_FLOODED || error == NGHTTP2_ERR_TOO_MANY_CONTINUATIONS)
    return {Code::kExhausted, why};
  return {Code::kInvalid, why};
}

// With the preface queued. `user` is handed to every callback.
nghttp2_session* NewLibrary(const H2SessionOptions& options, H2Session* user) {
  nghttp2_session* session = nullptr;
  const bool server = options.role == H2Role::kServer;
  const int made =
      server ? nghttp2_session_server_new2(&session, H2Callbacks::All(), user, LibraryOptions())
             : nghttp2_session_client_new2(&session, H2Callbacks::All(), user, LibraryOptions());
  CHECK(made == 0);
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, options.limits.stream_window},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<uint32_t>(options.head_bytes)},
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, server ? options.limits.streams : 0},
      // The last one differs by side.
      server ? nghttp2_settings_entry{NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1}
             : nghttp2_settings_entry{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
  };
  CHECK(nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings, std::size(settings)) == 0);
  CHECK(nghttp2_session_set_local_window_size(
            session, NGHTTP2_FLAG_NONE, 0,
            static_cast<int32_t>(options.limits.connection_window)) == 0);
  return session;
}

}  // namespace

H2Session::H2Session(const H2SessionOptions& options, H2SessionOwner& owner)
    : owner_(owner), guard_(options.limits) {
  session_ = NewLibrary(options, this);
}

H2Session::~H2Session() { nghttp2_session_del(session_); }

H2StreamPort* H2Session::PortOf(int32_t id) const {
  return static_cast<H2StreamPort*>(nghttp2_session_get_stream_user_data(session_, id));
}

// What the library lets pass: it knows closed streams and priorities no more.
H2Error H2Session::ViolationOf(uint8_t type, int32_t id) const {
  if (type == NGHTTP2_PRIORITY && id == 0) return H2Error::kProtocol;
  if (type != NGHTTP2_DATA && type != NGHTTP2_HEADERS) return H2Error::kNone;
  if (nghttp2_session_get_stream_remote_close(session_, id) >= 0) return H2Error::kNone;  // open
  using Frame = H2ClosedStreams::Frame;
  switch (closed_.MeaningOf(id, type == NGHTTP2_DATA ? Frame::kData : Frame::kHeaders)) {
    case H2ClosedStreams::Meaning::kLate:
      return H2Error::kNone;
    case H2ClosedStreams::Meaning::kStreamClosed:
      return H2Error::kStreamClosed;
    case H2ClosedStreams::Meaning::kProtocolError:
      return H2Error::kProtocol;
  }
  return H2Error::kNone;
}

Status H2Session::Feed(std::string_view bytes, base::TimePoint now) {
  CHECK(!failed_);
  now_ = now;
  const ssize_t used = nghttp2_session_mem_recv(session_, Bytes(bytes), bytes.size());
  if (used >= 0 && !guard_.flooded()) return Status();
  failed_ = true;
  Status failure =
      guard_.flooded() ? Status(Code::kExhausted, "a flood of HTTP/2 frames") : FailureOf(used);
  Terminate(violation_ != H2Error::kNone         ? violation_
            : failure.code() == Code::kExhausted ? H2Error::kEnhanceYourCalm
                                                 : H2Error::kProtocol);
  return failure;
}

void H2Session::Flush(InputBuffer& out, size_t limit, base::TimePoint now) {
  now_ = now;
  out_ = &out;
  out_limit_ = limit;
  while (out.size() < limit) {
    const uint8_t* frame = nullptr;
    const ssize_t bytes = nghttp2_session_mem_send(session_, &frame);
    CHECK(bytes >= 0);  // only memory could fail it
    if (bytes == 0) break;
    out.Append({reinterpret_cast<const char*>(frame), static_cast<size_t>(bytes)});
  }
  out_ = nullptr;
}

bool H2Session::finished() const {
  return nghttp2_session_want_write(session_) == 0 &&
         (failed_ || nghttp2_session_want_read(session_) == 0);
}

int32_t H2Session::Request(std::span<const Field> fields, H2Body body, H2StreamPort& port) {
  H2FieldList list;
  list.Add(fields);
  const nghttp2_data_provider provider = FromPort();
  return nghttp2_submit_request(session_, nullptr, list.data(), list.size(),
                                body == H2Body::kFollows ? &provider : nullptr, &port);
}

void H2Session::Respond(int32_t id, int status, std::span<const Field> fields, H2Body body) {
  std::array<char, 8> digits;
  const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), status).ptr;
  H2FieldList list;
  list.Add(":status", {digits.data(), end});
  list.Add(fields);
  const nghttp2_data_provider provider = FromPort();
  // Fails only for a stream that is gone; its port hears of that by OnClosed.
  (void)nghttp2_submit_response(session_, id, list.data(), list.size(),
                                body == H2Body::kFollows ? &provider : nullptr);
}

void H2Session::SendContinue(int32_t id) {
  H2FieldList list;
  list.Add(":status", "100");
  (void)nghttp2_submit_headers(session_, NGHTTP2_FLAG_NONE, id, nullptr, list.data(), list.size(),
                               nullptr);
}

void H2Session::Resume(int32_t id) {
  // Fails if the data was not waiting: then it is asked for anyway.
  (void)nghttp2_session_resume_data(session_, id);
}

void H2Session::Reset(int32_t id, H2Error error) {
  (void)nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, static_cast<uint32_t>(error));
}

void H2Session::Consume(int32_t id, size_t bytes) {
  if (bytes > 0) (void)nghttp2_session_consume(session_, id, bytes);
}

void H2Session::Forget(int32_t id) {
  (void)nghttp2_session_set_stream_user_data(session_, id, nullptr);
}

void H2Session::SayShutdown() { (void)nghttp2_submit_shutdown_notice(session_); }

void H2Session::Goaway() {
  const int32_t last = nghttp2_session_get_last_proc_stream_id(session_);
  (void)nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, last, NGHTTP2_NO_ERROR, nullptr, 0);
}

void H2Session::Terminate(H2Error error) {
  (void)nghttp2_session_terminate_session(session_, static_cast<uint32_t>(error));
}

void H2Session::Ping() { (void)nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr); }

uint32_t H2Session::peer_max_streams() const {
  return nghttp2_session_get_remote_settings(session_, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
}

}  // namespace fairway::http
