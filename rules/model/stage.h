// The steps of an SMTP session at which a door asks for a decision. A value.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace postern {

// In the order in which a session passes them.
enum class Stage : std::uint8_t { connect, helo, mail, rcpt, data, eom };

inline constexpr std::array kStages = {Stage::connect, Stage::helo, Stage::mail,
                                       Stage::rcpt,    Stage::data, Stage::eom};

std::string_view to_string(Stage stage);
std::optional<Stage> parse_stage(std::string_view text);

class StageSet {
 public:
  constexpr StageSet() = default;
  constexpr StageSet(std::initializer_list<Stage> stages) {
    for (Stage stage : stages) bits_ = static_cast<std::uint8_t>(bits_ | bit(stage));
  }
  static constexpr StageSet all() {
    return {Stage::connect, Stage::helo, Stage::mail, Stage::rcpt, Stage::data, Stage::eom};
  }
  // `first` and all that come after it.
  static constexpr StageSet from(Stage first) {
    StageSet set;
    set.bits_ = static_cast<std::uint8_t>(all().bits_ & ~(bit(first) - 1));
    return set;
  }
  [[nodiscard]] constexpr bool contains(Stage stage) const { return (bits_ & bit(stage)) != 0; }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
  [[nodiscard]] constexpr StageSet operator&(StageSet other) const {
    StageSet set;
    set.bits_ = static_cast<std::uint8_t>(bits_ & other.bits_);
    return set;
  }
  // The earliest of them.
  [[nodiscard]] constexpr std::optional<Stage> first() const {
    for (Stage stage : kStages) {
      if (contains(stage)) return stage;
    }
    return std::nullopt;
  }
  constexpr void add(Stage stage) { bits_ = static_cast<std::uint8_t>(bits_ | bit(stage)); }
  constexpr void add(StageSet stages) { bits_ = static_cast<std::uint8_t>(bits_ | stages.bits_); }
  friend constexpr bool operator==(StageSet, StageSet) = default;

 private:
  static constexpr unsigned bit(Stage stage) { return 1U << static_cast<unsigned>(stage); }
  std::uint8_t bits_ = 0;
};

// `mail, rcpt`
std::string to_string(StageSet stages);

}  // namespace postern
