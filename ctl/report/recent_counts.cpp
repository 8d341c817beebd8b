#include "ctl/report/recent_counts.h"

#include <algorithm>
#include <functional>
#include <unordered_map>

#include "common/base/holder_network.h"
#include "ctl/log/decision_fields.h"
#include "rules/model/action.h"
#include "rules/model/door.h"
#include "rules/model/stage.h"

namespace postern::report {
namespace {

using std::chrono::floor;
using std::chrono::minutes;

constexpr double kRecentInHour = static_cast<double>(kRecent.count()) / kHourBefore.count();

std::string network_in(std::string_view client) {
  const auto address = IpAddress::parse(client);
  return address ? network_text(*address) : std::string();
}

// In the order of Counted; empty where the decision has none.
std::array<std::string, kCounted.size()> texts_of(const ctl::LogFields& fields) {
  const auto field = [&](std::string_view key) { return ctl::field_of(fields, key); };
  std::array<std::string, kCounted.size()> texts{
      field("rule"),
      field("sender").empty() ? "" : ctl::sender_domain_in(fields),
      field("sender"),
      field("client"),
      network_in(field("client")),
      field("helo")};
  for (std::string& text : texts) {
    if (text == "-") text.clear();
  }
  return texts;
}

// The milter tells of each stage of a message, the last of which lets it in; Postfix asks once.
bool is_over(const ctl::LogFields& fields) {
  return ctl::field_of(fields, "door") != to_string(Door::milter) ||
         ctl::field_of(fields, "stage") == to_string(Stage::eom);
}

using Rows = std::unordered_map<std::string, RecentRow>;

void add_to(Rows& rows, const TopCounts& counts, std::uint64_t PassedAndRefused::*now) {
  for (const auto& [text, times] : counts.top(RecentCounts::kMaxTexts)) {
    RecentRow& row = rows[text];
    row.text = text;
    if (now != nullptr) {
      row.now.*now += times;
    } else {
      row.before += kRecentInHour * static_cast<double>(times);
    }
  }
}

// Most first; what is equal in the order of the texts.
template <class Item, class RowOf, class Value>
void keep_most(std::vector<Item>& items, std::size_t most, RowOf row_of, Value value) {
  const auto end = items.begin() + static_cast<std::ptrdiff_t>(std::min(most, items.size()));
  std::partial_sort(items.begin(), end, items.end(), [&](const Item& one, const Item& other) {
    const RecentRow& a = row_of(one);
    const RecentRow& b = row_of(other);
    return value(a) != value(b) ? value(a) > value(b) : a.text < b.text;
  });
  items.erase(end, items.end());
}

}  // namespace

void RecentCounts::add(const ctl::LogFields& fields, UtcTime at, UtcTime now) {
  const auto oldest = floor<minutes>(now) - kRecent - kHourBefore;
  minutes_.erase(minutes_.begin(), minutes_.lower_bound(oldest));
  const auto when = floor<minutes>(std::min(at, now));
  if (when < oldest) return;
  const bool passed = ctl::field_of(fields, "action") == to_string(Disposition::pass);
  if (passed && !is_over(fields)) return;
  Minute& minute = minutes_[when];
  const std::uint64_t times = ctl::decisions_in(fields);
  (passed ? minute.all.passed : minute.all.refused) += times;
  const auto texts = texts_of(fields);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    TopCounts& counts = passed ? minute.texts[i].passed : minute.texts[i].refused;
    if (!texts[i].empty()) counts.add(texts[i], times);
  }
}

RecentPage RecentCounts::page(UtcTime now, std::size_t most) const {
  const auto recent = floor<minutes>(now) - kRecent;  // not included: minutes are whole
  RecentPage page;
  std::array<Rows, kCounted.size()> rows;
  for (auto minute = minutes_.lower_bound(recent - kHourBefore); minute != minutes_.end();
       ++minute) {
    const auto& [when, counts] = *minute;
    const bool is_now = when > recent;
    if (is_now) {
      page.now.passed += counts.all.passed;
      page.now.refused += counts.all.refused;
    } else {
      page.before += kRecentInHour * static_cast<double>(counts.all.all());
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
      add_to(rows[i], counts.texts[i].passed, is_now ? &PassedAndRefused::passed : nullptr);
      add_to(rows[i], counts.texts[i].refused, is_now ? &PassedAndRefused::refused : nullptr);
    }
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (auto& [text, row] : rows[i]) {
      if (row.growth() >= 1) page.grown.push_back({static_cast<Counted>(i), row});
      if (row.now.all() > 0) page.rows[i].push_back(std::move(row));
    }
    keep_most(page.rows[i], most, std::identity{},
              [](const RecentRow& row) { return row.now.all(); });
  }
  keep_most(
      page.grown, most, [](const RecentPage::Grown& one) -> const RecentRow& { return one.row; },
      [](const RecentRow& row) { return row.growth(); });
  return page;
}

}  // namespace postern::report
