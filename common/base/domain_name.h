// A host or mail domain name in the one form that Postern compares: lower case, A-labels, no final
// dot. `Example.ORG.`, `example.org` and (by IDNA) `BÜCHER.example`, `xn--bcher-kva.example` are
// equal when parsed. A value; no I/O.
#pragma once

#include <compare>
#include <cstddef>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace postern {

class DomainName {
 public:
  static constexpr std::size_t kMaxLength = 253;      // RFC 1035 2.3.4, without the final dot
  static constexpr std::size_t kMaxLabelLength = 63;  // RFC 1035 2.3.4

  DomainName() = default;  // empty: "no name"; never the result of parse()

  // Labels: letters, digits, hyphen, underscore (in use for real hosts, though RFC 952 has none),
  // 1 to 63 octets. Names with bytes >= 0x80 are UTF-8 U-labels and go through IDNA 2008 (libidn2).
  // Errors: empty name or label, too long, other characters, not valid IDNA.
  static Result<DomainName> parse(std::string_view text);
  // The same, for names by the million: appends the normalised text to `out`, which stays as it was
  // on an error. A name of plain ASCII costs no memory beside it.
  static Result<void> append_normalised(std::string_view text, std::string& out);

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }

  friend auto operator<=>(const DomainName&, const DomainName&) = default;

 private:
  std::string text_;
};

}  // namespace postern
