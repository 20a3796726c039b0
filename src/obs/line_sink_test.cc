#include "obs/line_sink.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace fairway::obs {
namespace {

// A pipe whose reading end the test holds; the writing end blocks, as an inherited stdout does.
class Pipe {
 public:
  Pipe() {
    int ends[2];
    CHECK(::pipe(ends) == 0);
    read_ = ends[0];
    write_ = ends[1];
    CHECK(::fcntl(read_, F_SETFL, O_NONBLOCK) == 0);
  }
  ~Pipe() {
    ::close(read_);
    ::close(write_);
  }
  int writing_end() const { return write_; }
  // What is there now.
  std::string Drain() {
    std::string all;
    char piece[4096];
    for (ssize_t n; (n = ::read(read_, piece, sizeof(piece))) > 0;) {
      all.append(piece, static_cast<size_t>(n));
    }
    return all;
  }

 private:
  int read_ = -1;
  int write_ = -1;
};

std::string TempPath() {
  std::string path = testing::TempDir() + "line_sink_XXXXXX";
  const int fd = ::mkstemp(path.data());
  CHECK(fd >= 0);
  ::close(fd);
  return path;
}

std::string ReadAll(const std::string& path) {
  std::ifstream file(path);
  std::stringstream all;
  all << file.rdbuf();
  return all.str();
}

TEST(LineSink, HoldsLinesUntilFlushed) {
  Registry registry;
  Pipe pipe;
  LineTarget target(pipe.writing_end());
  LineSink sink(target, LineSinkMetrics(registry, "access"));
  sink.Append("one");
  sink.Append("two");
  EXPECT_EQ(pipe.Drain(), "");
  sink.Flush();
  EXPECT_EQ(pipe.Drain(), "one\ntwo\n");
  sink.Flush();
  EXPECT_EQ(pipe.Drain(), "");
  EXPECT_EQ(LineSinkMetrics(registry, "access").lines.Read(), 2);
}

TEST(LineSink, FlushesItselfWhenFullAndWhenDestroyed) {
  Registry registry;
  const std::string path = TempPath();
  auto target = LineTarget::Open(path);
  ASSERT_TRUE(target.ok());
  {
    LineSink sink(**target, LineSinkMetrics(registry, "access"));
    const std::string line(1000, 'x');
    for (int i = 0; i < 100; ++i) sink.Append(line);
    EXPECT_GT(ReadAll(path).size(), 60'000u);
    EXPECT_LE(sink.buffered(), LineSink::kFlushAt);
  }
  EXPECT_EQ(ReadAll(path).size(), 100'100u);
  EXPECT_EQ(LineSinkMetrics(registry, "access").dropped.Read(), 0);
  ::unlink(path.c_str());
}

TEST(LineSink, TakesALineWrittenInPlace) {
  Registry registry;
  Pipe pipe;
  LineTarget target(pipe.writing_end());
  LineSink sink(target, LineSinkMetrics(registry, "access"));
  char* room = sink.Reserve(100);
  ASSERT_NE(room, nullptr);
  room[0] = 'a';
  room[1] = '\n';
  sink.Commit(2);
  sink.Flush();
  EXPECT_EQ(pipe.Drain(), "a\n");
}

TEST(LineSink, DropsWholeLinesWhileNobodyReads) {
  Registry registry;
  Pipe pipe;
  LineTarget target(pipe.writing_end());
  LineSinkMetrics metrics(registry, "access");
  LineSink sink(target, metrics);
  std::string line(499, 'x');
  for (int i = 0; i < 1000; ++i) {  // 500 KB against 64 KB of pipe and 64 KB of buffer
    line.replace(0, 4, std::to_string(1000 + i));
    sink.Append(line);
  }
  EXPECT_GT(metrics.dropped.Read(), 600);
  EXPECT_LE(sink.buffered(), LineSink::kCapacity);

  std::string all;
  for (int i = 0; i < 100 && sink.buffered() > 0; ++i) {
    all += pipe.Drain();
    sink.Flush();
  }
  all += pipe.Drain();
  EXPECT_EQ(all.size(), static_cast<size_t>(metrics.lines.Read()) * 500);
  std::istringstream lines(all);
  std::string one;
  while (std::getline(lines, one)) EXPECT_EQ(one.size(), 499u);
  EXPECT_EQ(metrics.lines.Read() + metrics.dropped.Read(), 1000);

  sink.Append("alive");
  sink.Flush();
  EXPECT_EQ(pipe.Drain(), "alive\n");
}

TEST(LineSink, SurvivesALineLongerThanItsBuffer) {
  Registry registry;
  Pipe pipe;
  LineTarget target(pipe.writing_end());
  LineSinkMetrics metrics(registry, "access");
  LineSink sink(target, metrics);
  sink.Append(std::string(LineSink::kCapacity, 'x'));
  EXPECT_EQ(metrics.dropped.Read(), 1);
  sink.Append(std::string(20'000, 'y'));  // longer than a pipe takes at once
  sink.Flush();
  EXPECT_EQ(pipe.Drain().size(), 20'001u);
}

TEST(LineSink, KeepsWorkersLinesApart) {
  Registry registry;
  const std::string path = TempPath();
  auto target = LineTarget::Open(path);
  ASSERT_TRUE(target.ok());
  const LineSinkMetrics metrics(registry, "access");
  std::vector<std::thread> threads;
  for (size_t worker = 0; worker < 4; ++worker) {
    threads.emplace_back([&, worker] {
      base::this_worker = worker;
      LineSink sink(**target, metrics);
      for (int i = 0; i < 2000; ++i) {
        sink.Append(std::string(40 + i % 60, static_cast<char>('a' + worker)));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::ifstream file(path);
  std::string line;
  size_t lines = 0;
  while (std::getline(file, line)) {
    ++lines;
    EXPECT_EQ(line, std::string(line.size(), line[0]));
  }
  EXPECT_EQ(lines, 8000u);
  ::unlink(path.c_str());
}

TEST(LineTarget, SaysWhyItCannotOpen) {
  const auto target = LineTarget::Open("/nonexistent/access.log");
  ASSERT_FALSE(target.ok());
  EXPECT_EQ(target.status().code(), base::Code::kInvalid);
  EXPECT_NE(target.status().message().find("/nonexistent/access.log"), std::string::npos);
}

TEST(LineTarget, SurvivesAReaderThatIsGone) {
  // The process ignores SIGPIPE (rt sets that); here the test does.
  std::signal(SIGPIPE, SIG_IGN);
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ::close(ends[0]);
  LineTarget target(ends[1]);
  EXPECT_EQ(target.Write("line\n"), 0u);
  ::close(ends[1]);
}

}  // namespace
}  // namespace fairway::obs
