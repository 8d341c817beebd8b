// The doors through which an MTA asks, and sets of them. Values.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "rules/model/mixed_recipients.h"
#include "rules/model/outside.h"

namespace postern {

enum class Door : std::uint8_t { policy, milter };

std::string_view to_string(Door door);

class DoorSet {
 public:
  constexpr DoorSet() = default;
  constexpr DoorSet(std::initializer_list<Door> doors) {
    for (Door door : doors) add(door);
  }
  static constexpr DoorSet all() { return {Door::policy, Door::milter}; }
  [[nodiscard]] constexpr bool contains(Door door) const { return (bits_ & bit(door)) != 0; }
  [[nodiscard]] constexpr DoorSet operator&(DoorSet other) const {
    DoorSet set;
    set.bits_ = static_cast<std::uint8_t>(bits_ & other.bits_);
    return set;
  }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
  constexpr void add(Door door) { bits_ = static_cast<std::uint8_t>(bits_ | bit(door)); }
  constexpr void add(DoorSet other) { bits_ = static_cast<std::uint8_t>(bits_ | other.bits_); }
  friend constexpr bool operator==(DoorSet, DoorSet) = default;

 private:
  static constexpr unsigned bit(Door door) { return 1U << static_cast<unsigned>(door); }
  std::uint8_t bits_ = 0;
};

// For whom a rule file is loaded.
struct LoadTarget {
  // The door that will judge by the rules. Those that it cannot judge are left out.
  Door door = Door::milter;
  // All doors that this installation has. A rule that none of them can judge is an error.
  DoorSet installed = DoorSet::all();
  // What the milter door does with messages to recipients for whom different rules count.
  MixedRecipients mixed_recipients = MixedRecipients::split;
  Outside outside{};
  // What this site is called in Authentication-Results (RFC 8601 2.5).
  std::string authserv_id = "localhost";
  friend bool operator==(const LoadTarget&, const LoadTarget&) = default;
};

}  // namespace postern
