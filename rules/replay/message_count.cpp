#include "rules/replay/message_count.h"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

#include "rules/model/verdict.h"
#include "rules/replay/recorded.h"

namespace postern::replay {
namespace {

std::size_t hash_of(const std::string& text) {
  return std::hash<std::string>{}(text);
}

std::size_t pair_of(const Transaction& mail) {
  return hash_of((mail.client ? mail.client->to_string() : "") + " " +
                 (mail.sender ? mail.sender->text() : ""));
}

}  // namespace

MessageName name_of(const Past& past) {
  return {pair_of(past.transaction), hash_of(past.message), past.teller};
}

bool MessageTally::add(const MessageName& message) {
  const std::size_t named = message.name * kTellers + message.teller;
  if (!names_.insert(hash_of(std::to_string(message.pair) + " " + std::to_string(named))).second) {
    return false;
  }
  auto& told = by_pair_[message.pair];
  const std::uint32_t most = *std::ranges::max_element(told);
  if (++told.at(message.teller) <= most) return false;
  ++messages_;
  return true;
}

void MessageCount::add(const journal::JournalRecord& record) {
  const Transaction& mail = record.transaction;
  if (mail.stage < Stage::mail) return;
  Message& message = by_pair_[pair_of(mail)].at(teller_of(record))[hash_of(message_of(record))];
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
