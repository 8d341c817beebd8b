#include "common/base/mail_path.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace postern {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kSpecials = "<>()[]@,;:.\"!%";
constexpr std::string_view kOfAddress = "@.!%";
// `<local@mail.host.example>` with room for two more labels.
constexpr std::size_t kUsualTokens = 13;

// By character: whether it ends a word.
constexpr auto kEndsWord = [] {
  std::array<bool, 256> ends{};
  for (const std::string_view these : {kBlanks, kSpecials}) {
    for (const char c : these) ends[static_cast<unsigned char>(c)] = true;
  }
  return ends;
}();

struct PathToken {
  enum class Kind { word, quoted, literal, special };
  Kind kind = Kind::word;
  std::string text;       // unquoted; a literal with its brackets
  bool is_apart = false;  // behind a blank or a comment
  bool is_doubtful = false;

  [[nodiscard]] bool is(char special) const { return kind == Kind::special && text[0] == special; }
};

using PathTokens = std::span<const PathToken>;

// How far the spelling can be trusted.
struct Spelling {
  bool is_usual = true;  // the one that RFC 5321 has
  // MTAs may take it for addresses of different domains, or of one.
  bool is_doubtful = false;
  bool is_local_part_doubtful = false;
};

std::string_view without_blanks(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

// `[mail.example]`: sendmail takes a name as well as an address.
bool is_host_name(std::string_view text) {
  return !IpAddress::parse(text) && DomainName::parse(text) &&
         std::any_of(text.begin(), text.end(), [](char c) { return c == '.'; }) &&
         !std::all_of(text.begin(), text.end(),
                      [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
}

class PathScanner {
 public:
  PathScanner(std::string_view text, Spelling& spelling) : rest_(text), spelling_(spelling) {
    tokens_.reserve(kUsualTokens);
  }

  std::vector<PathToken> run() && {
    while (!rest_.empty()) step();
    return std::move(tokens_);
  }

 private:
  void step() {
    const char c = rest_.front();
    if (kBlanks.find(c) != kBlanks.npos) {
      after_blank();
      rest_.remove_prefix(1);
    } else if (c == '(') {
      after_blank();
      skip_comment();
    } else if (c == '"') {
      take(PathToken::Kind::quoted, '"');
    } else if (c == '[') {
      take(PathToken::Kind::literal, ']');
    } else if (kSpecials.find(c) != kSpecials.npos) {
      const bool is_of_address = kOfAddress.find(c) != kOfAddress.npos;
      tokens_.push_back({PathToken::Kind::special, std::string(1, c), false, !is_of_address});
      is_apart_ = false;
      rest_.remove_prefix(1);
    } else {
      take_word();
    }
  }

  void skip_comment() {
    std::size_t depth = 0;
    std::size_t i = 0;
    for (; i < rest_.size(); ++i) {
      if (rest_[i] == '\\') {
        ++i;
      } else if (rest_[i] == '(') {
        ++depth;
      } else if (rest_[i] == ')' && --depth == 0) {
        rest_.remove_prefix(i + 1);
        return;
      }
    }
    spelling_.is_doubtful = true;
    rest_ = {};
  }

  // Up to the character that ends it, with backslashes taken off.
  void take(PathToken::Kind kind, char end) {
    std::string text;
    std::size_t i = 1;
    for (; i < rest_.size() && rest_[i] != end; ++i) {
      if (rest_[i] == '\\' && i + 1 < rest_.size()) ++i;
      text += rest_[i];
    }
    const bool is_open = i == rest_.size();
    if (kind == PathToken::Kind::literal) {
      text = without_blanks(text);
      if (is_host_name(text)) {
        spelling_.is_usual = false;
      } else {
        text = '[' + text + ']';
      }
    }
    rest_.remove_prefix(std::min(i + 1, rest_.size()));
    add(kind, std::move(text), is_open);
  }

  void take_word() {
    std::string text;
    bool is_doubtful = false;
    std::size_t i = 0;
    for (; i < rest_.size(); ++i) {
      const bool escaped = rest_[i] == '\\' && i + 1 < rest_.size();
      if (escaped) {
        ++i;
        spelling_.is_usual = false;
      }
      const char c = rest_[i];
      const bool ends_word = kEndsWord[static_cast<unsigned char>(c)];
      if (ends_word && !escaped) break;
      const bool is_control = static_cast<unsigned char>(c) < ' ' || c == '\x7f';
      if (ends_word || is_control || c == '\\') is_doubtful = true;
      text += c;
    }
    rest_.remove_prefix(i);
    add(PathToken::Kind::word, std::move(text), is_doubtful);
  }

  // Two words side by side are one, or two, or with a dot between.
  void add(PathToken::Kind kind, std::string text, bool is_doubtful) {
    const bool beside = !tokens_.empty() && tokens_.back().kind != PathToken::Kind::special;
    tokens_.push_back({kind, std::move(text), beside && is_apart_, beside || is_doubtful});
    is_apart_ = false;
  }

  void after_blank() {
    spelling_.is_usual = false;
    is_apart_ = true;
  }

  std::string_view rest_;
  Spelling& spelling_;
  std::vector<PathToken> tokens_;
  bool is_apart_ = false;
};

// Words that a blank divides get a dot between them, as from sendmail (BlankSub); Postfix refuses
// them.
std::string text_of_tokens(PathTokens tokens) {
  std::string text;
  for (const PathToken& token : tokens) text.append(token.is_apart ? "." : "") += token.text;
  return text;
}

auto first_special(PathTokens tokens, char c) {
  return std::find_if(tokens.begin(), tokens.end(),
                      [c](const PathToken& token) { return token.is(c); });
}

// The index of the last one; the number of tokens when there is none.
std::size_t last_special(PathTokens tokens, char c) {
  for (std::size_t i = tokens.size(); i > 0; --i) {
    if (tokens[i - 1].is(c)) return i - 1;
  }
  return tokens.size();
}

auto count_of(PathTokens tokens, char c) {
  return std::count_if(tokens.begin(), tokens.end(),
                       [c](const PathToken& token) { return token.is(c); });
}

// What stands in the innermost brackets. A name in front of them does not matter.
PathTokens inside_brackets(PathTokens tokens, Spelling& spelling) {
  const std::size_t open = last_special(tokens, '<');
  if (open == tokens.size()) return tokens;
  const PathTokens before = tokens.first(open);
  const PathTokens behind = tokens.subspan(open + 1);
  const auto close = first_special(behind, '>');
  const auto length = static_cast<std::size_t>(close - behind.begin());
  const PathTokens after = close == behind.end() ? PathTokens{} : behind.subspan(length + 1);
  if (!before.empty() || !after.empty()) spelling.is_usual = false;
  const auto closed = count_of(after, '>');
  if (close == behind.end() || closed != std::ssize(after) || closed != count_of(before, '<')) {
    spelling.is_doubtful = true;
  }
  return behind.first(length);
}

bool is_route_hop(const PathToken& token) {
  return token.kind != PathToken::Kind::special || token.is('@') || token.is('.') || token.is(',');
}

// A route to nobody stays: it must not turn into the null sender.
PathTokens behind_route(PathTokens tokens, Spelling& spelling) {
  if (tokens.empty() || !tokens.front().is('@')) return tokens;
  const auto colon = first_special(tokens, ':');
  if (colon == tokens.end() || std::next(colon) == tokens.end()) return tokens;
  const auto hops = static_cast<std::size_t>(colon - tokens.begin());
  spelling.is_usual = false;
  for (const PathToken& token : tokens.first(hops)) {
    if (!is_route_hop(token)) spelling.is_doubtful = true;
  }
  return tokens.subspan(hops + 1);
}

// Both MTAs leave a `;` away at the end.
PathTokens without_semicolon(PathTokens tokens, Spelling& spelling) {
  if (tokens.size() < 2 || !tokens.back().is(';')) return tokens;
  spelling.is_usual = false;
  return tokens.first(tokens.size() - 1);
}

bool is_quoted(const PathToken& token) {
  return token.kind == PathToken::Kind::quoted;
}

bool any_doubtful(PathTokens tokens) {
  return std::any_of(tokens.begin(), tokens.end(),
                     [](const PathToken& token) { return token.is_doubtful; });
}

// `"a!b"` is b@a for Postfix, which looks for `!` behind the quotes; a local user for sendmail,
// which does so only when there is a dot.
bool is_doubtful_in_quotes(const MailAddress& address) {
  return address.text().empty() ||
         (!address.domain().empty() && address.domain().text().find('.') == std::string::npos);
}

// Whether no more than the local part as a whole is in quotes.
bool has_usual_quotes(PathTokens tokens) {
  const bool is_first = is_quoted(tokens.front()) && (tokens.size() == 1 || tokens[1].is('@'));
  const PathTokens others = tokens.subspan(is_first ? 1 : 0);
  return std::none_of(others.begin(), others.end(), is_quoted);
}

// What nearly every path is: words and dots with one `@` between them, perhaps in brackets. They
// mean themselves. Empty: it is anything else.
std::string_view plain_address(std::string_view path) {
  if (path.size() > 2 && path.front() == '<' && path.back() == '>') {
    path = path.substr(1, path.size() - 2);
  }
  const std::size_t at = path.find('@');
  if (at == 0 || at == path.npos || at + 1 == path.size()) return {};
  const auto means_itself = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return c == '.' || (byte > ' ' && byte != 0x7f && c != '\\' && !kEndsWord[byte]);
  };
  const bool is_plain = std::all_of(path.begin(), path.begin() + at, means_itself) &&
                        std::all_of(path.begin() + at + 1, path.end(), means_itself);
  return is_plain ? path : std::string_view{};
}

MailAddress address_in(std::string_view path, Spelling& spelling) {
  if (const std::string_view plain = plain_address(path); !plain.empty()) {
    MailAddress address = MailAddress::from_internal(plain);
    spelling.is_doubtful = address.kind() == MailAddress::Kind::malformed_domain;
    return address;
  }
  const std::vector<PathToken> all = PathScanner(path, spelling).run();
  const PathTokens inside = behind_route(inside_brackets(all, spelling), spelling);
  const PathTokens tokens = without_semicolon(inside, spelling);
  if (tokens.empty()) return {};
  // Both MTAs take the quotes off before they look for `@`, `!` and `%`.
  MailAddress address = MailAddress::from_internal(text_of_tokens(tokens));
  const bool is_one_quoted = tokens.size() == 1 && is_quoted(tokens.front());
  const bool is_local = address.kind() == MailAddress::Kind::local_only;
  if (!has_usual_quotes(tokens) || !address.given().empty() || (is_one_quoted && !is_local)) {
    spelling.is_usual = false;
  }
  const std::size_t at = last_special(tokens, '@');
  const PathTokens local_part = at == tokens.size() ? PathTokens{} : tokens.first(at);
  spelling.is_local_part_doubtful = any_doubtful(local_part) || count_of(local_part, '@') > 0;
  // Two addresses, perhaps.
  const bool are_two = any_doubtful(local_part) && count_of(local_part, '@') > 0;
  if (are_two || any_doubtful(tokens.subspan(local_part.size())) ||
      (local_part.empty() && tokens.front().is('@')) ||
      (is_one_quoted && is_doubtful_in_quotes(address)) ||
      address.kind() == MailAddress::Kind::malformed_domain) {
    spelling.is_doubtful = true;
  }
  return address;
}

// Whether what the MTA says is to be believed.
bool counts(const MailAddress& understood, const MailAddress& read, const Spelling& spelling) {
  const bool has_domain = understood.kind() != MailAddress::Kind::local_only;
  if (!has_domain && read.kind() != MailAddress::Kind::local_only) return false;
  // At a host of its own, `a%x.example` is an address at x.example.
  const bool is_sent_on = understood.kind() == MailAddress::Kind::domain &&
                          understood == MailAddress::from_internal(read.local_part());
  const bool is_of_same_domain =
      understood.kind() == read.kind() && understood.domain() == read.domain();
  return spelling.is_doubtful || is_sent_on ||
         (spelling.is_local_part_doubtful && is_of_same_domain);
}

}  // namespace

MailAddress read_path(std::string_view path, MtaReading mta) {
  Spelling spelling;
  MailAddress address = address_in(path, spelling);
  if (mta) {
    Spelling spelling_of_mta;
    MailAddress understood = address_in(*mta, spelling_of_mta);
    if (!(understood == address) && counts(understood, address, spelling)) {
      spelling.is_usual = false;
      address = std::move(understood);
    }
  }
  const bool has_brackets = path.size() >= 2 && path.front() == '<' && path.back() == '>';
  const std::string_view given = has_brackets ? path.substr(1, path.size() - 2) : path;
  address.set_given(spelling.is_usual ? std::string_view{} : given);
  return address;
}

}  // namespace postern
