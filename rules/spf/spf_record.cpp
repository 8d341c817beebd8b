#include "rules/spf/spf_record.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "common/base/ascii_case.h"
#include "common/base/whole_number.h"
#include "rules/spf/spf_macro.h"

namespace postern::spf {
namespace {

using Mechanism = Directive::Mechanism;

constexpr std::string_view kVersion = "v=spf1";
constexpr std::string_view kSmtpTag = "IPv6:";
constexpr std::size_t kUsualTerms = 8;
constexpr int kV4Bits = 32;
constexpr int kV6Bits = 128;

// What may, or must, follow the name of a mechanism.
enum class Behind : std::uint8_t { nothing, perhaps_domain, domain, network };
struct Form {
  std::string_view name;
  Mechanism mechanism;
  Behind behind;
  bool has_bits;  // of both families
};
constexpr std::array<Form, 8> kForms = {{{"ip4", Mechanism::ip4, Behind::network, false},
                                         {"include", Mechanism::include, Behind::domain, false},
                                         {"all", Mechanism::all, Behind::nothing, false},
                                         {"a", Mechanism::a, Behind::perhaps_domain, true},
                                         {"mx", Mechanism::mx, Behind::perhaps_domain, true},
                                         {"ip6", Mechanism::ip6, Behind::network, false},
                                         {"exists", Mechanism::exists, Behind::domain, false},
                                         {"ptr", Mechanism::ptr, Behind::perhaps_domain, false}}};

constexpr auto kIsOfName = [] {
  std::array<bool, 256> table{};
  for (const char c : std::string_view("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789-_.")) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}();

bool begins_name(char c) {
  return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
}

// `24`, without leading zeros, at most `most`.
std::optional<int> bits_of(std::string_view digits, int most) {
  if (digits.size() > 1 && digits.front() == '0') return std::nullopt;
  const auto bits = parse_whole<std::uint16_t>(digits);
  if (!bits || *bits > most) return std::nullopt;
  return *bits;
}

// Takes `slashes` and the digits behind them from the end. Nothing: they are not there.
std::optional<std::string_view> take_bits(std::string_view& text, std::string_view slashes) {
  const std::size_t last = text.find_last_not_of("0123456789");
  if (last == std::string_view::npos || last + 1 == text.size()) return std::nullopt;
  if (!text.substr(0, last + 1).ends_with(slashes)) return std::nullopt;
  const std::string_view digits = text.substr(last + 1);
  text.remove_suffix(slashes.size() + digits.size());
  return digits;
}

// Takes `/24//64` from the end of what is behind the name. False: a length that is none.
bool take_both_bits(std::string_view& rest, Directive& directive) {
  if (const auto digits = take_bits(rest, "//")) {
    const auto bits = bits_of(*digits, kV6Bits);
    if (!bits) return false;
    directive.v6_bits = *bits;
  }
  if (const auto digits = take_bits(rest, "/")) {
    const auto bits = bits_of(*digits, kV4Bits);
    if (!bits) return false;
    directive.v4_bits = *bits;
  }
  return true;
}

// `:192.0.2.0/24`
bool read_network(std::string_view rest, Directive& directive) {
  if (!rest.starts_with(':')) return false;
  rest.remove_prefix(1);
  const bool is_v4 = directive.mechanism == Mechanism::ip4;
  const std::size_t slash = rest.find('/');
  if (slash != std::string_view::npos) {
    const auto bits = bits_of(rest.substr(slash + 1), is_v4 ? kV4Bits : kV6Bits);
    if (!bits) return false;
    (is_v4 ? directive.v4_bits : directive.v6_bits) = *bits;
  }
  const std::string_view text = rest.substr(0, slash);
  const auto address = IpAddress::from_text(text);
  // An IPv4-mapped address is written as an IPv6 one, and `IPv6:` belongs to SMTP.
  const bool is_tagged = equal_ignoring_case(text.substr(0, kSmtpTag.size()), kSmtpTag);
  const bool has_colon = text.find(':') != std::string_view::npos;
  if (!address || has_colon == is_v4 || is_tagged) return false;
  directive.network = *address;
  return true;
}

bool read_domain(std::string_view rest, const Form& form, Directive& directive) {
  if (form.has_bits && !take_both_bits(rest, directive)) return false;
  if (rest.empty()) return form.behind != Behind::domain;
  if (form.behind == Behind::nothing || !rest.starts_with(':')) return false;
  directive.domain_spec = rest.substr(1);
  return check_domain_spec(directive.domain_spec).has_value();
}

std::optional<Qualifier> qualifier_of(char c) {
  switch (c) {
    case '+':
      return Qualifier::pass;
    case '-':
      return Qualifier::fail;
    case '~':
      return Qualifier::softfail;
    case '?':
      return Qualifier::neutral;
    default:
      return std::nullopt;
  }
}

// Of a term without its qualifier.
std::string_view name_in(std::string_view term) {
  std::size_t size = 0;
  while (size < term.size() && kIsOfName[static_cast<unsigned char>(term[size])]) ++size;
  return term.substr(0, size);
}

bool read_directive(std::string_view name, std::string_view rest, Directive& directive) {
  const auto form = std::find_if(kForms.begin(), kForms.end(), [&](const Form& one) {
    return equal_ignoring_case(name, one.name);
  });
  if (form == kForms.end()) return false;
  directive.mechanism = form->mechanism;
  return form->behind == Behind::network ? read_network(rest, directive)
                                         : read_domain(rest, *form, directive);
}

// `redirect` and `exp` may stand there once (6); others mean nothing.
bool read_modifier(std::string_view name, std::string_view value, Record& record) {
  const bool is_redirect = equal_ignoring_case(name, "redirect");
  if (!is_redirect && !equal_ignoring_case(name, "exp")) {
    return check_macros(value, MacroPlace::name).has_value();
  }
  std::string_view& known = is_redirect ? record.redirect : record.explanation;
  if (!known.empty() || !check_domain_spec(value)) return false;
  known = value;
  return true;
}

bool read_term(std::string_view term, Record& record) {
  const auto qualifier = qualifier_of(term.front());
  const std::string_view bare = term.substr(qualifier ? 1 : 0);
  const std::string_view name = name_in(bare);
  const std::string_view rest = bare.substr(name.size());
  if (!qualifier && rest.starts_with('=')) {
    return !name.empty() && begins_name(name.front()) &&
           read_modifier(name, rest.substr(1), record);
  }
  Directive& directive = record.directives.emplace_back();
  directive.text = term;
  directive.qualifier = qualifier.value_or(Qualifier::pass);
  return read_directive(name, rest, directive);
}

}  // namespace

bool is_spf_record(std::string_view text) {
  if (!equal_ignoring_case(text.substr(0, kVersion.size()), kVersion)) return false;
  return text.size() == kVersion.size() || text[kVersion.size()] == ' ';
}

Result<Record> parse_record(std::string_view text) {
  Record record;
  record.directives.reserve(kUsualTerms);
  text.remove_prefix(kVersion.size());
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    if (text.empty()) return record;
    const std::string_view term = text.substr(0, text.find(' '));
    if (!read_term(term, record)) {
      return failure("'" + std::string(term) + "' is no term of an SPF record");
    }
    text.remove_prefix(term.size());
  }
}

}  // namespace postern::spf
