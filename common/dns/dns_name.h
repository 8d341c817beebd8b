// A name as DNS has it: labels of any octets, also such as no host has (`_spf.example`, the
// reversed address of a client, what a macro of SPF makes). Every DomainName is one; the other way
// leads through DomainName::parse(), so that such a name is never taken for somebody's mail domain.
// A value; pure.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/domain_name.h"
#include "common/base/ip_address.h"
#include "common/base/result.h"

namespace postern::dns {

class DnsName {
 public:
  // RFC 1035 2.3.4, with length octets and the root.
  static constexpr std::size_t kMaxWireOctets = 255;
  static constexpr std::size_t kMaxLabelOctets = 63;
  static constexpr std::size_t kMaxText = 4 * kMaxWireOctets;  // of text(), and more

  DnsName() = default;                                     // the root, about which nothing is asked
  DnsName(const DomainName& host) : text_(host.text()) {}  // NOLINT(*-explicit-*): it is one

  // Reads text(), and what people write: a host name as DomainName::parse() takes it, or labels of
  // visible ASCII, in which `\DDD` is the octet of that decimal number (RFC 1035 5.1). Errors: an
  // empty name or label, one that is too long, another character, an octet beyond 255.
  static Result<DnsName> parse(std::string_view text);
  // Dots part the labels, every other octet is itself: what a macro has made (RFC 7208 7). A final
  // dot is left out. Errors: an empty name or label, one that is too long.
  static Result<DnsName> from_octets(std::string_view octets);

  // Its labels before those of `zone`: `name.zone`, of which is hidden what is so in the zone.
  // Error: no name has room for both.
  [[nodiscard]] Result<DnsName> under(const DnsName& zone) const;
  // The same for what is nobody's business, as the key of a customer: hidden in what comes out.
  [[nodiscard]] Result<DnsName> hidden_under(const DnsName& zone) const;
  // The labels that are, one behind the other with dots between them; empty: none is.
  [[nodiscard]] std::string_view hidden() const;
  [[nodiscard]] bool has_hidden() const { return hidden_ > 0; }
  // Without the labels that are hidden: what log, journal and people are told.
  [[nodiscard]] DnsName visible() const;
  // Appends the text of that.
  void append_visible(std::string& text) const;

  // Lower case, no final dot, and `\DDD` for every octet that is no letter, digit, hyphen or
  // underscore (RFC 4343 2.1): equal exactly when the names are. Printable ASCII without blanks.
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }

  // What is hidden makes no other name.
  friend bool operator==(const DnsName& a, const DnsName& b) { return a.text_ == b.text_; }
  friend auto operator<=>(const DnsName& a, const DnsName& b) { return a.text_ <=> b.text_; }

 private:
  friend DnsName reversed(const IpAddress& address);  // reverse_name.h: well-formed without a look
  friend DnsName reverse_name(const IpAddress& address);

  explicit DnsName(std::string text) : text_(std::move(text)) {}

  std::string text_;
  std::uint16_t hidden_ = 0;         // octets of text_, the dot behind them included
  std::uint16_t behind_hidden_ = 0;  // those of text_ that follow
};

// Appends `octet` of a label as DnsName::text() has it.
void append_name_octet(std::string& text, std::uint8_t octet);

// Appends the name that `text` is the DnsName::text() of as it stands in a message (RFC 1035 3.1),
// not compressed.
void append_wire_name(std::vector<std::uint8_t>& wire, std::string_view text);

}  // namespace postern::dns
