// How Postfix names a service that it asks, a filter or a policy daemon: `ADDRESS` or `{ ADDRESS,
// name=value ... }` (postconf(5)). Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace postern::doctor {

struct PostfixService {
  std::string address;
  std::vector<std::string> attributes;  // as they are written, in their order

  // Replaces it where it stands, else it comes last. REQUIRES: a value without blanks.
  void set(std::string_view name, const std::string& value);
  // As it is written.
  [[nodiscard]] std::string to_string() const;
};

PostfixService read_postfix_service(std::string_view text);

}  // namespace postern::doctor
