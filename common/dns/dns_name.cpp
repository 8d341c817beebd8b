#include "common/dns/dns_name.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "common/base/concat.h"

namespace postern::dns {
namespace {

constexpr unsigned kMaxOctet = 255;
constexpr std::size_t kEscape = 4;  // `\DDD`
// Of a name without escapes: the octet of its first length and that of the root have no character.
constexpr std::size_t kMaxPlainText = DnsName::kMaxWireOctets - 2;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_visible_ascii(char c) {
  return c > ' ' && c <= '~';
}

// Takes the octet that `text` begins with, in one character or as `\DDD`. Nothing: it is neither.
std::optional<std::uint8_t> take_octet(std::string_view& text) {
  if (text.front() != '\\') {
    const auto octet = static_cast<std::uint8_t>(text.front());
    text.remove_prefix(1);
    return octet;
  }
  if (text.size() < kEscape || !std::all_of(text.begin() + 1, text.begin() + kEscape, is_digit)) {
    return std::nullopt;
  }
  unsigned value = 0;
  for (const char digit : text.substr(1, kEscape - 1)) {
    value = value * 10 + static_cast<unsigned>(digit - '0');
  }
  if (value > kMaxOctet) return std::nullopt;
  text.remove_prefix(kEscape);
  return static_cast<std::uint8_t>(value);
}

// Octet by octet, with the bounds of names and labels.
class NameBuilder {
 public:
  void add(std::uint8_t octet) {
    append_name_octet(text_, octet);
    ++label_;
  }

  // Nothing, or what is wrong with the label that ends.
  Result<void> end_label() {
    if (label_ == 0) return failure("empty label; labels have 1 to 63 octets");
    if (label_ > DnsName::kMaxLabelOctets) {
      return failure("label of " + std::to_string(label_) + " octets; labels have 1 to 63 octets");
    }
    wire_octets_ += label_ + 1;
    label_ = 0;
    if (wire_octets_ > DnsName::kMaxWireOctets) {
      return failure("name of more than 255 octets; no more fit DNS");
    }
    return {};
  }

  // A dot inside of the name.
  Result<void> next_label() {
    auto ended = end_label();
    text_ += '.';
    return ended;
  }

  [[nodiscard]] std::string take_text() { return std::move(text_); }

 private:
  std::string text_;
  std::size_t label_ = 0;        // its octets so far
  std::size_t wire_octets_ = 1;  // the root
};

// Calls `take(text)` for the next octet of each label.
template <class Take>
Result<std::string> build(std::string_view text, Take take) {
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty()) return failure("empty name");
  NameBuilder name;
  while (!text.empty()) {
    if (text.front() == '.') {
      text.remove_prefix(1);
      if (auto done = name.next_label(); !done) return tl::unexpected(done.error());
      continue;
    }
    auto octet = take(text);
    if (!octet) return tl::unexpected(octet.error());
    name.add(*octet);
  }
  if (auto done = name.end_label(); !done) return tl::unexpected(done.error());
  return name.take_text();
}

constexpr auto kIsPlain = [] {
  std::array<bool, 256> table{};
  for (const char c : std::string_view("abcdefghijklmnopqrstuvwxyz0123456789-_")) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}();

// Whether it is a DnsName::text() as it stands: most names are.
bool is_plain_name(std::string_view text) {
  std::size_t label = 0;
  for (const char c : text) {
    if (kIsPlain[static_cast<unsigned char>(c)]) {
      ++label;
    } else if (c == '.' && label > 0 && label <= DnsName::kMaxLabelOctets) {
      label = 0;
    } else {
      return false;
    }
  }
  return label > 0 && label <= DnsName::kMaxLabelOctets && text.size() <= kMaxPlainText;
}

Result<std::uint8_t> take_written(std::string_view& text) {
  if (!is_visible_ascii(text.front())) {
    return failure("an octet that is no visible ASCII; want \\DDD, its decimal number");
  }
  const auto octet = take_octet(text);
  if (!octet) return failure("a '\\' without the three digits of an octet behind it");
  return *octet;
}

Result<std::uint8_t> take_raw(std::string_view& text) {
  const auto octet = static_cast<std::uint8_t>(text.front());
  text.remove_prefix(1);
  return octet;
}

}  // namespace

Result<DnsName> DnsName::parse(std::string_view text) {
  auto host = DomainName::parse(text);
  if (host) return DnsName(*host);
  auto written = build(text, take_written);
  if (written) return DnsName(*std::move(written));
  const bool has_escapes = text.find('\\') != std::string_view::npos;
  return tl::unexpected(has_escapes ? written.error() : host.error());
}

Result<DnsName> DnsName::from_octets(std::string_view octets) {
  if (is_plain_name(octets)) return DnsName(std::string(octets));
  return build(octets, take_raw).map([](std::string text) { return DnsName(std::move(text)); });
}

Result<DnsName> DnsName::under(const DnsName& zone) const {
  if (empty() || zone.empty()) return empty() ? zone : *this;
  DnsName name(concat({text_, ".", zone.text_}));
  // No text is shorter than its octets.
  if (name.text_.size() > kMaxPlainText) {
    auto checked = build(name.text_, take_written);
    if (!checked) return tl::unexpected(checked.error());
  }
  name.hidden_ = zone.hidden_;
  name.behind_hidden_ = zone.behind_hidden_;
  return name;
}

Result<DnsName> DnsName::hidden_under(const DnsName& zone) const {
  auto name = under(zone);
  if (!name || empty()) return name;
  name->hidden_ = static_cast<std::uint16_t>(name->text_.size() - zone.text_.size());
  name->behind_hidden_ = static_cast<std::uint16_t>(zone.text_.size());
  return name;
}

std::string_view DnsName::hidden() const {
  if (hidden_ == 0) return {};
  return std::string_view(text_).substr(text_.size() - behind_hidden_ - hidden_, hidden_ - 1U);
}

DnsName DnsName::visible() const {
  std::string text;
  append_visible(text);
  return DnsName(std::move(text));
}

void DnsName::append_visible(std::string& text) const {
  text.append(text_, 0, text_.size() - behind_hidden_ - hidden_);
  text.append(text_, text_.size() - behind_hidden_);
}

void append_name_octet(std::string& text, std::uint8_t octet) {
  const auto c = static_cast<char>(octet);
  if (c >= 'A' && c <= 'Z') {
    text += static_cast<char>(c - 'A' + 'a');
  } else if ((c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '_') {
    text += c;
  } else {
    text += '\\';
    text += static_cast<char>('0' + octet / 100);
    text += static_cast<char>('0' + octet / 10 % 10);
    text += static_cast<char>('0' + octet % 10);
  }
}

void append_wire_name(std::vector<std::uint8_t>& wire, std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = wire.size();
    wire.push_back(0);
    while (!text.empty() && text.front() != '.') {
      const auto octet = take_octet(text);
      if (!octet) return;  // no DnsName has such a text
      wire.push_back(*octet);
      ++wire[length];
    }
    if (!text.empty()) text.remove_prefix(1);
  }
  wire.push_back(0);
}

}  // namespace postern::dns
