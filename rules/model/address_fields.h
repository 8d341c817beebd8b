// The fields of a log line about an address of the envelope: `sender=a@b.example`, and what was
// given in its place. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/base/mail_address.h"

namespace postern {

inline constexpr std::string_view kNullSender = "<>";

// Calls `add(key, value)` for each.
template <class Add>
void for_each_address_field(std::string_view key, const MailAddress& address, Add add) {
  add(std::string(key), address.is_null() ? kNullSender : std::string_view(address.text()));
  if (address.has_tag()) add(std::string(key) + "_untagged", address.untagged());
  if (!address.given().empty()) add(std::string(key) + "_given", std::string_view(address.given()));
}

}  // namespace postern
