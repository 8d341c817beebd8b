#include "ctl/report/top_page.h"

#include <algorithm>
#include <iomanip>
#include <sstream>

#include "rules/explain/condition_words.h"
#include "server/control/control_json.h"

namespace postern::report {
namespace {

namespace json = boost::json;

constexpr int kColumnWidth = 9;

std::string name_of(Counted counted) {
  std::string name(kCounted.at(static_cast<std::size_t>(counted)));
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

template <class Number>
std::ostream& number(std::ostream& out, Number value) {
  return out << std::setw(kColumnWidth) << value;
}

void print(std::ostream& out, const RecentRow& row) {
  number(out, row.now.passed);
  number(out, row.now.refused);
  number(out, row.before) << "  " << explain::for_terminal(row.text);
}

void print_heads(std::ostream& out) {
  for (const char* head : {"passed", "refused", "before"}) number(out, head);
}

void keep_rows(RecentPage& page, std::size_t most) {
  page.grown.resize(std::min(most, page.grown.size()));
  for (auto& rows : page.rows) rows.resize(std::min(most, rows.size()));
}

// No character is cut in two.
std::string_view beginning_of(std::string_view line, std::size_t columns) {
  if (line.size() <= columns) return line;
  while (columns > 0 && (static_cast<unsigned char>(line[columns]) & 0xc0U) == 0x80U) --columns;
  return line.substr(0, columns);
}

json::object json_row(const RecentRow& row) {
  return {{"what", control::json_text(row.text)},
          {"passed", row.now.passed},
          {"refused", row.now.refused},
          {"before", row.before}};
}

}  // namespace

std::string top_text(const RecentPage& page, UtcTime now) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(1);
  out << format_utc(now) << "  the last " << kRecent.count() << " minutes: " << page.now.passed
      << " passed, " << page.now.refused << " refused; before: " << page.before
      << " in such a time of the hour before\n";
  if (!page.grown.empty()) {
    out << "\n";
    print_heads(out);
    out << "  what grew most\n";
    for (const auto& [counted, row] : page.grown) {
      print(out, row);
      out << "  (" << name_of(counted) << ")\n";
    }
  }
  for (std::size_t i = 0; i < page.rows.size(); ++i) {
    if (page.rows[i].empty()) continue;
    out << "\n";
    print_heads(out);
    out << "  " << name_of(static_cast<Counted>(i)) << "\n";
    for (const RecentRow& row : page.rows[i]) {
      print(out, row);
      out << "\n";
    }
  }
  return out.str();
}

std::string top_text_within(RecentPage page, UtcTime now, TerminalSize size) {
  std::size_t rows = page.grown.size();
  for (const auto& table : page.rows) rows = std::max(rows, table.size());
  std::string text = top_text(page, now);
  // The cursor stands below the last line.
  const auto is_too_long = [&] {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) >= size.lines;
  };
  while (is_too_long() && rows > 1) {
    keep_rows(page, --rows);
    text = top_text(page, now);
  }
  std::string shown;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(line.size() + 1);
    shown.append(beginning_of(line, size.columns)).append("\n");
  }
  return shown;
}

json::object top_json(const RecentPage& page, UtcTime now) {
  json::object shown{{"time", control::json_time(now)},
                     {"minutes", kRecent.count()},
                     {"passed", page.now.passed},
                     {"refused", page.now.refused},
                     {"before", page.before}};
  json::array grown;
  for (const auto& [counted, row] : page.grown) {
    json::object one = json_row(row);
    one["of"] = kCounted.at(static_cast<std::size_t>(counted));
    grown.push_back(std::move(one));
  }
  shown["grown"] = std::move(grown);
  for (std::size_t i = 0; i < page.rows.size(); ++i) {
    json::array rows;
    for (const RecentRow& row : page.rows[i]) rows.push_back(json_row(row));
    shown[kCounted.at(i)] = std::move(rows);
  }
  return shown;
}

}  // namespace postern::report
