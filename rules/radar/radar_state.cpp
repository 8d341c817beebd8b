// A radar as text, and two radars as one. One line for each domain and each pool, words and numbers
// with blanks between; sets are their number and then their elements.
#include <algorithm>
#include <tuple>
#include <utility>

#include "rules/radar/radar.h"
#include "rules/radar/state_text.h"

namespace postern::radar {
namespace {

constexpr std::string_view kHeader = "postern-radar 2\n";
constexpr std::string_view kHeaderBefore = "postern-radar 1\n";  // takes no accepted mail back
constexpr std::size_t kMaxRows = 4000000;                        // of a table

template <class Value>
struct Row {
  std::uint64_t key = 0;
  bool once = false;
  Value value;
};

// What was used longest ago first: by time, so that it is the same wherever it was joined.
template <class Value>
void sort_rows(std::vector<Row<Value>>& rows) {
  std::sort(rows.begin(), rows.end(), [](const Row<Value>& left, const Row<Value>& right) {
    return std::tie(left.value.last, left.key) < std::tie(right.value.last, right.key);
  });
}

template <class Value>
std::vector<Row<Value>> rows_of(const LruTable<Value>& table) {
  std::vector<Row<Value>> rows;
  rows.reserve(table.size());
  table.for_each([&](std::uint64_t key, const Value& value, bool once) {
    rows.push_back({key, once, value});
  });
  sort_rows(rows);
  return rows;
}

template <class Value>
void fill(LruTable<Value>& table, std::vector<Row<Value>>& rows) {
  sort_rows(rows);
  table.clear();
  for (Row<Value>& row : rows) table.put(row.key, row.once) = std::move(row.value);
}

template <class Value>
void join_tables(LruTable<Value>& table, const LruTable<Value>& other) {
  std::vector<Row<Value>> rows = rows_of(table);
  for (Row<Value>& row : rows) {
    const Value* const same = other.find(row.key);
    if (same == nullptr) continue;
    row.value.join(*same);
    row.once = row.once && other.was_used_once(row.key);
  }
  other.for_each([&](std::uint64_t key, const Value& value, bool once) {
    if (table.find(key) == nullptr) rows.push_back({key, once, value});
  });
  fill(table, rows);
}

// ---- the text: one list of members for both ways
// -------------------------------------------------

void visit(auto& io, auto& mark, const Mark* /*kind*/) {
  io.number(mark.key);
  io.time(mark.time);
}

void visit(auto& io, auto& sighting, const Sighting* /*kind*/) {
  io.number(sighting.key);
  io.time(sighting.time);
  io.number(sighting.classes);
  io.number(sighting.was_refused);
}

void visit_taken_back(StateWriter& io, const HostCounts& counts) {
  io.number(counts.taken_back);
}
void visit_taken_back(StateReader& io, HostCounts& counts) {
  if (io.version() > 1) io.number(counts.taken_back);
}

void visit(auto& io, auto& counts, const HostCounts* /*kind*/) {
  io.number(counts.host);
  for (auto* one : {&counts.accepted, &counts.deferred, &counts.refused, &counts.stopped,
                    &counts.nameless, &counts.provided}) {
    io.number(*one);
  }
  visit_taken_back(io, counts);
}

template <class Element, std::size_t most>
void visit_set(StateWriter& io, const RecentSet<Element, most>& set) {
  std::vector<Element> sorted = set.all();
  std::sort(sorted.begin(), sorted.end(),
            [](const Element& left, const Element& right) { return left.key < right.key; });
  io.list(sorted,
          [&](const Element& one) { visit(io, one, static_cast<const Element*>(nullptr)); });
}

template <class Element, std::size_t most>
void visit_set(StateReader& io, RecentSet<Element, most>& set) {
  io.list([&] {
    Element one;
    visit(io, one, static_cast<const Element*>(nullptr));
    set.include(one);
  });
}

void visit_told(StateWriter& io, const Pool& pool) {
  io.time(pool.told.value_or(UtcTime::min()));
}
void visit_told(StateReader& io, Pool& pool) {
  UtcTime told;
  io.time(told);
  if (told != UtcTime::min()) pool.told = told;
}

void visit_lists(StateWriter& io, const Pool& pool) {
  io.list(pool.local_parts, [&](const std::string& one) { io.text(one); });
  std::vector<HostCounts> counts = pool.counts;
  std::sort(counts.begin(), counts.end(),
            [](const HostCounts& left, const HostCounts& right) { return left.host < right.host; });
  io.list(counts,
          [&](const HostCounts& one) { visit(io, one, static_cast<const HostCounts*>(nullptr)); });
}

void visit_lists(StateReader& io, Pool& pool) {
  io.list([&] { io.text(pool.local_parts.emplace_back()); });
  io.list([&] { visit(io, pool.counts.emplace_back(), static_cast<const HostCounts*>(nullptr)); });
}

// Both ways: `pool` is const when it is written.
void visit_value(auto& io, auto& pool, const Pool* /*kind*/) {
  io.text(pool.key);
  io.time(pool.first);
  io.time(pool.last);
  visit_told(io, pool);
  io.time(pool.stands_until);
  io.time(pool.dismissed_until);
  io.number(pool.is_aligned);
  visit_set(io, pool.sightings);
  visit_set(io, pool.history);
  visit_set(io, pool.sources);
  visit_set(io, pool.names);
  visit_set(io, pool.recipients);
  visit_lists(io, pool);
}

void visit_value(auto& io, auto& record, const DomainRecord* /*kind*/) {
  io.text(record.name);
  io.time(record.first);
  io.time(record.last);
  io.time(record.known_until);
}

template <class Value>
void write_table(StateWriter& out, const LruTable<Value>& table) {
  const auto rows = rows_of(table);
  out.number(rows.size());
  out.end_line();
  for (const Row<Value>& row : rows) {
    out.number(row.key);
    out.number(row.once);
    visit_value(out, row.value, static_cast<const Value*>(nullptr));
    out.end_line();
  }
}

template <class Value>
bool read_table(StateReader& in, LruTable<Value>& table, std::size_t most) {
  std::size_t size = 0;
  in.number(size);
  in.end_line();
  if (!in.is_good() || size > most) return false;
  for (std::size_t i = 0; in.is_good() && i < size; ++i) {
    Row<Value> row;
    in.number(row.key);
    in.number(row.once);
    visit_value(in, row.value, static_cast<const Value*>(nullptr));
    in.end_line();
    if (table.find(row.key) != nullptr) return false;
    table.put(row.key, row.once) = std::move(row.value);
  }
  return in.is_good();
}

}  // namespace

void Radar::join(const Radar& other) {
  since_ = std::min(since_, other.since_);
  now_ = std::max(now_, other.now_);
  next_count_ = UtcTime::min();
  join_tables(domains_, other.domains_);
  for (std::size_t kind = 0; kind < kPoolKinds; ++kind) {
    join_tables(tables_[kind], other.tables_[kind]);
  }
}

std::string Radar::save() const {
  StateWriter out;
  out.time(since_);
  out.time(now_);
  out.end_line();
  write_table(out, domains_);
  for (const LruTable<Pool>& table : tables_) write_table(out, table);
  out.word("end");
  out.end_line();
  return std::string(kHeader) + out.take();
}

bool Radar::load(std::string_view text) {
  const bool is_before = text.starts_with(kHeaderBefore);
  if (!is_before && !text.starts_with(kHeader)) return false;
  StateReader in(text.substr(kHeader.size()), is_before ? 1 : 2);
  in.time(since_);
  in.time(now_);
  in.end_line();
  bool is_good = read_table(in, domains_, kMaxRows);
  for (LruTable<Pool>& table : tables_) is_good = is_good && read_table(in, table, kMaxRows);
  is_good = is_good && in.word() == "end";
  in.end_line();
  return is_good && in.is_good() && in.is_at_end();
}

}  // namespace postern::radar
