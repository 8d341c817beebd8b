// What one name is known to be: an answer for each type that was asked for, with the times that
// they are kept for. An NXDOMAIN holds for its type alone: servers that deny the name for a type
// that it has no record of (RFC 4074 4.2) must not hide the records that it has. A value with times
// as parameters; the cache that has them locks.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "common/dns/dns.h"
#include "common/resolver/dns_settings.h"

namespace postern::resolver {

// What time it is, and which failures are forgotten: those that were stored until then. They are
// found out when they are looked at, so that nobody has to wait for a walk over all names.
struct DnsMoment {
  using TimePoint = std::chrono::steady_clock::time_point;
  TimePoint now;
  TimePoint forgotten;
};

// One answer. Hundreds of thousands are kept: the order of the members leaves no gaps.
class DnsSlot {
 public:
  using TimePoint = DnsMoment::TimePoint;

  DnsSlot() = default;  // none
  // `failures`: that many in a row, 0 for an answer that is none.
  DnsSlot(dns::DnsType type, std::shared_ptr<const dns::DnsAnswer> answer, TimePoint stored,
          seconds kept_for, int failures);

  // The type that was asked for.
  [[nodiscard]] dns::DnsType type() const { return static_cast<dns::DnsType>(type_); }
  // Null: no slot.
  [[nodiscard]] const std::shared_ptr<const dns::DnsAnswer>& answer() const { return answer_; }
  [[nodiscard]] int failures() const { return failures_; }
  [[nodiscard]] TimePoint expires() const { return stored_ + seconds{kept_for_}; }
  [[nodiscard]] bool is_forgotten(DnsMoment at) const;
  // May still be given as an answer.
  [[nodiscard]] bool holds(DnsMoment at) const;
  // REQUIRES: holds() at that time.
  [[nodiscard]] dns::DnsFact fact(TimePoint now) const;

 private:
  friend class DnsSlots;

  std::shared_ptr<const dns::DnsAnswer> answer_;
  std::unique_ptr<DnsSlot> next_;
  TimePoint stored_;
  std::uint32_t kept_for_ = 0;  // seconds
  std::uint8_t failures_ = 0;
  std::uint8_t type_ = 0;
};

// All of one name. The first, which most names have alone, lies in it.
class DnsSlots {
 public:
  [[nodiscard]] bool empty() const { return !first_.answer_; }
  [[nodiscard]] std::size_t size() const;
  // What they take beside themselves, as an estimate, with their answers.
  [[nodiscard]] std::size_t heap_size() const;

  // The one that answers a question of this type, or null.
  [[nodiscard]] const DnsSlot* find(dns::DnsType type, DnsMoment at) const;

  // As DnsCache::store() says. What is over and of no more use goes.
  void note(dns::DnsType type, std::shared_ptr<const dns::DnsAnswer> answer,
            const DnsCacheSettings& settings, DnsMoment at);

  // In the order in which they were noted first.
  template <class Each>
  void for_each(Each each) const {
    if (empty()) return;
    for (const DnsSlot* slot = &first_; slot != nullptr; slot = slot->next_.get()) each(*slot);
  }

 private:
  template <class Predicate>
  void erase_if(Predicate predicate);
  void put(DnsSlot slot);
  void note_failure(dns::DnsType type, std::shared_ptr<const dns::DnsAnswer> answer,
                    const DnsCacheSettings& settings, DnsMoment at);
  void note_answer(dns::DnsType type, std::shared_ptr<const dns::DnsAnswer> answer,
                   const DnsCacheSettings& settings, DnsMoment at);

  [[no_unique_address]] DnsSlot first_;  // so that what follows fills the last eight bytes
};

// What an answer takes of the heap, as an estimate.
[[nodiscard]] std::size_t heap_size(const dns::DnsAnswer& answer);

}  // namespace postern::resolver
