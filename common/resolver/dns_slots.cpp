#include "common/resolver/dns_slots.h"

#include <algorithm>
#include <limits>

#include "common/resolver/heap_bytes.h"

namespace postern::resolver {
namespace {

constexpr std::size_t kControlBlock = 16;  // of a shared_ptr

bool is_failure(const dns::DnsAnswer& answer) {
  return answer.status == dns::DnsStatus::temporary_failure;
}

seconds answer_kept_for(const dns::DnsAnswer& answer, const DnsCacheSettings& settings) {
  const bool negative = answer.status == dns::DnsStatus::absent;
  const seconds most = negative ? settings.max_negative_ttl : settings.max_ttl;
  return std::min(std::max(seconds{answer.ttl}, settings.min_ttl), most);
}

seconds failure_kept_for(int failures, const DnsCacheSettings& settings) {
  seconds kept = settings.failure_ttl;
  for (int earlier = 1; earlier < failures && kept < settings.max_failure_ttl; ++earlier) kept *= 2;
  return std::min(kept, settings.max_failure_ttl);
}

template <class To>
To at_most_all(std::int64_t value) {
  return static_cast<To>(std::min<std::int64_t>(value, std::numeric_limits<To>::max()));
}

}  // namespace

std::size_t heap_size(const dns::DnsAnswer& answer) {
  const std::size_t block = answer.records.block_size();
  return heap_bytes(kControlBlock + sizeof(dns::DnsAnswer)) + (block == 0 ? 0 : heap_bytes(block));
}

DnsSlot::DnsSlot(dns::DnsType type, std::shared_ptr<const dns::DnsAnswer> answer, TimePoint stored,
                 seconds kept_for, int failures)
    : answer_(std::move(answer)),
      stored_(stored),
      kept_for_(at_most_all<std::uint32_t>(kept_for.count())),
      failures_(at_most_all<std::uint8_t>(failures)),
      type_(static_cast<std::uint8_t>(type)) {
  static_assert(dns::DnsType::aaaa < dns::DnsType{256});  // the highest of those that are asked for
}

bool DnsSlot::is_forgotten(DnsMoment at) const {
  return failures_ > 0 && stored_ <= at.forgotten;
}

bool DnsSlot::holds(DnsMoment at) const {
  return at.now < expires() && !is_forgotten(at);
}

dns::DnsFact DnsSlot::fact(TimePoint now) const {
  dns::DnsFact fact;
  fact.answer = answer_;
  fact.age =
      std::chrono::floor<seconds>(std::max(now - stored_, DnsMoment::TimePoint::duration{0}));
  fact.source = dns::DnsFact::Source::cache;
  return fact;
}

std::size_t DnsSlots::size() const {
  std::size_t size = 0;
  for_each([&](const DnsSlot& /*slot*/) { ++size; });
  return size;
}

std::size_t DnsSlots::heap_size() const {
  std::size_t bytes = 0;
  for_each([&](const DnsSlot& slot) {
    bytes += postern::resolver::heap_size(*slot.answer_) +
             (&slot == &first_ ? 0 : heap_bytes(sizeof slot));
  });
  return bytes;
}

const DnsSlot* DnsSlots::find(dns::DnsType type, DnsMoment at) const {
  if (empty()) return nullptr;
  const DnsSlot* slot = &first_;
  while (slot != nullptr && !(slot->type() == type && slot->holds(at))) slot = slot->next_.get();
  return slot;
}

template <class Predicate>
void DnsSlots::erase_if(Predicate predicate) {
  for (auto* link = &first_.next_; *link;) {
    if (predicate(**link)) {
      *link = std::move((*link)->next_);
    } else {
      link = &(*link)->next_;
    }
  }
  if (empty() || !predicate(first_)) return;
  const std::unique_ptr<DnsSlot> second = std::move(first_.next_);
  first_ = second ? std::move(*second) : DnsSlot();
}

// In the place of that of its type, or as the last.
void DnsSlots::put(DnsSlot slot) {
  if (empty()) {
    first_ = std::move(slot);
    return;
  }
  DnsSlot* at = &first_;
  while (at->type() != slot.type() && at->next_) at = at->next_.get();
  if (at->type() == slot.type()) {
    slot.next_ = std::move(at->next_);
    *at = std::move(slot);
  } else {
    at->next_ = std::make_unique<DnsSlot>(std::move(slot));
  }
}

void DnsSlots::note(dns::DnsType type, std::shared_ptr<const dns::DnsAnswer> answer,
                    const DnsCacheSettings& settings, DnsMoment at) {
  // What the name was known to be and no longer is, and streaks that are over.
  erase_if([&](const DnsSlot& slot) {
    const seconds streak = slot.failures() > 0 ? settings.max_failure_ttl : seconds{0};
    return at.now >= slot.expires() + streak || slot.is_forgotten(at);
  });
  if (is_failure(*answer)) {
    note_failure(type, std::move(answer), settings, at);
  } else {
    note_answer(type, std::move(answer), settings, at);
  }
}

void DnsSlots::note_failure(dns::DnsType type, std::shared_ptr<const dns::DnsAnswer> answer,
                            const DnsCacheSettings& settings, DnsMoment at) {
  const DnsSlot* const known = find(type, at);
  if (known != nullptr && !is_failure(*known->answer())) return;
  int failures = 1;
  for_each([&](const DnsSlot& slot) {
    if (slot.type() == type) failures += slot.failures();
  });
  put(DnsSlot(type, std::move(answer), at.now, failure_kept_for(failures, settings), failures));
}

void DnsSlots::note_answer(dns::DnsType type, std::shared_ptr<const dns::DnsAnswer> answer,
                           const DnsCacheSettings& settings, DnsMoment at) {
  erase_if([&](const DnsSlot& slot) { return slot.type() == type; });
  const seconds kept = answer_kept_for(*answer, settings);
  if (kept > seconds{0}) put(DnsSlot(type, std::move(answer), at.now, kept, 0));
}

}  // namespace postern::resolver
