// Records of state as a map, with a clock that a test moves: what a store does, without one.
#pragma once

#include <algorithm>
#include <chrono>
#include <map>
#include <span>
#include <string>

#include "common/base/overloaded.h"
#include "rules/model/facts.h"

namespace postern {

class StateMap : public FactSource {
 public:
  using Time = std::chrono::microseconds;

  std::optional<dns::DnsFact> find(const dns::DnsQuestion& /*question*/) override {
    return std::nullopt;
  }
  std::optional<StateFact> find_state(const StateKey& key) override {
    if (is_away) return StateFact{};
    const auto found = kept_.find(key);
    if (found == kept_.end() || found->second.end <= now_) return StateFact{Status::absent, {}};
    const Kept& kept = found->second;
    StateRecord record;
    record.since_first = since<std::chrono::milliseconds>(kept.first);
    record.since_last = since<std::chrono::milliseconds>(kept.last);
    record.is_marked = kept.is_marked;
    record.debt = std::max(kept.full - now_, Time{0});
    record.members = static_cast<std::uint32_t>(std::ranges::count_if(
        kept.members, [&](const auto& member) { return member.second > now_; }));
    return StateFact{Status::found, record};
  }

  void apply(std::span<const Effect> effects) {
    for (const Effect& effect : effects) apply(effect);
  }
  void pass(Time time) { now_ += time; }
  // Of each record its key, in words.
  [[nodiscard]] std::string keys() const {
    std::string text;
    for (const auto& [key, kept] : kept_) {
      text += (text.empty() ? "" : ", ") + key.bucket;
      for (const std::string& part : key.parts) text += " " + part;
    }
    return text;
  }
  // With what is gone of each bucket and who is in each set.
  [[nodiscard]] std::string in_words() const {
    std::string text = keys() + ":";
    for (const auto& [key, kept] : kept_) {
      text += " " + std::to_string((kept.full - now_).count()) + "us";
      for (const auto& [member, end] : kept.members) text += " " + member;
    }
    return text;
  }
  friend bool operator==(const StateMap& one, const StateMap& other) {
    return one.kept_ == other.kept_;
  }

  bool is_away = false;
  std::size_t taken = 0;  // units, of all records

 private:
  using Status = StateFact::Status;
  struct Kept {
    Time first{0};
    Time last{0};
    Time end{0};
    Time full{0};  // when the bucket is
    bool is_marked = false;
    std::map<std::string, Time> members{};  // with their ends
    friend bool operator==(const Kept&, const Kept&) = default;
  };

  template <class Duration>
  [[nodiscard]] Duration since(Time time) const {
    return std::chrono::duration_cast<Duration>(std::max(now_ - time, Time{0}));
  }

  void apply(const Effect& effect) {
    Kept& kept = kept_[effect.key];
    if (kept.end <= now_) kept = {.first = now_};
    kept.last = now_;
    kept.end = std::max(kept.end, now_ + effect.keep);
    std::visit(Overloaded{[](const Touch&) {}, [&](const Mark&) { kept.is_marked = true; },
                          [&](const Take& take) {
                            kept.full = std::max(kept.full, now_) + take.units * take.interval;
                            kept.end = std::max(kept.end, kept.full);
                            taken += take.units;
                          },
                          [&](const Add& add) { kept.members[add.member] = now_ + add.period; }},
               effect.what);
  }

  Time now_{0};
  std::map<StateKey, Kept> kept_;
};

}  // namespace postern
