#include "ctl/import/re2_pattern.h"

#include <algorithm>
#include <cctype>

#include "ctl/import/access_table.h"
#include "rules/lists/text_list.h"

namespace postern::import {
namespace {

constexpr std::string_view kMeta = R"(\.+*?()|[]{}^$)";

bool is_ascii_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_word_character(char c) {
  return is_letter(c) || is_ascii_digit(c) || c == '_';
}

// Goes through a pattern once; what RE2 writes in the same way is copied.
class Translator {
 public:
  Translator(std::string_view pattern, PatternSyntax syntax)
      : rest_(pattern), posix_(syntax == PatternSyntax::posix_extended) {}

  Result<std::string> run() {
    while (!rest_.empty() && fault_.empty()) step();
    if (!fault_.empty()) return failure(fault_);
    return std::move(out_);
  }

 private:
  void step() {
    switch (rest_.front()) {
      case '\\':
        escape();
        break;
      case '[':
        bracket();
        break;
      case '(':
        group();
        break;
      case '*':
      case '+':
      case '?':
      case '{':
        repetition();
        break;
      case '^':
      case '$':
      case '|':
        copy(1);
        repeatable_ = false;
        break;
      default:
        copy(1);
    }
  }

  void copy(std::size_t count) {
    count = std::min(count, rest_.size());
    after_word_character_ = count == 1 && is_word_character(rest_.front());
    out_.append(rest_.substr(0, count));
    rest_.remove_prefix(count);
    after_repetition_ = false;
    repeatable_ = true;
  }

  void replace(std::size_t count, std::string_view text) {
    after_word_character_ = false;
    rest_.remove_prefix(std::min(count, rest_.size()));
    out_.append(text);
    after_repetition_ = false;
    repeatable_ = true;
  }

  void escape() {
    if (rest_.size() < 2) {
      fault_ = "a backslash at the end";
      return;
    }
    const char c = rest_[1];
    if (c >= '1' && c <= '9') {
      fault_ = std::string("RE2 has no references back (\\") + c + ")";
    } else if (posix_) {
      posix_escape(c);
    } else {
      perl_escape(c);
    }
    // A place is no character.
    const std::string_view places = posix_ ? "<>`'bB" : "bBAzZ";
    if (places.find(c) != std::string_view::npos) repeatable_ = false;
  }

  void posix_escape(char c) {
    if (c == '<' || c == '>') {
      word_end(c);
    } else if (c == '`') {
      replace(2, "\\A");
    } else if (c == '\'') {
      replace(2, "\\z");
    } else if (std::string_view("wWsSbB").find(c) != std::string_view::npos) {
      copy(2);
    } else if (is_letter(c) || is_ascii_digit(c)) {
      fault_ = std::string("in a POSIX expression \\") + c + " is only the character " + c +
               "; is the table one for pcre?";
    } else {
      literal(c);
    }
  }

  // RE2 only has `\b`, which is the beginning and the end of a word: the same where a character of
  // the word is written beside it.
  void word_end(char c) {
    const bool beside = c == '<' ? is_word_character(at(2)) &&
                                       std::string_view("*?{").find(at(3)) == std::string_view::npos
                                 : after_word_character_;
    if (!beside) {
      fault_ = std::string("RE2 has no \\") + c + " but beside a letter or digit";
    }
    replace(2, "\\b");
  }

  void perl_escape(char c) {
    if (c == 'Q') {
      quoted_part();
    } else if (c == 'h') {
      replace(2, "[\\t ]");
    } else if (c == 'Z') {
      replace(2, "\\z");
    } else if (c == 'e') {
      replace(2, "\\x1b");
    } else if (c == 'x' && at(2) == '{') {
      copy(std::min(rest_.find('}'), rest_.size() - 1) + 1);
    } else if (std::string_view("dDwWsSbBAztnrfax").find(c) != std::string_view::npos) {
      copy(2);
    } else if (is_letter(c) || is_ascii_digit(c)) {
      fault_ = std::string("RE2 does not have \\") + c;
    } else {
      literal(c);
    }
  }

  void literal(char c) {
    const bool meta = kMeta.find(c) != std::string_view::npos;
    replace(2, meta ? std::string("\\") + c : std::string(1, c));
  }

