#include "plugins/reference.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "base/source_dir.h"
#include "plugins/catalogue.h"

namespace fairway::plugins {
namespace {

TEST(Reference, ThePageIsUpToDate) {
  const std::string path = std::string(base::kSourceDir) + "/docs/reference/plugins.md";
  const std::string wanted = RenderReference(All());
  const char* update = std::getenv("UPDATE");
  if (update != nullptr && std::string_view(update) == "1") std::ofstream(path) << wanted;
  std::ifstream file(path);
  std::stringstream page;
  page << file.rdbuf();
  EXPECT_EQ(page.str(), wanted) << "run this test with UPDATE=1";
}

TEST(Reference, NamesEveryPluginAndParameter) {
  const std::string page = RenderReference(All());
  for (const sched::PluginSpec* spec : All()) {
    EXPECT_NE(page.find("### `" + std::string(spec->type) + "`"), std::string::npos);
    for (const sched::ParamDoc& param : spec->params)
      EXPECT_NE(page.find("| `" + std::string(param.name) + "` |"), std::string::npos);
  }
}

}  // namespace
}  // namespace fairway::plugins
