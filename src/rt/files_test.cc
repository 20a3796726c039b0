// What rt/files.h promises: of the disk with and without inotify, and of a simulation.
#include "rt/files.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "rt/disk_files.h"
#include "rt/sim_files.h"
#include "rt/sim_loop.h"

namespace fairway::rt {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

// A folder of its own, gone at the end.
class Folder {
 public:
  Folder() {
    std::string path = (fs::temp_directory_path() / "fairway-files-XXXXXX").string();
    EXPECT_NE(::mkdtemp(path.data()), nullptr);
    root_ = path;
  }
  ~Folder() { fs::remove_all(root_); }
  std::string operator/(const std::string& name) const { return (root_ / name).string(); }

 private:
  fs::path root_;
};

void Write(const std::string& path, const std::string& content) { std::ofstream(path) << content; }

class DiskFilesTest : public testing::TestWithParam<DiskFiles::Events> {
 protected:
  bool Until(std::move_only_function<bool()> condition) {
    return loop_.RunUntil(std::move(condition), seconds(20));
  }
  Folder folder_;
  EpollLoop loop_;
  DiskFiles files_{loop_, GetParam(), std::chrono::milliseconds(100)};
};

INSTANTIATE_TEST_SUITE_P(Events, DiskFilesTest,
                         testing::Values(DiskFiles::Events::kInotify, DiskFiles::Events::kNone),
                         [](const auto& of) {
                           return of.param == DiskFiles::Events::kNone ? "Polling" : "Inotify";
                         });

TEST_P(DiskFilesTest, ReadsOrSaysWhyNot) {
  Write(folder_ / "f", "content");
  EXPECT_EQ(*files_.Read(folder_ / "f", 100), "content");
  EXPECT_EQ(files_.Read(folder_ / "f", 6).status().code(), base::Code::kInvalid);
  EXPECT_EQ(files_.Read(folder_ / "none", 6).status().code(), base::Code::kNotFound);
  EXPECT_EQ(files_.Read(folder_ / "", 6).status().code(), base::Code::kInvalid);
}

TEST_P(DiskFilesTest, TellsOfAWriteARenameARemovalAndAReturn) {
  const std::string path = folder_ / "f";
  Write(path, "1");
  int changes = 0;
  const auto watch = files_.Watch(path, [&] { ++changes; });
  Write(path, "22");
  EXPECT_TRUE(Until([&] { return changes == 1; }));
  Write(folder_ / "next", "333");
  fs::rename(folder_ / "next", path);
  EXPECT_TRUE(Until([&] { return changes == 2; }));
  EXPECT_EQ(*files_.Read(path, 10), "333");
  fs::remove(path);
  EXPECT_TRUE(Until([&] { return changes == 3; }));
  Write(path, "4");
  EXPECT_TRUE(Until([&] { return changes == 4; }));
}

// As the kubelet does: f -> ..data/f, ..data -> a version's folder, replaced by a rename.
TEST_P(DiskFilesTest, TellsOfAConfigMapsSwap) {
  fs::create_directory(folder_ / "..v1");
  fs::create_directory(folder_ / "..v2");
  Write(folder_ / "..v1/f", "one");
  Write(folder_ / "..v2/f", "two");
  fs::create_symlink("..v1", folder_ / "..data");
  fs::create_symlink("..data/f", folder_ / "f");
  int changes = 0;
  const auto watch = files_.Watch(folder_ / "f", [&] { ++changes; });
  fs::create_symlink("..v2", folder_ / "..data_tmp");
  fs::rename(folder_ / "..data_tmp", folder_ / "..data");
  EXPECT_TRUE(Until([&] { return changes == 1; }));
  EXPECT_EQ(*files_.Read(folder_ / "f", 10), "two");
  fs::remove_all(folder_ / "..v1");
  Write(folder_ / "..v2/f", "two, written in place");
  EXPECT_TRUE(Until([&] { return changes == 2; }));
}

TEST_P(DiskFilesTest, WaitsUntilAFileIsStill) {
  const std::string path = folder_ / "f";
  Write(path, "");
  std::string seen;
  const auto watch = files_.Watch(path, [&] { seen = *files_.Read(path, 100); });
  std::ofstream writer(path);
  Timer more([&] { writer << "second" << std::flush; });
  writer << "first " << std::flush;
  loop_.Start(more, DiskFiles::kStill / 2);
  EXPECT_TRUE(Until([&] { return !seen.empty(); }));
  EXPECT_EQ(seen, "first second");
}

TEST_P(DiskFilesTest, AWatchMayEndInItsOwnCall) {
  const std::string path = folder_ / "f";
  bool called = false;
  std::unique_ptr<FileWatch> watch;
  watch = files_.Watch(path, [&] {
    called = true;
    watch.reset();
  });
  Write(path, "1");
  EXPECT_TRUE(Until([&] { return called; }));
}

TEST(InotifyFiles, TellsSoonerThanTheNextLook) {
  Folder folder;
  EpollLoop loop;
  DiskFiles files(loop, DiskFiles::Events::kInotify, seconds(60));
  TimePoint told{};
  const auto watch = files.Watch(folder / "f", [&] { told = loop.Now(); });
  const TimePoint began = loop.Now();
  Write(folder / "f", "1");
  EXPECT_TRUE(loop.RunUntil([&] { return told != TimePoint(); }, seconds(20)));
  EXPECT_LT(told - began, seconds(20));
}

TEST(SimFiles, TellsOfEachChangeOfThatPath) {
  SimLoop loop;
  SimFiles files(loop);
  int changes = 0;
  files.Set("a", "1");
  const auto watch = files.Watch("a", [&] { ++changes; });
  loop.RunFor(seconds(1));
  EXPECT_EQ(changes, 0);
  files.Set("a", "2");
  files.Set("b", "2");
  EXPECT_EQ(changes, 0);  // in a later turn
  loop.RunFor(seconds(1));
  EXPECT_EQ(changes, 1);
  EXPECT_EQ(*files.Read("a", 10), "2");
  files.Remove("a");
  loop.RunFor(seconds(1));
  EXPECT_EQ(changes, 2);
  EXPECT_EQ(files.Read("a", 10).status().code(), base::Code::kNotFound);
  EXPECT_EQ(files.Read("b", 0).status().code(), base::Code::kInvalid);
}

}  // namespace
}  // namespace fairway::rt
