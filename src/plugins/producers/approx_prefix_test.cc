#include <gtest/gtest.h>

#include "plugins/try_plugin.h"
#include "prefix/index.h"

namespace fairway::plugins {
namespace {

constexpr std::string_view kType = "approx-prefix-cache-producer";

std::vector<uint64_t> Blocks(uint64_t seed, size_t count) {
  base::Rng rng(seed);
  std::vector<uint64_t> blocks(count);
  for (uint64_t& block : blocks) block = rng.Next();
  return blocks;
}

std::vector<float> Cached(const sched::Producer& producer, Field& field) {
  std::fill(field.candidates.mutable_cached_blocks().begin(),
            field.candidates.mutable_cached_blocks().end(), 0.0f);
  producer.Produce(field.request, field.candidates);
  const auto cached = field.candidates.cached_blocks();
  return {cached.begin(), cached.end()};
}

TEST(ApproxPrefixCacheProducer, LearnsFromPicks) {
  const auto producer = MakeOne<sched::Producer>(kType, "maxIndexBytes: 1MiB");
  Field field(3);
  const std::vector<uint64_t> blocks = Blocks(1, 10);
  field.request.prefix_blocks = blocks;
  EXPECT_EQ(Cached(*producer, field), (std::vector<float>{0, 0, 0}));
  producer->Commit(field.request, {1, 1});
  EXPECT_EQ(Cached(*producer, field), (std::vector<float>{0, 10, 0}));

  std::vector<uint64_t> longer = blocks;  // the conversation went on
  longer.push_back(5);
  field.request.prefix_blocks = longer;
  EXPECT_EQ(Cached(*producer, field), (std::vector<float>{0, 10, 0}));

  std::vector<uint64_t> other = blocks;  // it parts at the fourth block
  other[3] = 99;
  field.request.prefix_blocks = other;
  EXPECT_EQ(Cached(*producer, field), (std::vector<float>{0, 3, 0}));
  field.request.prefix_blocks = std::span(blocks).subspan(1);  // not from the start: no contiguity
  EXPECT_EQ(Cached(*producer, field)[1], 9);  // hashes are chained by the hasher, not by the index
}

TEST(ApproxPrefixCacheProducer, AMatchHasNoGap) {
  const auto producer = MakeOne<sched::Producer>(kType, "maxIndexBytes: 1MiB");
  Field field(2);
  const std::vector<uint64_t> blocks = Blocks(2, 6);
  field.request.prefix_blocks = std::span(blocks).subspan(3);
  producer->Commit(field.request, {0, 1});  // slot 0 has the end only
  field.request.prefix_blocks = std::span(blocks).first(3);
  producer->Commit(field.request, {1, 1});  // slot 1 the beginning only
  field.request.prefix_blocks = blocks;
  EXPECT_EQ(Cached(*producer, field), (std::vector<float>{0, 3}));
}

TEST(ApproxPrefixCacheProducer, ASuccessorInTheSlotStartsWithNothing) {
  const auto producer = MakeOne<sched::Producer>(kType, "maxIndexBytes: 1MiB");
  Field field(1);
  const std::vector<uint64_t> blocks = Blocks(3, 4);
  field.request.prefix_blocks = blocks;
  producer->Commit(field.request, {0, 1});
  EXPECT_EQ(Cached(*producer, field), std::vector<float>{4});

  Field next(1);
  next.endpoints[0].id = {0, 2};
  next.candidates.Clear();
  next.candidates.Add(next.endpoints[0]);
  next.candidates.Seal();
  next.request.prefix_blocks = blocks;
  EXPECT_EQ(Cached(*producer, next), std::vector<float>{0});
  const std::vector<uint64_t> fresh = Blocks(4, 2);
  next.request.prefix_blocks = fresh;
  producer->Commit(next.request, {0, 2});
  EXPECT_EQ(Cached(*producer, next), std::vector<float>{2});
  next.request.prefix_blocks = blocks;
  EXPECT_EQ(Cached(*producer, next), std::vector<float>{0});
  producer->Commit(field.request, {0, 1});  // late news of the predecessor
  EXPECT_EQ(Cached(*producer, next), std::vector<float>{0});
  EXPECT_EQ(Cached(*producer, field), std::vector<float>{0});
}

TEST(ApproxPrefixCacheProducer, LooksAtSoManyTokensOnly) {
  const auto producer =
      MakeOne<sched::Producer>(kType, "{maxPrefixTokensToMatch: 256, maxIndexBytes: 1MiB}");
  Field field(1);
  const std::vector<uint64_t> blocks = Blocks(5, 10);
  field.request.prefix_blocks = blocks;
  field.request.block_tokens = 64;
  producer->Commit(field.request, {0, 1});
  EXPECT_EQ(Cached(*producer, field), std::vector<float>{4});
}

TEST(ApproxPrefixCacheProducer, WhatItLearnedOutlivesIt) {
  data::Learned learned;
  Field field(1);
  const std::vector<uint64_t> blocks = Blocks(6, 3);
  field.request.prefix_blocks = blocks;
  (*TryMake<sched::Producer>(kType, "maxIndexBytes: 1MiB", learned))->Commit(field.request, {0, 1});
  const auto reloaded = TryMake<sched::Producer>(kType, "maxIndexBytes: 1MiB", learned);
  EXPECT_EQ(Cached(**reloaded, field), std::vector<float>{3});
  EXPECT_GT(learned.Find<prefix::Index>(kType)->stats().entries, 0u);
}

TEST(ApproxPrefixCacheProducer, APickThatCameToNothingLeavesWhatWasThereBefore) {
  const auto producer = MakeOne<sched::Producer>(kType, "maxIndexBytes: 1MiB");
  Field field(2);
  const std::vector<uint64_t> blocks = Blocks(7, 10);
  field.request.prefix_blocks = std::span(blocks).first(4);
  producer->Commit(field.request, {{0, 1}});
  producer->Commit(field.request, {{1, 1}});
  field.request.prefix_blocks = blocks;
  const sched::Pick pick{{1, 1}, 4};
  producer->Commit(field.request, pick);
  EXPECT_EQ(Cached(*producer, field), (std::vector<float>{4, 10}));
  producer->Rollback(field.request, pick);
  EXPECT_EQ(Cached(*producer, field), (std::vector<float>{4, 4}));
  producer->Rollback(field.request, {{1, 2}, 0});  // of another generation: nothing to take back
  EXPECT_EQ(Cached(*producer, field), (std::vector<float>{4, 4}));
}

TEST(ApproxPrefixCacheProducer, WhoLeavesIsForgotten) {
  data::Learned learned;
  const auto producer = *TryMake<sched::Producer>(kType, "maxIndexBytes: 1MiB", learned);
  Field field(2);
  const std::vector<uint64_t> blocks = Blocks(8, 5);
  field.request.prefix_blocks = blocks;
  producer->Commit(field.request, {{0, 1}});
  producer->Commit(field.request, {{1, 1}});
  learned.Forget({0, 2});  // not the one that is known
  EXPECT_EQ(Cached(*producer, field), (std::vector<float>{5, 5}));
  learned.Forget({0, 1});
  EXPECT_EQ(Cached(*producer, field), (std::vector<float>{0, 5}));
  producer->Commit(field.request, {{0, 1}});  // it started anew and is sent prompts again
  EXPECT_EQ(Cached(*producer, field), (std::vector<float>{5, 5}));
}

TEST(ApproxPrefixCacheProducer, TakesTheContractsParameters) {
  EXPECT_EQ(MakeComplaint(kType,
                          "{autoTune: false, blockSizeTokens: 16, blockSize: 5, "
                          "maxPrefixBlocksToMatch: 256, lruCapacityPerServer: 31250}"),
            "");
  EXPECT_EQ(MakeComplaint(kType, "blockSizeToken: 16"),
            "x.yaml:1: blockSizeToken: unknown field; did you mean \"blockSizeTokens\"?");
}

}  // namespace
}  // namespace fairway::plugins