  void quoted_part() {
    const std::size_t end = std::min(rest_.find("\\E", 2), rest_.size());
    for (char c : rest_.substr(2, end - 2)) {
      if (kMeta.find(c) != std::string_view::npos) out_ += '\\';
      out_ += c;
    }
    rest_.remove_prefix(std::min(end + 2, rest_.size()));
    after_repetition_ = false;
    after_word_character_ = false;
    repeatable_ = end > 2;
  }

  void group() {
    if (rest_.starts_with("(*")) {
      fault_ = posix_ ? "'(*'" : "RE2 has no verbs (*...)";
    } else if (!rest_.starts_with("(?")) {
      copy(1);
      repeatable_ = false;
    } else if (posix_) {
      fault_ = "'(?' is Perl's, not POSIX; is the table one for pcre?";
    } else {
      const bool remark = rest_.starts_with("(?#");
      perl_group(rest_.substr(2));
      repeatable_ = repeatable_ && remark;
    }
  }

  void perl_group(std::string_view what) {
    const auto is = [&](std::string_view text) { return what.starts_with(text); };
    if (is("=") || is("!") || is("<=") || is("<!")) {
      fault_ =
          "RE2 has no look-around " + std::string(rest_.substr(0, what[0] == '<' ? 4 : 3)) + "...)";
    } else if (is(">")) {
      fault_ = "RE2 has no atomic groups (?>...)";
    } else if (is("#")) {
      rest_.remove_prefix(std::min(rest_.find(')'), rest_.size() - 1) + 1);
    } else if (is("|")) {
      replace(3, "(?:");
    } else if (is(":")) {
      copy(3);
    } else if (is("P<") || is("<") || is("'")) {
      named_group();
    } else {
      flags(what);
    }
  }

  // Nobody asks for what it caught.
  void named_group() {
    const std::size_t start = rest_[2] == 'P' ? 4 : 3;
    const std::size_t end = rest_.find_first_of(">'", start);
    if (end == std::string_view::npos) {
      fault_ = "a named group without an end";
      return;
    }
    replace(end + 1, "(?:");
  }

  // `(?i)`, `(?i-m:`. Newlines do not come up in what is compared, so m and s are of no account.
  void flags(std::string_view what) {
    const std::size_t end = what.find_first_of(":)");
    const std::string_view letters = what.substr(0, end);
    if (end == std::string_view::npos ||
        letters.find_first_not_of("imsU-") != std::string_view::npos) {
      fault_ = "RE2 has no groups of the kind (?" + std::string(what.substr(0, 1)) + "...)";
      return;
    }
    copy(end + 3);
  }

  void repetition() {
    const bool braces = rest_.front() == '{';
    const std::size_t length = braces ? braces_length() : 1;
    if (length == 0) {
      if (posix_) {
        fault_ = "'{' that begins no {n}, {n,} or {n,m}";
      } else if (is_repetition_to_some()) {
        fault_ = "'{,n}' and blanks in {n}, which versions of PCRE read differently";
      }
      replace(1, "\\{");
      return;
    }
    if (!repeatable_) {
      fault_ = "a repetition of nothing";
      return;
    }
    if (after_repetition_ && (posix_ || rest_.front() == '+')) {
      fault_ = posix_ ? "a repetition of a repetition, which Perl and RE2 read in another way"
                      : "RE2 has no possessive repetition";
      return;
    }
    const bool lazy = after_repetition_;
    copy(length);
    after_repetition_ = !lazy;
  }

  // `{,n}` and `{ n, m }` are repetitions since PCRE2 10.43, and were literal before.
  [[nodiscard]] bool is_repetition_to_some() const {
    const std::string_view inside = rest_.substr(1, rest_.find('}') - 1);
    return rest_.find('}') != std::string_view::npos &&
           inside.find_first_not_of("0123456789, ") == std::string_view::npos &&
           inside.find_first_of("0123456789") != std::string_view::npos;
  }

