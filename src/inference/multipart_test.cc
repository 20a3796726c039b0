#include "inference/multipart.h"

#include <gtest/gtest.h>

#include <string>

namespace fairway::inference {
namespace {

constexpr std::string_view kType = "multipart/form-data; boundary=----b1";

std::string Body(std::string_view parts) { return std::string(parts) + "------b1--\r\n"; }

std::string Field(std::string_view name, std::string_view value) {
  return "------b1\r\nContent-Disposition: form-data; name=\"" + std::string(name) + "\"\r\n\r\n" +
         std::string(value) + "\r\n";
}

TEST(MultipartTest, ReadsTheModelAndLeavesTheRest) {
  const std::string body = Body(
      "------b1\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a;b.wav\"\r\n"
      "Content-Type: audio/wav\r\n\r\nRIFF\r\n\r\n--data\r\n" +
      Field("model", "whisper-1") + Field("stream", "true"));
  const auto request = ParseMultipart(Api::kAudio, kType, body);
  ASSERT_TRUE(request.ok()) << request.status().ToString();
  EXPECT_EQ(request->api, Api::kAudio);
  EXPECT_EQ(request->model, "whisper-1");
  EXPECT_EQ(body.substr(request->model_range.offset, request->model_range.size), "whisper-1");
  EXPECT_EQ(request->model_form, ModelForm::kText);
  EXPECT_TRUE(request->stream);
}

TEST(MultipartTest, AFileNamedLikeTheModelIsNotTheModel) {
  const std::string body =
      Body("------b1\r\ncontent-disposition: form-data; name=model; filename=x\r\n\r\nabc\r\n");
  const auto request = ParseMultipart(Api::kAudio, kType, body);
  ASSERT_TRUE(request.ok());
  EXPECT_FALSE(request->has_model);
}

TEST(MultipartTest, ABoundaryMayBeQuotedAndAPreambleMayComeFirst) {
  const auto request = ParseMultipart(
      Api::kImages, "Multipart/Form-Data; charset=\"x;boundary=no\"; boundary=\"b 1\"",
      "preamble\r\n--b 1\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n"
      "m\r\n--b 1--");
  ASSERT_TRUE(request.ok()) << request.status().ToString();
  EXPECT_EQ(request->model, "m");
}

TEST(MultipartTest, RefusesWhatTwoCouldReadDifferently) {
  EXPECT_FALSE(
      ParseMultipart(Api::kAudio, kType, Body(Field("model", "a") + Field("model", "b"))).ok());
  EXPECT_FALSE(ParseMultipart(Api::kAudio, "multipart/form-data", Body(Field("model", "a"))).ok());
  EXPECT_FALSE(ParseMultipart(Api::kAudio, kType, Field("model", "a")).ok());
  EXPECT_FALSE(ParseMultipart(Api::kAudio, kType, "").ok());
}

TEST(MultipartTest, EveryShortenedBodyIsRefusedOrSane) {
  const std::string body = Body(Field("file", "x") + Field("model", "m"));
  for (size_t size = 0; size < body.size(); ++size) {
    const auto request = ParseMultipart(Api::kAudio, kType, std::string_view(body).substr(0, size));
    if (request.ok()) {
      EXPECT_GE(size, body.size() - 2);
    }
  }
}

}  // namespace
}  // namespace fairway::inference
