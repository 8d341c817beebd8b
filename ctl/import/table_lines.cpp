#include "ctl/import/table_lines.h"

#include <algorithm>

namespace postern::import {
namespace {

constexpr std::string_view kBlank = " \t\r\v\f";

}  // namespace

std::vector<TableLine> plain_lines(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // what some editors write first
  std::vector<TableLine> lines;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back({std::string(line), number, {}});
  }
  return lines;
}

WordAndRest cut_word(std::string_view text) {
  const std::size_t end = std::min(text.find_first_of(kBlank), text.size());
  return {text.substr(0, end), trimmed(text.substr(end))};
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

ImportLog::ImportLog(const ImportRequest& request) : file_(request.file) {
  const std::string_view text = request.text;
  auto count = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  if (!text.empty() && !text.ends_with('\n')) ++count;
  lines_.resize(count);
}

void ImportLog::refuse(const TableLine& line, std::string_view part, std::string why) {
  if (!is_said(line, why)) diagnostics_.error(place_of(line, part), why);
  mark(line, LineStatus::refused, std::move(why));
}

void ImportLog::leave_idle(const TableLine& line, std::string_view part, std::string why) {
  if (!is_said(line, why)) diagnostics_.warning(place_of(line, part), why);
  mark(line, LineStatus::idle, std::move(why));
}

void ImportLog::warn(const TableLine& line, std::string_view part, const std::string& what) {
  if (!is_said(line, what)) diagnostics_.warning(place_of(line, part), what);
}

void ImportLog::note(const std::string& what) {
  diagnostics_.warning({file_, 0, 0}, what);
}

void ImportLog::refuse_all(const std::vector<TableLine>& lines, const std::string& why) {
  diagnostics_.error({file_, 0, 0}, why);
  for (const TableLine& line : lines) {
    const std::string_view content = trimmed(line.text);
    if (!content.empty() && content.front() != '#') mark(line, LineStatus::refused, why);
  }
}

void ImportLog::finish(Imported& imported) {
  imported.lines = std::move(lines_);
  imported.diagnostics = std::move(diagnostics_);
}

void ImportLog::mark(const TableLine& line, LineStatus status, std::string why) {
  const auto set = [&](int number) {
    const auto index = static_cast<std::size_t>(number) - 1;
    if (index >= lines_.size() || lines_[index].status >= status) return;
    lines_[index] = {status, why};
  };
  set(line.number);
  for (int number : line.continued) set(number);
}

bool ImportLog::is_said(const TableLine& line, const std::string& what) {
  return !said_.emplace(line.number, what).second;
}

// `part` is a part of `line.text`; anything else means the start of the line.
Position ImportLog::place_of(const TableLine& line, std::string_view part) const {
  const char* const begin = line.text.data();
  const bool inside = part.data() >= begin && part.data() <= begin + line.text.size();
  return {file_, line.number, inside ? static_cast<int>(part.data() - begin) + 1 : 1};
}

}  // namespace postern::import
