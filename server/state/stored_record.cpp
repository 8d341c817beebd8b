#include "server/state/stored_record.h"

#include <algorithm>
#include <cstring>

#include "common/base/overloaded.h"
#include "server/state/number_bytes.h"

namespace postern::state {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr unsigned char kVersion = 1;
constexpr unsigned kMarked = 0x80;

// As the bytes have them, so that a record is the same before and after it was written.
StoreTime to_the_millisecond(StoreTime time) {
  return std::chrono::floor<milliseconds>(time);
}

// ---- what effects do

StoredRecord& begun(std::optional<StoredRecord>& record, const Change& change) {
  const StoreTime at = to_the_millisecond(change.at);
  if (!record || record->is_over(change.at)) {
    record.emplace();
    record->kind = change.kind;
    record->first = record->last = at;
    record->full_at = change.at;
  }
  record->first = std::min(record->first, at);
  record->last = std::max(record->last, at);
  const auto keep = std::clamp(change.keep, std::chrono::seconds{0}, kMaxKeep);
  record->end = std::max(record->end, at + keep);
  return *record;
}

// GCRA: the theoretical arrival time goes on from now, or from where it is if that is ahead.
void take(StoredRecord& record, const Take& take, StoreTime at) {
  const auto interval = std::clamp<microseconds>(take.interval, microseconds{0}, kMaxDebt);
  const auto most = static_cast<std::uint64_t>(microseconds(kMaxDebt).count());
  const auto each = static_cast<std::uint64_t>(interval.count());
  // Of two factors below 2^32 and 2^45 the product may be too large.
  const std::uint64_t cost =
      each > 0 && take.units > most / each ? most : each * std::uint64_t{take.units};
  const StoreTime from = std::max(record.full_at, at);
  record.full_at =
      std::min(from + microseconds(static_cast<std::int64_t>(cost)), at + microseconds(kMaxDebt));
  record.end = std::max(record.end, to_the_millisecond(record.full_at) + milliseconds{1});
}

void add(StoredRecord& record, const AddHash& member, StoreTime at) {
  auto& members = record.members;
  std::erase_if(members, [&](const auto& one) { return one.until <= at; });
  const auto period = std::clamp(member.period, std::chrono::seconds{0}, kMaxKeep);
  const StoreTime until = to_the_millisecond(at) + period;
  const auto known = std::find_if(members.begin(), members.end(),
                                  [&](const auto& one) { return one.hash == member.member; });
  if (known != members.end()) {
    known->until = std::max(known->until, until);
  } else {
    members.push_back({member.member, until});
  }
  const std::size_t most = std::clamp<std::size_t>(member.at_most, 1, kMaxMembers);
  while (members.size() > most) {
    members.erase(std::min_element(members.begin(), members.end(),
                                   [](const auto& a, const auto& b) { return a.until < b.until; }));
  }
}

// ---- bytes

void add_millisecond(NumberWriter& out, StoreTime time) {
  const auto since = std::chrono::floor<milliseconds>(time.time_since_epoch());
  out.number<6>(static_cast<std::uint64_t>(std::max<std::int64_t>(since.count(), 0)));
}

void add_microsecond(NumberWriter& out, StoreTime time) {
  const auto since = time.time_since_epoch();
  out.number<7>(static_cast<std::uint64_t>(std::max<std::int64_t>(since.count(), 0)));
}

StoreTime millisecond_in(NumberReader& in) {
  return StoreTime(milliseconds(static_cast<std::int64_t>(in.number<6>())));
}

StoreTime microsecond_in(NumberReader& in) {
  return StoreTime(microseconds(static_cast<std::int64_t>(in.number<7>())));
}

constexpr std::size_t kHeadBytes = 28;
constexpr std::size_t kMemberBytes = 14;

}  // namespace

std::size_t HashOfRecordKey::operator()(const RecordKey& key) const noexcept {
  std::size_t hash = 0;
  std::memcpy(&hash, key.data(), sizeof hash);
  return hash;
}

void carry_out(const Change& change, std::optional<StoredRecord>& record) {
  std::visit(Overloaded{[&](const Touch&) { begun(record, change); },
                        [&](const Mark&) { begun(record, change).is_marked = true; },
                        [&](const Take& what) { take(begun(record, change), what, change.at); },
                        [&](const AddHash& what) { add(begun(record, change), what, change.at); },
                        [&](const Forget&) { record.reset(); }},
             change.what);
}

StateFact fact_of(const std::optional<StoredRecord>& record, StoreTime now) {
  if (!record || record->is_over(now)) return {StateFact::Status::absent, {}};
  const auto since = [&](StoreTime time) {
    return std::max(std::chrono::floor<milliseconds>(now - time), milliseconds{0});
  };
  StateFact fact{StateFact::Status::found, {}};
  fact.record.since_first = since(record->first);
  fact.record.since_last = since(record->last);
  fact.record.is_marked = record->is_marked;
  fact.record.members = static_cast<std::uint32_t>(
      std::count_if(record->members.begin(), record->members.end(),
                    [&](const auto& member) { return member.until > now; }));
  fact.record.debt = std::clamp<microseconds>(record->full_at - now, microseconds{0}, kMaxDebt);
  return fact;
}

double eviction_rank(const StoredRecord& record, StoreTime now) {
  if (record.is_over(now)) return kOver;
  const auto life = std::chrono::duration<double>(record.end - record.last);
  const auto spent = std::chrono::duration<double>(std::max(now, record.last) - record.last);
  const bool is_proven = record.is_marked || record.last > record.first;
  return spent / life + (is_proven ? 0 : kOnProbation);
}

std::string bytes_of(const StoredRecord& record) {
  NumberWriter out;
  out.number<1>(kVersion);
  out.number<1>(static_cast<unsigned>(record.kind) | (record.is_marked ? kMarked : 0U));
  out.number<1>(record.members.size());
  add_millisecond(out, record.first);
  add_millisecond(out, record.last);
  add_millisecond(out, record.end);
  add_microsecond(out, record.full_at);
  for (const StoredRecord::Member& member : record.members) {
    out.number<8>(member.hash);
    add_millisecond(out, member.until);
  }
  return out.take();
}

std::optional<StoredRecord> record_in(std::string_view bytes) {
  if (bytes.size() < kHeadBytes) return std::nullopt;
  NumberReader in(bytes);
  if (in.number<1>() != kVersion) return std::nullopt;
  const auto kind = static_cast<unsigned>(in.number<1>());
  const std::size_t members = in.number<1>();
  if ((kind & ~kMarked) >= std::size(kStateKinds) || members > kMaxMembers) return std::nullopt;
  StoredRecord record;
  record.kind = static_cast<StateKind>(kind & ~kMarked);
  record.is_marked = (kind & kMarked) != 0;
  record.first = millisecond_in(in);
  record.last = millisecond_in(in);
  record.end = millisecond_in(in);
  record.full_at = microsecond_in(in);
  if (in.left() != members * kMemberBytes) return std::nullopt;
  for (std::size_t i = 0; i < members; ++i) {
    const std::uint64_t hash = in.number<8>();
    record.members.push_back({hash, millisecond_in(in)});
  }
  return record;
}

}  // namespace postern::state
