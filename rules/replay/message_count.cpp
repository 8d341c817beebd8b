#include "rules/replay/message_count.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <utility>

#include "rules/model/verdict.h"

namespace postern::replay {
namespace {

std::size_t pair_of(const Transaction& mail) {
  return std::hash<std::string>{}((mail.client ? mail.client->to_string() : "") + " " +
                                  (mail.sender ? mail.sender->text() : ""));
}

// Empty: nothing.
const std::string& name_of(const Transaction& mail) {
  return mail.instance.empty() ? mail.queue_id : mail.instance;
}

}  // namespace

void MessageCount::add(const journal::JournalRecord& record) {
  const Transaction& mail = record.transaction;
  if (mail.stage < Stage::mail) return;
  const std::string& name = name_of(mail);
  const auto second = std::chrono::floor<std::chrono::seconds>(record.time);
  const std::size_t hash = std::hash<std::string>{}(
      name.empty() ? std::to_string(second.time_since_epoch().count()) : name);
  const std::size_t teller = (record.door == Door::milter ? 2 : 0) + (name.empty() ? 1 : 0);
  Message& message = by_pair_[pair_of(mail)].at(teller)[hash];
  const bool passed = record.verdict.action <= Disposition::redirect;
  // Of several recipients one is enough.
  message.passed = passed || (message.passed && message.stage == mail.stage);
  message.stage = mail.stage;
}

std::uint64_t MessageCount::most(const Told& told) {
  const auto size = [](const Messages& messages) { return messages.size(); };
  return std::ranges::max_element(told, {}, size)->size();
}

std::uint64_t MessageCount::messages() const {
  std::uint64_t sum = 0;
  for (const auto& [pair, told] : by_pair_) sum += most(told);
  return sum;
}

// What one door refuses does not come to the other.
std::uint64_t MessageCount::passed() const {
  std::uint64_t sum = 0;
  for (const auto& [pair, told] : by_pair_) {
    std::uint64_t refused = 0;
    for (const Messages& messages : told) {
      refused += static_cast<std::uint64_t>(
          std::ranges::count(messages, false, [](const auto& one) { return one.second.passed; }));
    }
    const std::uint64_t all = most(told);
    sum += all - std::min(all, refused);
  }
  return sum;
}

}  // namespace postern::replay
