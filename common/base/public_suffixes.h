// Which part of a domain name somebody has registered: `a.b.example.co.uk` is example.co.uk's. By
// the public suffix list (https://publicsuffix.org/list/), its private section too, as below
// `blogspot.com` each name has another owner. A value; pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace postern {

class PublicSuffixes {
 public:
  // Without the list: the last label, and with a country's two letters what most countries have in
  // front of it (`co.uk`, `com.br`).
  PublicSuffixes() = default;
  // The text of public_suffix_list.dat. What is no rule is passed over.
  explicit PublicSuffixes(std::string_view list);

  [[nodiscard]] bool has_list() const { return !rules_.empty(); }

  // The public suffix of `domain` and one label more, as a part of it. A public suffix, and a name
  // of one label, is its own. REQUIRES: as DomainName has it.
  [[nodiscard]] std::string_view registrable(std::string_view domain) const;

 private:
  enum class Rule : std::uint8_t { suffix, wildcard, both, exception };
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };

  void add_rule(std::string_view line);

  std::unordered_map<std::string, Rule, TextHash, std::equal_to<>> rules_;
};

}  // namespace postern
