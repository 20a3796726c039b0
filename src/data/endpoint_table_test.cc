#include "data/endpoint_table.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/rng.h"

namespace fairway::data {
namespace {

EndpointSpec At(uint16_t port, std::string ip = "127.0.0.1") {
  EndpointSpec spec;
  spec.ip = std::move(ip);
  spec.port = port;
  return spec;
}

TEST(EndpointTable, ChangesAreSeenAtPublication) {
  const InFlight in_flight;
  EndpointTable table(in_flight);
  base::Snapshot<model::EndpointSet>::Reader reader(table.members());
  const model::EndpointId a = *table.Add(At(8001));
  const model::EndpointId b = *table.Add(At(8002, "::1"));
  EXPECT_TRUE(reader.Get().endpoints().empty());
  table.Publish();
  ASSERT_EQ(reader.Get().endpoints().size(), 2u);
  EXPECT_EQ(reader.Get().Find(a)->name, "127.0.0.1:8001");
  EXPECT_EQ(reader.Get().Find(b)->name, "[::1]:8002");
  EXPECT_TRUE(table.Remove(a));
  EXPECT_FALSE(table.Remove(a));
  EXPECT_NE(reader.Get().Find(a), nullptr);
  table.Publish();
  EXPECT_EQ(reader.Get().Find(a), nullptr);
  EXPECT_EQ(table.NameOf(a), "127.0.0.1:8001");
}

TEST(EndpointTable, PublishesOnlyWhatChanged) {
  const InFlight in_flight;
  EndpointTable table(in_flight);
  const model::EndpointId a = *table.Add(At(8001));
  const auto first = table.Publish();
  EXPECT_EQ(table.Publish(), first);
  EXPECT_EQ(*table.SetServed(a, {"b", "a"}, {{"lora", "a"}}), EndpointTable::Change::kChanged);
  EXPECT_EQ(*table.SetServed(a, {"a", "b"}, {{"lora", "a"}}), EndpointTable::Change::kNone);
  const auto second = table.Publish();
  EXPECT_GT(second->version(), first->version());
  EXPECT_EQ(second->FindServed("lora")->parent, "a");
  EXPECT_EQ(first->FindServed("lora"), nullptr);
}

TEST(EndpointTable, Refusals) {
  const InFlight in_flight;
  EndpointTable table(in_flight);
  const model::EndpointId a = *table.Add(At(8001));
  EXPECT_EQ(table.Add(At(8001)).status().code(), base::Code::kInvalid);
  EXPECT_EQ(table.Add(At(0)).status().code(), base::Code::kInvalid);
  EXPECT_EQ(table.Add(At(80, "example.com")).status().code(), base::Code::kInvalid);
  EXPECT_EQ(table.Add(At(80, "")).status().code(), base::Code::kInvalid);
  EXPECT_EQ(table.SetServed({9, 9}, {}, {}).status().code(), base::Code::kNotFound);
  const std::vector<std::string> many(kMaxServedNames + 1, "m");
  EXPECT_EQ(table.SetServed(a, many, {}).status().code(), base::Code::kExhausted);
}

TEST(EndpointTable, TheSameAddressComesBackAsSomebodyElse) {
  const InFlight in_flight;
  EndpointTable table(in_flight);
  const model::EndpointId first = *table.Add(At(8001));
  table.Remove(first);
  const model::EndpointId second = *table.Add(At(8001));
  EXPECT_NE(first, second);
  EXPECT_EQ(table.Publish()->Find(first), nullptr);
}

TEST(EndpointTable, ASlotWithRequestsInFlightIsNotGivenAgain) {
  InFlight in_flight;
  EndpointTable table(in_flight);
  std::vector<model::EndpointId> ids;
  for (uint32_t i = 0; i < kMaxSlots; ++i)
    ids.push_back(*table.Add(At(static_cast<uint16_t>(1000 + i))));
  EXPECT_EQ(table.Add(At(1)).status().code(), base::Code::kExhausted);
  InFlightHold hold = in_flight.Acquire(ids[7].slot, 1, 1);
  table.Remove(ids[7]);
  EXPECT_EQ(table.Add(At(1)).status().code(), base::Code::kExhausted);
  hold.Release();
  const auto again = table.Add(At(1));
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->slot, ids[7].slot);
  EXPECT_EQ(again->generation, ids[7].generation + 1);
  EXPECT_EQ(table.NameOf(ids[7]), "");
}

// No (slot, generation) is ever given twice, members are what was added and not removed, and churn
// does not spread over all slots.
TEST(EndpointTable, RandomChurn) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    base::Rng rng(seed);
    const InFlight in_flight;
    EndpointTable table(in_flight);
    std::set<model::EndpointId> given;
    std::map<model::EndpointId, std::string> members;
    for (int step = 0; step < 3000; ++step) {
      if (members.size() < 10 && rng.Below(2) == 0) {
        const auto id = table.Add(At(static_cast<uint16_t>(1 + rng.Below(60000))));
        if (!id.ok()) continue;
        EXPECT_TRUE(given.insert(*id).second);
        members[*id] = std::string(table.NameOf(*id));
      } else if (!members.empty()) {
        auto victim = members.begin();
        std::advance(victim, rng.Below(static_cast<uint32_t>(members.size())));
        EXPECT_TRUE(table.Remove(victim->first));
        members.erase(victim);
      }
    }
    const auto set = table.Publish();
    ASSERT_EQ(set->endpoints().size(), members.size());
    for (const auto& [id, name] : members) EXPECT_EQ(set->Find(id)->name, name);
    EXPECT_LT(given.rbegin()->slot, 100u);
  }
}

}  // namespace
}  // namespace fairway::data
