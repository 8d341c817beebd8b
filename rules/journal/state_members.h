// The members of a line that tell of records of state and of effects on them, both ways: each
// function with a LineReader takes what that with a LineWriter has put there. Pure.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>

#include "rules/journal/line_reader.h"
#include "rules/journal/line_writer.h"
#include "rules/model/state.h"

namespace postern::journal {

// In the order of Effect::what.
inline constexpr Word<std::size_t> kEffects[] = {
    {"touch", 0}, {"mark", 1}, {"take", 2}, {"add", 3}};
inline constexpr Word<Effect::When> kWhens[] = {{"always", Effect::When::always},
                                                {"on_pass", Effect::When::on_pass}};
inline constexpr Word<Effect::Per> kPers[] = {{"message", Effect::Per::message},
                                              {"recipient", Effect::Per::recipient}};

// Longer than the other times of a line.
template <class Rep, class Period>
void visit_long(LineWriter& io, std::string_view key,
                const std::chrono::duration<Rep, Period>& time) {
  io.number_or_none(key, time);
}
template <class Rep, class Period>
void visit_long(LineReader& io, std::string_view key, std::chrono::duration<Rep, Period>& time) {
  constexpr std::int64_t kMost = std::int64_t{1} << 50;  // 35 years of microseconds
  std::int64_t count = 0;
  io.number_or_none(key, count);
  if (count < 0 || count > kMost) return io.wrong_value(key, "a time");
  time = std::chrono::duration<Rep, Period>(count);
}

void visit_key(auto& io, auto& key) {
  io.word("kind", key.kind, kStateKinds);
  io.text("bucket", key.bucket);
  io.texts("parts", key.parts);
}

void visit_state(auto& io, auto& evidence) {
  visit_key(io, evidence.key);
  io.word("status", evidence.fact.status, kStateStatuses);
  io.unusual_word("done", evidence.fact.done, kStateDone);
  auto& record = evidence.fact.record;
  visit_long(io, "since_first_ms", record.since_first);
  visit_long(io, "since_last_ms", record.since_last);
  io.flag("marked", record.is_marked);
  io.number_or_none("members", record.members);
  visit_long(io, "debt_us", record.debt);
}

inline void visit_what(LineWriter& io, const Effect& effect) {
  io.word("effect", effect.what.index(), kEffects);
}
inline void visit_what(LineReader& io, Effect& effect) {
  static const std::array<decltype(effect.what), std::size(kEffects)> k_empty = {Touch{}, Mark{},
                                                                                 Take{}, Add{}};
  std::size_t index = 0;
  io.word("effect", index, kEffects);
  effect.what = k_empty[index];
}

void visit_effect(auto& io, auto& effect) {
  visit_what(io, effect);
  visit_key(io, effect.key);
  if (auto* take = std::get_if<Take>(&effect.what)) {
    io.number("units", take->units);
    visit_long(io, "interval_us", take->interval);
  }
  if (auto* add = std::get_if<Add>(&effect.what)) {
    io.text("member", add->member);
    visit_long(io, "period_s", add->period);
    io.number("at_most", add->at_most);
  }
  visit_long(io, "keep_s", effect.keep);
  io.word("when", effect.when, kWhens);
  io.word("per", effect.per, kPers);
}

}  // namespace postern::journal
