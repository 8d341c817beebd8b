#include "ctl/cli/printing.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "ctl/cli/json_read.h"

namespace postern::ctl {

CtlExit print_faults(const std::vector<DaemonAnswer>& answers, const Console& console) {
  CtlExit exit = CtlExit::ok;
  for (const DaemonAnswer& answer : answers) {
    if (answer.ok()) continue;
    console.error(answer.daemon.name, ": ", answer.error);
    exit = std::max(exit, answer.reached() ? CtlExit::no : CtlExit::failed);
  }
  return exit;
}

boost::json::array json_answers(const std::vector<DaemonAnswer>& answers, std::string_view key) {
  boost::json::array out;
  for (const DaemonAnswer& answer : answers) {
    boost::json::object item{{"daemon", answer.daemon.name}};
    if (answer.ok()) {
      item[key] = answer.body;
    } else {
      item["error"] = answer.error;
    }
    out.push_back(std::move(item));
  }
  return out;
}

std::string rough_size(std::uint64_t bytes) {
  constexpr std::array<const char*, 4> kUnits{"KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024) return std::to_string(bytes) + " B";
  double size = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; size >= 1024 && unit + 1 < kUnits.size(); ++unit) size /= 1024;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f %s", size, kUnits[unit]);
  return text.data();
}

std::string time_with_age(const std::string& time, UtcTime now) {
  if (time.empty()) return "-";
  const auto then = parse_expiry(time);
  if (!then || *then > now) return time;
  return time + " (" + rough_duration(now - *then) + " ago)";
}

std::string journal_text(const boost::json::object& journal) {
  const std::uint64_t dropped = count_of(journal, "dropped");
  std::string text = std::to_string(count_of(journal, "records")) + " records, " +
                     rough_size(count_of(journal, "bytes")) + ", " +
                     (dropped == 0 ? "none" : std::to_string(dropped)) + " dropped";
  if (const std::string why = text_of(journal, "failing"); !why.empty()) {
    text += "; not written now: " + why;
  }
  return text;
}

std::string store_text(const boost::json::object& store) {
  std::string text = std::to_string(count_of(store, "records")) + " records, " +
                     rough_size(count_of(store, "bytes")) + " of " +
                     rough_size(count_of(store, "max_bytes")) + ", " +
                     std::to_string(count_of(store, "waiting")) + " effects waiting";
  if (const std::uint64_t dropped = count_of(store, "dropped"); dropped > 0) {
    text += ", " + std::to_string(dropped) + " dropped";
  }
  if (const auto& shared = object_of(store, "shared"); !shared.empty()) {
    text += "; shared by " + text_of(shared, "server") +
            (text_of(shared, "failing").empty() ? "" : ", not in use") + ", " +
            std::to_string(count_of(shared, "waiting")) + " effects waiting";
  }
  return text;
}

std::string as_columns(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      out += row[i];
      if (i + 1 < row.size()) out.append(widths[i] - row[i].size() + 2, ' ');
    }
    out += '\n';
  }
  return out;
}

}  // namespace postern::ctl
