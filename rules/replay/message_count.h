// How many messages records of the journal are about: one counts once, at however many stages and
// through however many doors it was judged. Pure; one thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <unordered_set>

#include "rules/journal/record.h"
#include "rules/replay/past.h"

namespace postern::replay {

// A door's records of one message have one instance, or one queue ID; the two doors of one Postfix
// have nothing in common that names it. So of a client and sender as many messages are counted as
// that door has told of that tells of most: what one lets through comes to the other.
struct MessageName {
  std::size_t pair = 0;    // a hash of client and sender
  std::size_t name = 0;    // a hash of what names it
  std::size_t teller = 0;  // as of Past
};
MessageName name_of(const Past& past);

// How many messages those are that it was told of.
class MessageTally {
 public:
  // Whether there is one more because of it.
  bool add(const MessageName& message);
  [[nodiscard]] std::uint64_t messages() const { return messages_; }

 private:
  std::unordered_set<std::size_t> names_;  // hashes, of each teller
  std::unordered_map<std::size_t, std::array<std::uint32_t, kTellers>> by_pair_;
  std::uint64_t messages_ = 0;
};

class MessageCount {
 public:
  // What is decided before MAIL is about no message.
  void add(const journal::JournalRecord& record);

  [[nodiscard]] std::uint64_t messages() const;
  // Those among them that some recipient got, as far as the doors have decided.
  [[nodiscard]] std::uint64_t passed() const;

 private:
  // What was decided at the last stage that is told of.
  struct Message {
    Stage stage = Stage::connect;
    bool passed = false;
  };
  using Messages = std::unordered_map<std::size_t, Message>;  // by a hash of what names it
  using Told = std::array<Messages, kTellers>;

  static std::uint64_t most(const Told& told);

  std::unordered_map<std::size_t, Told> by_pair_;  // hashes of client and sender
};

}  // namespace postern::replay