  // Of `{n}`, `{n,}` and `{n,m}`; 0 for anything else, which Perl takes literally.
  [[nodiscard]] std::size_t braces_length() const {
    std::size_t i = 1;
    const auto skip_digits = [&] {
      while (is_ascii_digit(at(i))) ++i;
    };
    skip_digits();
    if (i == 1) return 0;
    if (at(i) == ',') ++i;
    skip_digits();
    return at(i) == '}' ? i + 1 : 0;
  }

  void bracket() {
    std::size_t i = 1;
    out_ += '[';
    if (at(i) == '^') out_ += rest_[i++];
    if (at(i) == ']') {
      out_ += "\\]";
      ++i;
    }
    while (fault_.empty() && i < rest_.size() && rest_[i] != ']') i += bracket_part(i);
    if (fault_.empty() && i >= rest_.size()) fault_ = "a '[' without its ']'";
    if (!fault_.empty()) return;
    out_ += ']';
    rest_.remove_prefix(i + 1);
    after_repetition_ = false;
    after_word_character_ = false;
    repeatable_ = true;
  }

  // One character, class or escape between brackets; how long it is.
  std::size_t bracket_part(std::size_t i) {
    const char c = rest_[i];
    if (c == '[' && (at(i + 1) == '.' || at(i + 1) == '=')) {
      fault_ = "RE2 has no collating elements ([. and [=)";
      return 1;
    }
    if (c == '[' && at(i + 1) == ':') return named_class(i);
    if (c == '[') {
      out_ += "\\[";
      return 1;
    }
    if (c != '\\') {
      out_ += c;
      return 1;
    }
    if (posix_) {
      out_ += "\\\\";
      return 1;
    }
    return bracket_escape(i);
  }

  std::size_t named_class(std::size_t i) {
    const std::size_t end = rest_.find(":]", i + 2);
    if (end == std::string_view::npos) {
      out_ += "\\[";
      return 1;
    }
    const std::string_view name = rest_.substr(i, end + 2 - i);
    if (name == "[:<:]" || name == "[:>:]") fault_ = "RE2 has no " + std::string(name);
    out_ += name;
    return name.size();
  }

  std::size_t bracket_escape(std::size_t i) {
    const char c = at(i + 1);
    if (c == 'b') {
      out_ += "\\x08";
    } else if (c == 'h') {
      out_ += "\\t ";
    } else if (c == '\0' || c == 'Q' || c == 'E' || (c >= '1' && c <= '9')) {
      fault_ = "RE2 does not have this escape between brackets";
    } else if (is_letter(c) || is_ascii_digit(c)) {
      out_ += std::string("\\") + c;
    } else {
      if (std::string_view("\\]^-[").find(c) != std::string_view::npos) out_ += '\\';
      out_ += c;
    }
    return 2;
  }

  [[nodiscard]] char at(std::size_t i) const { return i < rest_.size() ? rest_[i] : '\0'; }

  std::string_view rest_;
  bool posix_;
  bool after_repetition_ = false;
  bool repeatable_ = false;  // what stands before
  bool after_word_character_ = false;
  std::string out_;
  std::string fault_;
};

}  // namespace

Result<std::string> re2_entry(std::string_view pattern, PatternSyntax syntax, PatternCase letters) {
  const auto unseen = [](char c) { return c < ' ' || c > '~'; };
  if (std::any_of(pattern.begin(), pattern.end(), unseen)) {
    return failure("the expression holds a byte that is no visible ASCII");
  }
  auto translated = Translator(pattern, syntax).run();
  if (!translated) return translated;
  std::string entry = letters == PatternCase::matters ? "~(?-i)" : "~";
  entry += translated->empty() ? "^" : *translated;
  if (std::string fault = value_fault(lists::ListKind::domain, entry); !fault.empty()) {
    return failure(fault);
  }
  return entry;
}

bool entry_matches(const std::string& entry, std::string_view subject) {
  lists::TextList list("one");
  if (!list.add(entry, 1, {}) || !list.build()) return false;
  return list.find(subject, UtcTime{}) != lists::kNoEntry;
}

std::string literal_pattern(std::string_view text) {
  std::string entry = "~";
  for (char c : text) {
    if (kMeta.find(c) != std::string_view::npos) entry += '\\';
    entry += c;
  }
  return entry;
}

}  // namespace postern::import
