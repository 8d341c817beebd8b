// What becomes of a message for whose recipients the rules may come to different verdicts at its
// end, where the MTA has one answer for all of them. A value: the setting `mixed_recipients`.
#pragma once

#include <cstdint>
#include <string_view>

namespace postern {

enum class MixedRecipients : std::uint8_t {
  split,    // it is none: recipients for whom other rules count are deferred at RCPT
  mildest,  // the mildest of the verdicts is that of the message
};

constexpr std::string_view to_string(MixedRecipients mixed) {
  return mixed == MixedRecipients::split ? "split" : "mildest";
}

}  // namespace postern
