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
