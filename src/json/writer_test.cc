#include "json/writer.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/rng.h"
#include "json/reader.h"

namespace fairway::json {
namespace {

TEST(WriterTest, WritesEveryKind) {
  std::string out = "x ";
  Writer to(out);
  to.BeginObject()
      .Member("s", "a\"b")
      .Member("sv", std::string_view("v"))
      .Member("str", std::string("w"))
      .Member("t", true)
      .Member("i", -7)
      .Member("u", std::numeric_limits<uint64_t>::max())
      .Member("d", 0.1)
      .Member("nan", std::numeric_limits<double>::quiet_NaN())
      .Member("n", nullptr)
      .Member("none", std::optional<int>())
      .Member("some", std::optional<int>(3));
  to.Key("a").BeginArray().Value(1).Value("z").BeginArray().EndArray().Raw("{}").EndArray();
  to.Key("o").BeginObject().EndObject().EndObject();
  EXPECT_TRUE(to.complete());
  EXPECT_EQ(out,
            "x {\"s\":\"a\\\"b\",\"sv\":\"v\",\"str\":\"w\",\"t\":true,\"i\":-7,"
            "\"u\":18446744073709551615,\"d\":0.1,\"nan\":null,\"n\":null,\"none\":null,\"some\":3,"
            "\"a\":[1,\"z\",[],{}],\"o\":{}}");
}

TEST(WriterTest, SiblingsAfterNestingGetTheirCommas) {
  std::string out;
  Writer to(out);
  to.BeginArray();
  for (int i = 0; i < 2; ++i) to.BeginArray().BeginObject().EndObject().Value(i).EndArray();
  to.EndArray();
  EXPECT_EQ(out, "[[{},0],[{},1]]");
}

TEST(WriterDeathTest, MisuseIsOurBug) {
  std::string out;
  EXPECT_DEATH(Writer(out).EndObject(), "CHECK");
  EXPECT_DEATH(Writer(out).Key("k"), "CHECK");
  EXPECT_DEATH(Writer(out).BeginObject().Key("k").EndObject(), "CHECK");
}

// A random document, and what it must read back as.
void WriteRandom(base::Rng& rng, int depth, Writer& to) {
  switch (rng.Below(depth == 0 ? 4 : 6)) {
    case 0:
      to.Value(static_cast<int64_t>(rng.Next()));
      return;
    case 1:
      to.Value(rng.Unit() * 1e6);
      return;
    case 2: {
      std::string bytes;
      for (uint32_t i = rng.Below(20); i > 0; --i) bytes += static_cast<char>(rng.Below(256));
      to.Value(bytes);
      return;
    }
    case 3:
      to.Value(rng.Below(2) == 0);
      return;
    case 4:
      to.BeginArray();
      for (uint32_t i = rng.Below(5); i > 0; --i) WriteRandom(rng, depth - 1, to);
      to.EndArray();
      return;
    default:
      to.BeginObject();
      for (uint32_t i = rng.Below(5); i > 0; --i) {
        to.Key("k" + std::to_string(i));
        WriteRandom(rng, depth - 1, to);
      }
      to.EndObject();
  }
}

// Writes what was read.
void Copy(const Value& from, Writer& to) {
  switch (from.kind()) {
    case Kind::kArray:
      to.BeginArray();
      for (const Value& element : from.Elements()) Copy(element, to);
      to.EndArray();
      return;
    case Kind::kObject:
      to.BeginObject();
      for (const Member& member : from.Members()) {
        to.Key(member.key);
        Copy(member.value, to);
      }
      to.EndObject();
      return;
    case Kind::kString:
      to.Value(*from.String());
      return;
    case Kind::kNumber:
      if (const auto whole = from.Int()) {
        to.Value(*whole);
      } else {
        to.Value(*from.Double());
      }
      return;
    default:
      to.Value(from.Bool());
  }
}

TEST(WriterTest, RandomDocumentsReadBackTheSame) {
  base::Rng rng(7);
  Reader reader;
  for (int i = 0; i < 3000; ++i) {
    std::string written;
    Writer to(written);
    WriteRandom(rng, 5, to);
    ASSERT_TRUE(to.complete());
    const auto root = reader.Read(written);
    ASSERT_TRUE(root.ok()) << root.status().ToString() << "\n" << written;
    std::string again;
    Writer copy(again);
    Copy(*root, copy);
    ASSERT_EQ(again, written);
  }
}

}  // namespace
}  // namespace fairway::json
