// The members of a line that tell of the verdict, both ways: each function with a LineReader takes
// what that with a LineWriter has put there. Pure.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/whole_number.h"
#include "rules/journal/line_reader.h"
#include "rules/journal/line_writer.h"
#include "rules/journal/record.h"

namespace postern::journal {

inline constexpr std::array kDispositions = {Disposition::pass,     Disposition::hold,
                                             Disposition::redirect, Disposition::defer,
                                             Disposition::reject,   Disposition::discard};
inline constexpr std::array kMixedRecipients = {MixedRecipients::split, MixedRecipients::mildest};

// `rule:action`, which no rule's name can be taken for.
inline void visit_would(LineWriter& io, const std::vector<RecordedWould>& would) {
  io.texts_of("would", would, [](std::string& text, const RecordedWould& one) {
    text.append(one.rule).append(":").append(to_string(one.action));
  });
}
inline void visit_would(LineReader& io, std::vector<RecordedWould>& would) {
  io.each_text("would", [&](const std::string& text) {
    const std::size_t colon = text.rfind(':');
    const std::string_view action = std::string_view(text).substr(colon + 1);
    for (const ActionInfo& info : action_table()) {
      if (colon == std::string::npos || info.word != action) continue;
      would.push_back({text.substr(0, colon), info.kind});
      return;
    }
    io.wrong_value("would", "rules with the actions that they would have taken");
  });
}

// `file:line`
inline void visit_place(LineWriter& io, const RecordedEntry& entry) {
  if (!entry.file.empty()) io.text("at", entry.file + ":" + std::to_string(entry.line));
}
inline void visit_place(LineReader& io, RecordedEntry& entry) {
  std::string at;
  io.text("at", at);
  if (at.empty()) return;
  const std::size_t colon = at.rfind(':');
  const auto line = parse_whole<int>(std::string_view(at).substr(colon + 1));
  if (colon == std::string::npos || !line) return io.wrong_value("at", "a file and a line");
  entry.file = at.substr(0, colon);
  entry.line = *line;
}

void visit_word_if_any(LineWriter& io, std::string_view key, const auto& value, const auto& words) {
  if (value) io.word(key, *value, words);
}
void visit_word_if_any(LineReader& io, std::string_view key, auto& value, const auto& words) {
  if (io.has(key)) io.word(key, value.emplace(), words);
}

void visit_entry(auto& io, auto& entry) {
  io.text("list", entry.list);
  io.text("entry", entry.entry);
  io.text("reason", entry.reason);
  visit_place(io, entry);
}

void visit_beside(auto& io, auto& verdict) {
  io.texts("also", verdict.also);
  visit_would(io, verdict.would);
  io.text("pending_rule", verdict.pending_rule);
  io.text("cut_short", verdict.cut_short);
  visit_word_if_any(io, "mixed_recipients", verdict.mixed_recipients, kMixedRecipients);
  io.number_or_none("delay_ms", verdict.delay);
  io.text("text", verdict.text);
  io.text("redirect", verdict.redirect);
  io.texts("copy", verdict.copies);
  io.objects("prepend", verdict.prepend, [](auto& header_io, auto& header) {
    header_io.text_always("name", header.name);
    header_io.text("value", header.value);
  });
  io.objects("found", verdict.found, [](auto& found_io, auto& found) {
    found_io.text_always("rule", found.rule);
    found_io.text_always("check", found.check);
    found_io.text_always("finding", found.finding);
    found_io.text("detail", found.detail);
    found_io.flag("noted", found.noted);
  });
}

void visit_verdict(auto& io, auto& verdict) {
  io.number("generation", verdict.generation);
  io.word("action", verdict.action, kDispositions);
  io.text("rule", verdict.rule);
  io.text("reply", verdict.reply);
  visit_word_if_any(io, "softened_from", verdict.softened_from, kDispositions);
  io.text("token", verdict.token);
  io.text("check", verdict.check);
  io.text("finding", verdict.finding);
  io.text("detail", verdict.detail);
  visit_entry(io, verdict.entry);
  visit_beside(io, verdict);
}

}  // namespace postern::journal
