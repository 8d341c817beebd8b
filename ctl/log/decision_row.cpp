#include "ctl/log/decision_row.h"

#include "common/base/escape.h"
#include "ctl/log/decision_fields.h"

namespace postern::ctl {
namespace {

Colour colour_of(std::string_view action) {
  if (action == "pass") return Colour::green;
  if (action == "reject") return Colour::red;
  if (action == "defer") return Colour::yellow;
  return Colour::magenta;
}

std::string padded(std::string_view text, std::size_t width) {
  std::string out = printable(text);
  if (out.size() < width) out.resize(width, ' ');
  return out;
}

}  // namespace

std::string decision_row(const LogEntry& entry, Colours colours) {
  constexpr std::size_t kDoor = 6;
  constexpr std::size_t kStage = 7;
  constexpr std::size_t kAction = 8;
  const auto field = [&](std::string_view key) -> const std::string& {
    return field_of(entry.fields, key);
  };
  std::string row = entry.time ? format_utc(*entry.time) + " " : "";
  row += padded(field("door"), kDoor) + " " + padded(field("stage"), kStage) + " ";
  row += coloured(padded(field("action"), kAction), colour_of(field("action")), colours);
  row += " " + printable(field("rule")) + "  " + printable(field("client"));
  for (const char* key : {"client_name", "helo"}) {
    if (field(key).empty()) continue;
    row += " (" + printable(field(key)) + ")";
    break;
  }
  if (!field("sender").empty()) row += "  " + printable(field("sender"));
  if (!field("recipient").empty()) row += " -> " + printable(field("recipient"));
  if (field("action") != "pass") row += "  " + printable(field("reply"));
  if (!field("check").empty()) {
    row += "  " + printable(field("check")) + ": " + printable(field("finding"));
  }
  if (!field("would").empty()) {
    row += "  " + coloured("would: " + printable(field("would")), Colour::yellow, colours);
  }
  if (const auto times = decisions_in(entry.fields); times > 1) {
    row += "  (one of " + std::to_string(times) + ")";
  }
  return row;
}

}  // namespace postern::ctl
