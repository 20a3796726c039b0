#include "apps/serve_reload.h"

#include <gtest/gtest.h>

#include "apps/command_line.h"
#include "rt/sim_files.h"
#include "rt/sim_loop.h"

namespace fairway::apps {
namespace {

using base::Status;
using std::chrono::seconds;

std::string Document(const std::string& rest) {
  return "apiVersion: fairway.dev/v1alpha1\nkind: Fairway\n"
         "pools: [{name: a, endpoints: ['http://10.0.0.1:1']}]\n" +
         rest;
}

class ServeReloadTest : public testing::Test {
 protected:
  ServeReloadTest() {
    given_.config_file = "c.yaml";
    given_.words = {"serve", "--config", "c.yaml", "--total-timeout", "77"};
    files_.Set("c.yaml", Document(""));
    auto first = ReadServeConfig(given_, Document(""));
    EXPECT_TRUE(first.ok()) << first.status().message();
    reload_.emplace(given_, *std::move(first), loop_, files_, registry_,
                    [this](const ServeConfig& config) {
                      if (!apply_fails_.ok()) return apply_fails_;
                      idle_seconds_.push_back(base::Seconds(config.flags.gateway.idle));
                      return Status();
                    });
    reload_->Follow();
  }

  void Write(const std::string& rest) {
    files_.Set("c.yaml", Document(rest));
    loop_.RunFor(seconds(1));
  }
  bool Shows(std::string_view line) {
    std::string page;
    registry_.Render(page);
    return page.find("\n" + std::string(line) + "\n") != std::string::npos;
  }

  rt::SimLoop loop_;
  rt::SimFiles files_{loop_};
  obs::Registry registry_;
  ServeFlags given_;
  Status apply_fails_;
  std::vector<double> idle_seconds_;  // of each configuration that was taken over
  std::optional<ServeReload> reload_;
};

TEST_F(ServeReloadTest, TakesAChangeOverAndTheCommandLineStillWins) {
  Write("timeouts: {idle: 5s, total: 6s}\n");
  EXPECT_EQ(idle_seconds_, std::vector<double>{5});
  EXPECT_EQ(reload_->current().flags.gateway.total, seconds(77));
  EXPECT_TRUE(Shows("fairway_config_reloads_total 1"));
  EXPECT_TRUE(Shows("fairway_config_stale 0"));
  EXPECT_TRUE(reload_->Page().starts_with("# generation 2, in effect since 2026-"));
}

TEST_F(ServeReloadTest, AChangeThatIsWrongChangesNothingAndShows) {
  Write("timeouts: {idle: 5s}\n");
  Write("timeouts: {idel: 7s}\n");
  Write("timeouts: {idle: -7s}\n");
  files_.Remove("c.yaml");
  loop_.RunFor(seconds(1));
  EXPECT_EQ(idle_seconds_, std::vector<double>{5});
  EXPECT_EQ(reload_->current().flags.gateway.idle, seconds(5));
  EXPECT_TRUE(Shows("fairway_config_reload_failures_total 3"));
  EXPECT_TRUE(Shows("fairway_config_stale 1"));
  EXPECT_NE(reload_->Page().find("#   c.yaml: no such file\n"), std::string::npos);
  Write("timeouts: {idle: 9s}\n");
  EXPECT_EQ(idle_seconds_, (std::vector<double>{5, 9}));
  EXPECT_TRUE(Shows("fairway_config_stale 0"));
  EXPECT_EQ(reload_->Page().find("refused"), std::string::npos);
}

TEST_F(ServeReloadTest, WhatIsFixedAtTheStartIsRefusedByName) {
  Write("threads: 3\nadmin: {address: ':1'}\ntimeouts: {idle: 5s}\n");
  EXPECT_TRUE(idle_seconds_.empty());
  EXPECT_NE(reload_->Page().find("a restart is needed: admin.address, threads\n"),
            std::string::npos)
      << reload_->Page();
}

TEST_F(ServeReloadTest, WhatCannotBeTakenOverLeavesTheOldOne) {
  apply_fails_ = Status(base::Code::kInvalid, "no");
  Write("timeouts: {idle: 5s}\n");
  EXPECT_EQ(reload_->current().flags.gateway.idle, ServeFlags().gateway.idle);
  EXPECT_TRUE(Shows("fairway_config_stale 1"));
}

TEST_F(ServeReloadTest, ReadsAgainWhenTold) {
  reload_->Reload();
  EXPECT_EQ(idle_seconds_.size(), 1u);
}

}  // namespace
}  // namespace fairway::apps
