// What `posternctl block` and `unblock` make of any list file: the entry is in it, or it is not,
// every other line stays byte for byte, and a list that could be read still can be. Input: the kind
// (a byte), the entry and a reason (a line each), the file.
#include <algorithm>
#include <string>
#include <vector>

#include "ctl/lists/list_file.h"
#include "rules/load/plain_list.h"
#include "tests/fuzz/require.h"

namespace postern::list_edit_fuzz {
namespace {

constexpr std::size_t kMaxReason = 1000;  // as ctl/lists/commands.cpp has it

std::string_view take_line(std::string_view& bytes) {
  const std::string_view line = bytes.substr(0, bytes.find('\n'));
  bytes.remove_prefix(std::min(bytes.size(), line.size() + 1));
  return line;
}

bool is_visible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

// Without their ends: a last line that had none gets one. A byte order mark is part of none: it
// stays where it is, also as all that there is.
std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  while (!text.empty()) {
    lines.emplace_back(take_line(text));
    while (lines.back().ends_with('\r')) lines.back().pop_back();
  }
  return lines;
}

bool loads(lists::ListKind kind, std::string_view text) {
  Diagnostics diagnostics;
  const auto list = lists::make_list(kind, "l");
  load::load_plain_list(text, "l.txt", *list, diagnostics);
  return !diagnostics.has_errors() && list->build().has_value();
}

void check_put(lists::ListKind kind, std::string_view text, const ctl::WantedEntry& wanted) {
  const ctl::EntryEdit put = ctl::add_entry(text, kind, wanted);
  require(put.lines == ctl::lines_of_entry(put.text, kind, wanted.canonical));
  require(!put.lines.empty());
  const auto before = lines_of(text);
  const auto after = lines_of(put.text);
  require(after.size() == before.size() + (put.kind == ctl::EntryEdit::Kind::added ? 1 : 0));
  for (std::size_t i = 0; i < before.size(); ++i) {
    const bool is_its = std::count(put.lines.begin(), put.lines.end(), static_cast<int>(i) + 1) > 0;
    require(is_its || after[i] == before[i]);
  }
  if (!loads(kind, text)) return;
  require(loads(kind, put.text));
  require(ctl::add_entry(put.text, kind, wanted).kind == ctl::EntryEdit::Kind::none);
}

void check_taken_out(lists::ListKind kind, std::string_view text, const std::string& entry) {
  const ctl::EntryEdit out = ctl::remove_entry(text, kind, entry);
  require(ctl::lines_of_entry(out.text, kind, entry).empty());
  require(lines_of(out.text).size() == lines_of(text).size() - out.lines.size());
  if (loads(kind, text)) require(loads(kind, out.text));
}

void check(lists::ListKind kind, std::string_view bytes) {
  const std::string value(take_line(bytes));
  const std::string reason(take_line(bytes));
  const auto entry = ctl::canonical_entry(kind, value);
  // What posternctl refuses before it looks at the list.
  if (!entry || !is_visible(value) || !is_visible(reason) || reason.size() > kMaxReason) return;
  check_put(kind, bytes, {value, *entry, {{"reason", reason}, {"expires", std::nullopt}}});
  check_taken_out(kind, bytes, *entry);
}

}  // namespace
}  // namespace postern::list_edit_fuzz

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  postern::list_edit_fuzz::check(static_cast<postern::lists::ListKind>(data[0] % 4),
                                 postern::as_text(data + 1, size - 1));
  return 0;
}
