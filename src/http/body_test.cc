#include "http/body.h"

#include <gtest/gtest.h>

#include <string>

namespace fairway::http {
namespace {

using State = BodyDecoder::State;

struct Decoded {
  State state;
  size_t consumed;
  std::string payload;
};

// Fed in pieces of `step` bytes.
Decoded Decode(BodyDecoder decoder, std::string_view bytes, size_t step) {
  Decoded out{decoder.state(), 0, {}};
  while (out.consumed < bytes.size() && decoder.state() == State::kMore) {
    const std::string_view piece = bytes.substr(out.consumed, step);
    const size_t used =
        decoder.Feed(piece, [&out](std::string_view payload) { out.payload += payload; });
    out.consumed += used;
    if (used < piece.size()) break;
  }
  out.state = decoder.state();
  return out;
}

TEST(BodyDecoderTest, Length) {
  for (size_t step = 1; step < 12; ++step) {
    const Decoded got = Decode({Framing::kLength, 5}, "helloGET /", step);
    EXPECT_EQ(got.state, State::kEnd);
    EXPECT_EQ(got.consumed, 5u);
    EXPECT_EQ(got.payload, "hello");
  }
  EXPECT_EQ(BodyDecoder(Framing::kLength, 0).state(), State::kEnd);
  EXPECT_EQ(BodyDecoder(Framing::kNone, 0).state(), State::kEnd);
}

TEST(BodyDecoderTest, UntilClose) {
  BodyDecoder decoder(Framing::kUntilClose, 0);
  EXPECT_EQ(decoder.Feed("anything\r\n0\r\n\r\n"), 15u);
  EXPECT_EQ(decoder.state(), State::kMore);
  EXPECT_EQ(decoder.Finish(), State::kEnd);
}

TEST(BodyDecoderTest, FinCutsTheOthers) {
  BodyDecoder length(Framing::kLength, 5);
  length.Feed("hell");
  EXPECT_EQ(length.Finish(), State::kError);
  BodyDecoder chunked(Framing::kChunked, 0);
  chunked.Feed("5\r\nhello\r\n");
  EXPECT_EQ(chunked.Finish(), State::kError);
}

struct Chunked {
  const char* bytes;
  const char* payload;
  State state;
};

class ChunkedTest : public testing::TestWithParam<Chunked> {};

TEST_P(ChunkedTest, AtEverySplit) {
  const Chunked& given = GetParam();
  const std::string_view bytes = given.bytes;
  for (size_t step = 1; step <= bytes.size(); ++step) {
    const Decoded got = Decode({Framing::kChunked, 0}, bytes, step);
    EXPECT_EQ(got.state, given.state) << bytes << " in steps of " << step;
    if (given.state != State::kEnd) continue;
    EXPECT_EQ(got.payload, given.payload);
    EXPECT_EQ(bytes.substr(got.consumed), bytes.ends_with("NEXT") ? "NEXT" : "");
  }
}

INSTANTIATE_TEST_SUITE_P(
    Good, ChunkedTest,
    testing::Values(Chunked{"0\r\n\r\n", "", State::kEnd},
                    Chunked{"5\r\nhello\r\n0\r\n\r\nNEXT", "hello", State::kEnd},
                    Chunked{"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", "hello world", State::kEnd},
                    Chunked{"A\r\n0123456789\r\n000\r\n\r\n", "0123456789", State::kEnd},
                    Chunked{"a\r\n0123456789\r\n0\r\n\r\nNEXT", "0123456789", State::kEnd},
                    Chunked{"1;name=value\r\nx\r\n0;last\r\n\r\n", "x", State::kEnd},
                    Chunked{"1 ;a=\"b c\"\r\nx\r\n0\r\n\r\n", "x", State::kEnd},
                    Chunked{"1\r\nx\r\n0\r\nA: b\r\nC: d\r\n\r\nNEXT", "x", State::kEnd},
                    Chunked{"5\r\nhello\r\n", "hello", State::kMore}));

INSTANTIATE_TEST_SUITE_P(
    Bad, ChunkedTest,
    testing::Values(
        Chunked{"\r\n", "", State::kError}, Chunked{"g\r\n", "", State::kError},
        Chunked{"-1\r\n", "", State::kError}, Chunked{"0x5\r\n", "", State::kError},
        Chunked{" 5\r\n", "", State::kError}, Chunked{"5 \r\n", "", State::kError},
        Chunked{"5\nhello\r\n", "", State::kError}, Chunked{"5\r\nhello\n0\r\n", "", State::kError},
        Chunked{"5\r\nhelloX\r\n", "", State::kError}, Chunked{"5\r\nhello\rX", "", State::kError},
        Chunked{"5\rX", "", State::kError}, Chunked{"5;a\nb\r\n", "", State::kError},
        Chunked{"0\r\nA: b\nC: d\r\n\r\n", "", State::kError},
        Chunked{"0\r\n A: b\r\n\r\n", "", State::kError}, Chunked{"0\r\n\rX", "", State::kError},
        Chunked{"fffffffffffffffff\r\n", "", State::kError},
        Chunked{"ffffffffffffffff\r\n", "", State::kError},
        Chunked{"00000000000000001\r\n", "", State::kError}));

TEST(BodyDecoderTest, LargestSize) {
  BodyDecoder decoder(Framing::kChunked, 0);
  decoder.Feed("7fffffffffffffff\r\nabc");
  EXPECT_EQ(decoder.state(), State::kMore);
}

TEST(BodyDecoderTest, LinesAreBounded) {
  BodyDecoder extension(Framing::kChunked, 0);
  extension.Feed("1;" + std::string(BodyDecoder::kMaxSizeLineBytes, 'a'));
  EXPECT_EQ(extension.state(), State::kError);

  std::string trailers = "0\r\n";
  while (trailers.size() < BodyDecoder::kMaxTrailerBytes - 20) trailers += "A: bcdefgh\r\n";
  BodyDecoder fits(Framing::kChunked, 0);
  fits.Feed(trailers + "\r\n");
  EXPECT_EQ(fits.state(), State::kEnd);
  BodyDecoder too_long(Framing::kChunked, 0);
  too_long.Feed(trailers + trailers.substr(3) + "\r\n");
  EXPECT_EQ(too_long.state(), State::kError);
}

TEST(BodyDecoderTest, PayloadLiesInTheBytesGiven) {
  const std::string bytes = "5\r\nhello\r\n0\r\n\r\n";
  BodyDecoder decoder(Framing::kChunked, 0);
  decoder.Feed(bytes,
               [&bytes](std::string_view payload) { EXPECT_EQ(payload.data(), bytes.data() + 3); });
}

TEST(BodyDecoderTest, ACopyDecodesAgain) {
  BodyDecoder decoder(Framing::kChunked, 0);
  decoder.Feed("5\r\nhe");
  BodyDecoder copy = decoder;
  decoder.Feed("llo\r\n0\r\n\r\n");
  std::string again;
  copy.Feed("llo\r\n0\r\n\r\n", [&again](std::string_view payload) { again += payload; });
  EXPECT_EQ(again, "llo");
  EXPECT_EQ(copy.state(), decoder.state());
}

}  // namespace
}  // namespace fairway::http
