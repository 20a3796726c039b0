#include "sources/static_endpoints.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "rt/sim_loop.h"

namespace fairway::sources {
namespace {

using std::chrono::seconds;
using Strings = std::vector<std::string>;

class StaticEndpointsTest : public testing::Test {
 protected:
  void Begin(const Strings& urls) {
    auto made = StaticEndpoints::Create(urls, loop_, pool_, registry_);
    ASSERT_TRUE(made.ok()) << made.status().ToString();
    endpoints_ = *std::move(made);
    endpoints_->Start();
  }
  Strings Members() const {
    Strings names;
    const auto members = pool_.table.members().Copy();
    for (const model::Endpoint& endpoint : members->endpoints()) {
      names.push_back(endpoint.name + endpoint.url_prefix);
    }
    std::ranges::sort(names);
    return names;
  }

  rt::SimLoop loop_;
  data::Pool pool_{"default"};
  obs::Registry registry_;
  std::unique_ptr<StaticEndpoints> endpoints_;
};

TEST_F(StaticEndpointsTest, LiteralsAreThereAtOnce) {
  Begin({"http://10.0.0.1:8000", "http://10.0.0.2:8000/vllm/", "http://[::1]:8001"});
  EXPECT_EQ(Members(), (Strings{"10.0.0.1:8000", "10.0.0.2:8000/vllm", "[::1]:8001"}));
  EXPECT_TRUE(loop_.RunUntilIdle(seconds(1)));  // nothing to resolve again
}

TEST_F(StaticEndpointsTest, ANameStandsForAllItsAddressesAndIsFollowed) {
  loop_.SetHost("vllm", {"10.0.0.1", "10.0.0.2"});
  Begin({"http://vllm:8000"});
  loop_.RunFor(seconds(1));
  EXPECT_EQ(Members(), (Strings{"10.0.0.1:8000", "10.0.0.2:8000"}));

  const model::EndpointId kept = pool_.table.members().Copy()->endpoints()[1].id;
  loop_.SetHost("vllm", {"10.0.0.2", "10.0.0.3"});
  loop_.RunFor(seconds(5));
  EXPECT_EQ(Members(), (Strings{"10.0.0.2:8000", "10.0.0.3:8000"}));
  EXPECT_NE(pool_.table.members().Copy()->Find(kept), nullptr);  // the same, not added anew
}

TEST_F(StaticEndpointsTest, KeepsItsAddressesWhileTheNameCannotBeResolved) {
  loop_.SetHost("vllm", {"10.0.0.1"});
  Begin({"http://vllm:8000"});
  loop_.RunFor(seconds(1));
  loop_.SetHost("vllm", {});
  loop_.RunFor(seconds(20));
  EXPECT_EQ(Members(), (Strings{"10.0.0.1:8000"}));
  std::string page;
  registry_.Render(page);
  EXPECT_NE(page.find("fairway_resolve_failures_total 4\n"), std::string::npos) << page;
}

TEST_F(StaticEndpointsTest, ANameThatAppearsLaterJoins) {
  Begin({"http://10.0.0.9:1", "http://late:8000"});
  loop_.RunFor(seconds(3));
  EXPECT_EQ(Members(), (Strings{"10.0.0.9:1"}));
  loop_.SetHost("late", {"10.0.0.5"});
  loop_.RunFor(seconds(5));
  EXPECT_EQ(Members(), (Strings{"10.0.0.5:8000", "10.0.0.9:1"}));
}

TEST_F(StaticEndpointsTest, TakesOneFamilyOfAName) {
  loop_.SetHost("both", {"10.0.0.1", "fd00::1"});
  loop_.SetHost("six", {"fd00::2", "fd00::3"});
  Begin({"http://both:80", "http://six:80"});
  loop_.RunFor(seconds(1));
  EXPECT_EQ(Members(), (Strings{"10.0.0.1:80", "[fd00::2]:80", "[fd00::3]:80"}));
}

TEST_F(StaticEndpointsTest, CountsOneServerBehindTwoNamesOnce) {
  loop_.SetHost("a", {"10.0.0.1"});
  loop_.SetHost("b", {"10.0.0.1"});
  Begin({"http://a:80", "http://b:80"});
  loop_.RunFor(seconds(1));
  EXPECT_EQ(Members(), (Strings{"10.0.0.1:80"}));
  loop_.SetHost("a", {"10.0.0.7"});  // b still stands for it
  loop_.RunFor(seconds(5));
  EXPECT_EQ(Members(), (Strings{"10.0.0.1:80", "10.0.0.7:80"}));
}

TEST_F(StaticEndpointsTest, TellsEveryBadUrlAtOnce) {
  const Strings urls = {"https://a:1", "http://b:1", "http://b:1/", "c:1"};
  const auto made = StaticEndpoints::Create(urls, loop_, pool_, registry_);
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.status().code(), base::Code::kInvalid);
  const std::string& says = made.status().message();
  EXPECT_NE(says.find("\"https://a:1\": TLS to model servers is not supported yet"),
            std::string::npos)
      << says;
  EXPECT_NE(says.find("\"http://b:1/\": the same host and port"), std::string::npos) << says;
  EXPECT_NE(says.find("\"c:1\": must begin with http://"), std::string::npos) << says;

  EXPECT_FALSE(StaticEndpoints::Create(Strings{}, loop_, pool_, registry_).ok());
}

TEST_F(StaticEndpointsTest, MayGoWhileANameIsBeingResolved) {
  loop_.SetHost("vllm", {"10.0.0.1"});
  Begin({"http://vllm:8000"});
  endpoints_.reset();
  EXPECT_TRUE(loop_.RunUntilIdle(seconds(10)));
  EXPECT_EQ(Members(), Strings{});
}

}  // namespace
}  // namespace fairway::sources
