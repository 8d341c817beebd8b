// How many messages records of the journal are about: one counts once, at however many stages and
// through however many doors it was judged. Pure; one thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "rules/journal/record.h"

namespace postern::replay {

// A door's records of one message have one instance, or one queue ID; the two doors of one Postfix
// have nothing in common that names it. So of a client and sender as many messages are counted as
// that door has told of that tells of most: what one lets through comes to the other.
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
  // Of each door, those that it names, and those before they have a name (Postfix at MAIL).
  static constexpr std::size_t kTellers = 4;
  using Told = std::array<Messages, kTellers>;

  static std::uint64_t most(const Told& told);

  std::unordered_map<std::size_t, Told> by_pair_;  // hashes of client and sender
};

}  // namespace postern::replay
