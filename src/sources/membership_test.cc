#include "sources/membership.h"

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

class MembershipTest : public testing::Test {
 protected:
  void Begin(const Strings& urls) {
    auto entries = ParseEndpointUrls(urls);
    ASSERT_TRUE(entries.ok()) << entries.status().ToString();
    endpoints_->Replace(*std::move(entries));
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
  std::unique_ptr<Membership> endpoints_ = std::make_unique<Membership>(loop_, pool_, registry_);
};

TEST_F(MembershipTest, LiteralsAreThereAtOnce) {
  Begin({"http://10.0.0.1:8000", "http://10.0.0.2:8000/vllm/", "http://[::1]:8001"});
  EXPECT_EQ(Members(), (Strings{"10.0.0.1:8000", "10.0.0.2:8000/vllm", "[::1]:8001"}));
  EXPECT_TRUE(loop_.RunUntilIdle(seconds(1)));  // nothing to resolve again
}

TEST_F(MembershipTest, ANameStandsForAllItsAddressesAndIsFollowed) {
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

TEST_F(MembershipTest, KeepsItsAddressesWhileTheNameCannotBeResolved) {
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

TEST_F(MembershipTest, ANameThatAppearsLaterJoins) {
  Begin({"http://10.0.0.9:1", "http://late:8000"});
  loop_.RunFor(seconds(3));
  EXPECT_EQ(Members(), (Strings{"10.0.0.9:1"}));
  loop_.SetHost("late", {"10.0.0.5"});
  loop_.RunFor(seconds(5));
  EXPECT_EQ(Members(), (Strings{"10.0.0.5:8000", "10.0.0.9:1"}));
}

TEST_F(MembershipTest, TakesOneFamilyOfAName) {
  loop_.SetHost("both", {"10.0.0.1", "fd00::1"});
  loop_.SetHost("six", {"fd00::2", "fd00::3"});
  Begin({"http://both:80", "http://six:80"});
  loop_.RunFor(seconds(1));
  EXPECT_EQ(Members(), (Strings{"10.0.0.1:80", "[fd00::2]:80", "[fd00::3]:80"}));
}

TEST_F(MembershipTest, CountsOneServerBehindTwoNamesOnce) {
  loop_.SetHost("a", {"10.0.0.1"});
  loop_.SetHost("b", {"10.0.0.1"});
  Begin({"http://a:80", "http://b:80"});
  loop_.RunFor(seconds(1));
  EXPECT_EQ(Members(), (Strings{"10.0.0.1:80"}));
  loop_.SetHost("a", {"10.0.0.7"});  // b still stands for it
  loop_.RunFor(seconds(5));
  EXPECT_EQ(Members(), (Strings{"10.0.0.1:80", "10.0.0.7:80"}));
}

TEST_F(MembershipTest, TellsHowAServerIsToBeAddressedAndProven) {
  loop_.SetHost("vllm", {"10.0.0.3"});
  Begin({"http://10.0.0.1:8001", "https://10.0.0.2", "https://vllm:8443"});
  loop_.RunFor(seconds(1));
  const auto members = pool_.table.members().Copy();
  ASSERT_EQ(members->endpoints().size(), 3u);
  EXPECT_EQ(members->endpoints()[0].authority, "10.0.0.1:8001");
  EXPECT_EQ(members->endpoints()[0].tls_name, "");
  EXPECT_EQ(members->endpoints()[1].port, 443);
  EXPECT_EQ(members->endpoints()[1].authority, "10.0.0.2");
  EXPECT_EQ(members->endpoints()[1].tls_name, "10.0.0.2");
  EXPECT_EQ(members->endpoints()[2].ip, "10.0.0.3");
  EXPECT_EQ(members->endpoints()[2].authority, "vllm:8443");
  EXPECT_EQ(members->endpoints()[2].tls_name, "vllm");
}

TEST_F(MembershipTest, AnotherSchemeIsAnotherMember) {
  Begin({"http://10.0.0.1:8000"});
  const auto before = pool_.table.members().Copy();
  Begin({"https://10.0.0.1:8000"});
  const auto after = pool_.table.members().Copy();
  ASSERT_EQ(after->endpoints().size(), 1u);
  EXPECT_EQ(after->endpoints()[0].tls_name, "10.0.0.1");
  EXPECT_NE(after->ids(), before->ids());
}

TEST_F(MembershipTest, TellsEveryBadUrlAtOnce) {
  const Strings urls = {"https://a:0", "http://b:1", "http://b:1/", "c:1"};
  const auto made = ParseEndpointUrls(urls);
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.status().code(), base::Code::kInvalid);
  const std::string& says = made.status().message();
  EXPECT_NE(says.find("\"https://a:0\": the port must be"), std::string::npos) << says;
  EXPECT_NE(says.find("\"http://b:1/\": the same host and port"), std::string::npos) << says;
  EXPECT_NE(says.find("\"c:1\": must begin with http://"), std::string::npos) << says;
}

TEST_F(MembershipTest, AReplacedListKeepsWhatStays) {
  loop_.SetHost("vllm", {"10.0.0.1", "10.0.0.2"});
  Begin({"http://vllm:8000", "http://10.0.0.9:1"});
  loop_.RunFor(seconds(1));
  const auto before = pool_.table.members().Copy();
  Begin({"http://vllm:8000", "http://10.0.0.7:1/base"});
  EXPECT_EQ(Members(), (Strings{"10.0.0.1:8000", "10.0.0.2:8000", "10.0.0.7:1/base"}));  // at once
  const auto after = pool_.table.members().Copy();
  const auto stay = [&](const model::EndpointId id) { return after->Find(id) != nullptr; };
  EXPECT_EQ(std::ranges::count_if(before->ids(), stay), 2);
  Begin({"http://10.0.0.7:1/other"});
  EXPECT_EQ(Members(), (Strings{"10.0.0.7:1/other"}));
  Begin({});
  EXPECT_EQ(Members(), Strings{});
  EXPECT_TRUE(loop_.RunUntilIdle(seconds(10)));  // nothing is resolved any more
}

TEST_F(MembershipTest, AnAnswerForAListThatWasReplacedIsDropped) {
  loop_.SetHost("old", {"10.0.0.1"});
  loop_.SetHost("new", {"10.0.0.2"});
  Begin({"http://old:80"});
  Begin({"http://new:80"});
  loop_.RunFor(seconds(12));
  EXPECT_EQ(Members(), (Strings{"10.0.0.2:80"}));
}

TEST_F(MembershipTest, MayGoWhileANameIsBeingResolved) {
  loop_.SetHost("vllm", {"10.0.0.1"});
  Begin({"http://vllm:8000"});
  endpoints_.reset();
  EXPECT_TRUE(loop_.RunUntilIdle(seconds(10)));
  EXPECT_EQ(Members(), Strings{});
}

}  // namespace
}  // namespace fairway::sources
