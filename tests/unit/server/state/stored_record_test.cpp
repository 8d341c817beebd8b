#include "server/state/stored_record.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::state::stored_record_test {
namespace {

using namespace std::chrono_literals;
using Status = StateFact::Status;

const StoreTime kNow = StoreTime(std::chrono::seconds(1'800'000'000));
using What = decltype(Change::what);

class Record {
 public:
  Record& after(What what, StoreTime at, std::chrono::seconds keep = 1h) {
    carry_out({{}, StateKind::rate, what, keep, at}, record_);
    return *this;
  }
  StateFact at(StoreTime now) const { return fact_of(record_, now); }
  const std::optional<StoredRecord>& stored() const { return record_; }

 private:
  std::optional<StoredRecord> record_;
};

TEST(StoredRecord, NothingIsAbsent) {
  EXPECT_EQ(Record().at(kNow).status, Status::absent);
}

TEST(StoredRecord, SeenAgainKeepsTheFirstTime) {
  const auto fact = Record().after(Touch{}, kNow).after(Touch{}, kNow + 90s).at(kNow + 100s);
  EXPECT_EQ(fact.status, Status::found);
  EXPECT_EQ(fact.record.since_first, 100s);
  EXPECT_EQ(fact.record.since_last, 10s);
  EXPECT_FALSE(fact.record.is_marked);
}

TEST(StoredRecord, MarkedItStaysMarked) {
  EXPECT_TRUE(
      Record().after(Mark{}, kNow).after(Touch{}, kNow + 1s).at(kNow + 1s).record.is_marked);
}

TEST(StoredRecord, TouchesMayComeInAnyOrder) {
  const auto forth = Record().after(Touch{}, kNow).after(Mark{}, kNow + 90s, 2h);
  const auto back = Record().after(Mark{}, kNow + 90s, 2h).after(Touch{}, kNow);
  EXPECT_EQ(forth.stored()->first, back.stored()->first);
  EXPECT_EQ(forth.stored()->last, back.stored()->last);
  EXPECT_EQ(forth.stored()->end, back.stored()->end);
}

TEST(StoredRecord, IsKeptFromTheLastUseOn) {
  const Record record = Record().after(Touch{}, kNow, 10s).after(Touch{}, kNow + 9s, 10s);
  EXPECT_EQ(record.at(kNow + 18s).status, Status::found);
  EXPECT_EQ(record.at(kNow + 19s).status, Status::absent);
}

TEST(StoredRecord, AShorterTimeDoesNotShortenALongerOne) {
  EXPECT_EQ(Record().after(Mark{}, kNow, 1h).after(Touch{}, kNow, 1s).at(kNow + 30min).status,
            Status::found);
}

TEST(StoredRecord, BeginsAnewWhenItsTimeIsOver) {
  const auto fact =
      Record().after(Mark{}, kNow, 10s).after(Touch{}, kNow + 10s, 10s).at(kNow + 11s);
  EXPECT_EQ(fact.record.since_first, 1s);
  EXPECT_FALSE(fact.record.is_marked);
}

TEST(StoredRecord, WhatATimeInTheFutureSaysIsNow) {
  const auto fact = Record().after(Touch{}, kNow + 1h).at(kNow);
  EXPECT_EQ(fact.record.since_first, 0s);
  EXPECT_EQ(fact.record.since_last, 0s);
}

TEST(StoredRecord, ABucketIsAheadByWhatWasTaken) {
  const Record record = Record().after(Take{1, 36s}, kNow).after(Take{2, 36s}, kNow);
  EXPECT_EQ(record.at(kNow).record.debt, 108s);
  EXPECT_EQ(record.at(kNow + 100s).record.debt, 8s);
  EXPECT_EQ(record.at(kNow + 200s).record.debt, 0s);
}

TEST(StoredRecord, ABucketThatFilledUpIsNoFullerThanFull) {
  EXPECT_EQ(Record()
                .after(Take{1, 36s}, kNow)
                .after(Take{1, 36s}, kNow + 30min)
                .at(kNow + 30min)
                .record.debt,
            36s);
}

TEST(StoredRecord, ABucketIsKeptUntilItIsFull) {
  const Record record = Record().after(Take{10, 1min}, kNow, 1s);
  EXPECT_EQ(record.at(kNow + 10min - 1ms).status, Status::found);
  EXPECT_EQ(record.at(kNow + 10min + 1ms).status, Status::absent);
}

TEST(StoredRecord, NoDebtIsLongerThanAYear) {
  const Record record = Record().after(Take{4'000'000'000, std::chrono::days(300)}, kNow);
  EXPECT_EQ(record.at(kNow).record.debt, kMaxDebt);
}

TEST(StoredRecord, CountsEachMemberOnceWhileItCounts) {
  const Record record = Record()
                            .after(AddHash{7, 60s, 10}, kNow)
                            .after(AddHash{7, 60s, 10}, kNow + 30s)
                            .after(AddHash{8, 60s, 10}, kNow + 10s);
  EXPECT_EQ(record.at(kNow + 30s).record.members, 2U);
  EXPECT_EQ(record.at(kNow + 70s).record.members, 1U);
  EXPECT_EQ(record.at(kNow + 90s).record.members, 0U);
}

TEST(StoredRecord, OfTooManyMembersTheOldestGo) {
  Record record;
  for (std::uint64_t i = 0; i < 1000; ++i) record.after(AddHash{i, 1h, 3}, kNow + i * 1s);
  ASSERT_EQ(record.stored()->members.size(), 3U);
  EXPECT_EQ(record.stored()->members.front().hash, 997U);
}

TEST(StoredRecord, HasNoMoreMembersThanFitWhateverIsAskedFor) {
  Record record;
  for (std::uint64_t i = 0; i < 1000; ++i) record.after(AddHash{i, 1h, 4'000'000'000}, kNow);
  EXPECT_EQ(record.stored()->members.size(), kMaxMembers);
}

TEST(StoredRecord, ForgottenItIsAbsent) {
  EXPECT_EQ(Record().after(Mark{}, kNow).after(Forget{}, kNow).at(kNow).status, Status::absent);
}

TEST(StoredRecord, TheOneThatHasSpentMostOfItsLifeGoesFirst) {
  const StoreTime now = kNow + 23h;
  const auto rank = [&](const Record& record) { return eviction_rank(*record.stored(), now); };
  const double used_now = rank(Record().after(Touch{}, now - 30min).after(Take{1, 60s}, now));
  const double known = rank(Record().after(Mark{}, kNow, 24h * 35));
  const double long_ago = rank(Record().after(Touch{}, kNow, 25h).after(Touch{}, kNow + 1h, 25h));
  EXPECT_EQ(used_now, 0);
  EXPECT_LT(used_now, known);
  EXPECT_LT(known, long_ago);
  EXPECT_LT(long_ago, kOnProbation);
}

TEST(StoredRecord, ThoseThatWereNotUsedAgainGoBeforeAllOthers) {
  const StoreTime now = kNow + 23h;
  const auto rank = [&](const Record& record) { return eviction_rank(*record.stored(), now); };
  const double long_ago = rank(Record().after(Touch{}, kNow, 24h).after(Touch{}, kNow + 1s, 1s));
  const double once_now = rank(Record().after(Touch{}, now, 35 * 24h));
  const double once_before = rank(Record().after(Touch{}, kNow + 12h, 48h));
  EXPECT_LT(long_ago, once_now);
  EXPECT_EQ(once_now, kOnProbation);
  EXPECT_LT(once_now, once_before);
  EXPECT_LT(once_before, kOver);
  EXPECT_EQ(rank(Record().after(Mark{}, kNow, 23h)), kOver);
  EXPECT_EQ(rank(Record().after(Touch{}, now + 1h, 48h)), kOnProbation) << "a clock set back";
}

TEST(StoredRecord, IsTheSameFromItsBytes) {
  Record record = Record().after(Mark{}, kNow + 1234567us).after(Take{3, 36000001us}, kNow + 2s);
  for (std::uint64_t i = 0; i < kMaxMembers; ++i) record.after(AddHash{~i, 1h, 250}, kNow);
  EXPECT_EQ(record_in(bytes_of(*record.stored())), record.stored());
}

TEST(StoredRecord, TakesTheBytesThatItIsSaidToTake) {
  EXPECT_EQ(bytes_of(*Record().after(Touch{}, kNow).stored()).size(), 28U);
  EXPECT_EQ(bytes_of(*Record().after(AddHash{1, 1h, 1}, kNow).stored()).size(), 42U);
}

TEST(StoredRecord, OtherBytesAreNoRecord) {
  const std::string good = bytes_of(*Record().after(AddHash{1, 1h, 1}, kNow).stored());
  ASSERT_TRUE(record_in(good));
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(record_in(good.substr(0, size))) << size;
  }
  EXPECT_FALSE(record_in(good + '\0'));
  for (const auto& [place, byte] :
       {std::pair(0, '\2'), std::pair(1, '\4'), std::pair(2, '\2'), std::pair(2, '\xff')}) {
    std::string bad = good;
    bad[static_cast<std::size_t>(place)] = byte;
    EXPECT_FALSE(record_in(bad)) << place;
  }
}

}  // namespace
}  // namespace postern::state::stored_record_test
