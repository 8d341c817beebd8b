#include "rules/shadow/findings.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace postern::shadow {
namespace {

std::string cut(std::string_view text) {
  return std::string(text.substr(0, Findings::kMaxText));
}

std::string cut(const std::optional<MailAddress>& address) {
  return address ? cut(address->text()) : std::string();
}

// What is found, with rules that are known by their names alone.
Row row_of(const Comparison& found, const journal::JournalRecord& record) {
  return {found.kind,
          found.live,
          found.candidate,
          record.verdict.rule,
          std::string(found.rule),
          std::string(found.needs)};
}

}  // namespace

std::uint64_t decisions_in(const Counts& counts) {
  std::uint64_t sum = 0;
  for (const Count& one : counts) sum += one.decisions;
  return sum;
}

std::uint64_t differences_in(const Counts& counts) {
  std::uint64_t sum = 0;
  for (const auto& [word, kind] : kKinds) {
    if (is_difference(kind)) sum += counts[static_cast<std::size_t>(kind)].decisions;
  }
  return sum;
}

bool RecentMessages::add(std::size_t hash) {
  if (!known_.insert(hash).second) return false;
  order_.push_back(hash);
  if (order_.size() > kMost) {
    known_.erase(order_.front());
    order_.pop_front();
  }
  return true;
}

void Findings::add(const Comparison& found, const journal::JournalRecord& record) {
  Count& count = counts_[static_cast<std::size_t>(found.kind)];
  ++count.decisions;
  if (found.kind == Kind::same) return;
  const std::string message = replay::message_of(record) + std::string(to_string(found.kind));
  if (messages_.add(std::hash<std::string>{}(message))) ++count.messages;
  Row row = row_of(found, record);
  if (is_difference(found.kind)) keep(row, found.entry, record);
  if (rows_.size() >= kMaxRows && !rows_.contains(row)) {
    row.live_rule = row.rule = kOthers;
    if (!row.needs.empty()) row.needs = kOthers;
  }
  ++rows_[std::move(row)];
}

void Findings::keep(const Row& row, const MatchedEntry& entry,
                    const journal::JournalRecord& record) {
  auto& kept = examples_[static_cast<std::size_t>(row.kind)];
  if (kept.size() == kExamples) kept.pop_front();
  const Transaction& told = record.transaction;
  Example example;
  example.number = ++last_example_;
  example.time = record.time;
  example.stage = told.stage;
  if (told.client) example.client = told.client->to_string();
  example.client_name = cut(told.client_name);
  example.sender = cut(told.sender);
  example.recipient = cut(told.recipient);
  example.queue_id = cut(told.queue_id);
  example.row = row;
  if (!entry.file.empty()) {
    example.place = std::string(entry.file) + ":" + std::to_string(entry.line);
    example.entry = cut(entry.entry);
  }
  kept.push_back(std::move(example));
}

std::vector<Example> Findings::examples() const {
  std::vector<Example> all;
  for (const auto& kept : examples_) all.insert(all.end(), kept.begin(), kept.end());
  std::ranges::sort(all, std::ranges::greater{}, &Example::number);
  return all;
}

}  // namespace postern::shadow
