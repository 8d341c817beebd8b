// pcre and regexp tables that are made up, against a model of dict_regexp.c and dict_pcre.c, which
// read a line alike. The expressions of regexp tables are judged by regcomp(), as in Postfix; those
// of pcre tables by std::regex, so they are such as Perl and ECMAScript read alike.
#include <regex.h>
#include <strings.h>

#include <cctype>
#include <memory>
#include <optional>
#include <regex>
#include <sstream>

#include "tests/support/transaction_builder.h"
#include "tests/unit/ctl/import/original_table.h"
#include "tests/unit/ctl/import/postfix_actions.h"

namespace postern::import::postfix_regexp_property_test {
namespace {

enum class Kind { pcre, regexp };

// An expression that matches, or none where Postfix takes none.
class Matcher {
 public:
  Matcher(const std::string& pattern, const std::string& flags, Kind kind) {
    const auto toggles = [&](char flag) {
      return std::count(flags.begin(), flags.end(), flag) % 2 == 1;
    };
    if (kind == Kind::regexp) {
      regex_t compiled{};
      const int options = (toggles('x') ? 0 : REG_EXTENDED) | (toggles('i') ? 0 : REG_ICASE);
      if (regcomp(&compiled, pattern.c_str(), options) != 0) return;
      compiled_ = std::shared_ptr<regex_t>(new regex_t(compiled), [](regex_t* owned) {
        regfree(owned);
        delete owned;
      });
      groups_ = compiled_->re_nsub;
      return;
    }
    try {
      const std::string anchored = toggles('A') ? "^(?:" + pattern + ")" : pattern;
      auto options = std::regex::ECMAScript;
      if (!toggles('i')) options |= std::regex::icase;
      expression_.emplace(anchored, options);
      groups_ = expression_->mark_count();
    } catch (const std::regex_error&) {
    }
  }

  [[nodiscard]] bool taken() const { return compiled_ || expression_; }
  [[nodiscard]] std::size_t groups() const { return groups_; }
  [[nodiscard]] bool matches(const std::string& subject) const {
    if (compiled_) return regexec(compiled_.get(), subject.c_str(), 0, nullptr, 0) == 0;
    return std::regex_search(subject, *expression_);
  }

 private:
  std::shared_ptr<regex_t> compiled_;
  std::optional<std::regex> expression_;
  std::size_t groups_ = 0;
};

struct Condition {
  Matcher matcher;
  bool wanted = true;
  [[nodiscard]] bool holds(const std::string& subject) const {
    return matcher.matches(subject) == wanted;
  }
};

struct Rule {
  enum Word { entry, block, endif } word = entry;
  std::vector<Condition> conditions;
  int line = 0;
  std::string result;
};

class PatternModel {
 public:
  PatternModel(const std::string& text, Kind kind) : kind_(kind) {
    std::istringstream in(text);
    std::string line;
    for (int number = 1; std::getline(in, line); ++number) read(line, number);
  }

  // The rule that decides; null: none.
  [[nodiscard]] const Rule* find(const std::string& subject) const {
    int closed = 0;
    for (const Rule& rule : rules_) {
      if (rule.word == Rule::endif) {
        if (closed > 0) --closed;
        continue;
      }
      const bool holds =
          std::all_of(rule.conditions.begin(), rule.conditions.end(),
                      [&](const Condition& condition) { return condition.holds(subject); });
      if (rule.word == Rule::block) {
        if (closed > 0 || !holds) ++closed;
      } else if (closed == 0 && holds) {
        return &rule;
      }
    }
    return nullptr;
  }

 private:
  // What stands behind the condition that `text` begins with; nothing: Postfix takes none.
  std::optional<Condition> condition_of(std::string& text) const {
    bool wanted = true;
    while (text.starts_with('!') || text.starts_with(' ')) {
      if (text[0] == '!') wanted = !wanted;
      text.erase(0, 1);
    }
    std::size_t end = 1;
    while (end < text.size() && text[end] != text[0]) end += text[end] == '\\' ? 2U : 1U;
    if (text.empty() || end >= text.size()) return std::nullopt;
    const std::string pattern = text.substr(1, end - 1);
    const char* const stop = kind_ == Kind::regexp ? " !" : " ";
    const std::size_t behind = std::min(text.find_first_of(stop, end + 1), text.size());
    const std::string flags = text.substr(end + 1, behind - end - 1);
    text.erase(0, behind);
    if (flags.find_first_not_of(kind_ == Kind::pcre ? "imsxAEUX" : "imx") != flags.npos) {
      return std::nullopt;
    }
    Condition condition{Matcher(pattern, flags, kind_), wanted};
    if (!condition.matcher.taken()) return std::nullopt;
    return condition;
  }

  static bool is_word(const std::string& line, const char* word, std::size_t length) {
    return strncasecmp(line.c_str(), word, length) == 0 && std::isalnum(line[length]) == 0;
  }

  void read(std::string line, int number) {
    line.resize(line.find_last_not_of(' ') + 1);
    if (line.empty() || line[0] == '#') return;
    if (is_word(line, "endif", 5)) {
      if (depth_ == 0) return;
      --depth_;
      rules_.push_back({Rule::endif, {}, number, ""});
    } else if (is_word(line, "if", 2)) {
      line.erase(0, 2);
      const auto condition = condition_of(line);
      if (!condition) return;
      ++depth_;
      rules_.push_back({Rule::block, {*condition}, number, ""});
    } else if (std::isalnum(line[0]) == 0) {
      read_entry(line, number);
    }
  }

  void read_entry(std::string& line, int number) {
    Rule rule{Rule::entry, {}, number, ""};
    const auto first = condition_of(line);
    if (!first) return;
    rule.conditions.push_back(*first);
    if (line.starts_with('!')) {
      const auto second = condition_of(line);
      if (!second) return;
      rule.conditions.push_back(*second);
    }
    rule.result = line.substr(std::min(line.find_first_not_of(' '), line.size()));
    const auto highest = highest_reference(rule.result);
    if (!highest || *highest > first->matcher.groups() || (*highest > 0 && !first->wanted)) return;
    rules_.push_back(std::move(rule));
  }

  // mac_parse.c: what is no reference to a group makes the line none.
  static std::optional<std::size_t> highest_reference(const std::string& text) {
    std::size_t highest = 0;
    for (std::size_t at = text.find('$'); at != text.npos; at = text.find('$', at)) {
      if (text[at + 1] == '$') {
        at += 2;
        continue;
      }
      const bool open = text[at + 1] == '{';
      std::size_t end = at + (open ? 2U : 1U);
      const std::size_t start = end;
      while (end < text.size() && (std::isalnum(text[end]) != 0 || text[end] == '_')) ++end;
      const std::string name = text.substr(start, end - start);
      if (open && text[end] != '}') return std::nullopt;
      if (name.empty() || name.find_first_not_of("0123456789") != name.npos || name == "0") {
        return std::nullopt;
      }
      highest = std::max(highest, std::size_t(std::stoi(name)));
      at = end;
    }
    return highest;
  }

  Kind kind_;
  std::vector<Rule> rules_;
  int depth_ = 0;
};

// Some are none, and some RE2 has not.
std::string random_pattern(Dice& dice, Kind kind) {
  constexpr std::array<const char*, 17> kWhole = {
      "a",     "^a",        "b$",          "^a.*b$",    "[ab]{2}", "(a|b)c",
      "a\\.b", "[^a-b]c",   "[[:digit:]]", "^[a-c.]+$", "a.?b",    "unknown|c",
      "<|>",   "^(ab|c)*$", "(a)(b)",      "[)(]a",     "(a"};
  constexpr std::array<const char*, 23> kParts = {
      "a", "b", "c", "1", "-",   ".", "\\.", "[ab]", "[^a]",  "[]a]",        "(",    ")",
      "|", "*", "+", "?", "{2}", "^", "$",   "\\<",  "{1,2}", "[[:alpha:]]", "(b|c)"};
  if (kind == Kind::pcre || dice.below(2) == 0) return dice.one_of(kWhole);
  std::string pattern;
  for (std::size_t parts = 1 + dice.below(6); parts > 0; --parts) pattern += dice.one_of(kParts);
  return pattern;
}

std::string random_condition(Dice& dice, Kind kind) {
  constexpr std::array<const char*, 7> kBefore = {"", "", "", "", "", "!", "! "};
  constexpr std::array<const char*, 9> kFlags = {"", "", "", "", "", "", "i", "m", "q"};
  const char* const flag = dice.one_of(kFlags);
  const char delimiter = dice.below(6) == 0 ? '%' : '/';
  const std::string more = kind == Kind::pcre && dice.below(10) == 0 ? "A" : "";
  return dice.one_of(kBefore) + (delimiter + random_pattern(dice, kind)) + delimiter + flag + more;
}

std::string random_line(Dice& dice, Kind kind) {
  constexpr std::array<const char*, 5> kIf = {"if ", "IF ", "if", "if  ", "ifs "};
  constexpr std::array<const char*, 4> kEndif = {"endif", "endif", "ENDIF", "endif # of it"};
  constexpr std::array<const char*, 9> kOdd = {
      "REJECT $1",    "REJECT it costs $$1", "REJECT $3", "REJECT ${1}",
      "REJECT ${1",   "REJECT $name",        "REJECT $",  "",
      "REJECT (${2})"};
  switch (dice.below(14)) {
    case 0:
    case 1:
      return dice.one_of(kIf) + random_condition(dice, kind) + (dice.below(6) == 0 ? " more" : "");
    case 2:
    case 3:
      return dice.one_of(kEndif);
    case 4:
      return random_condition(dice, kind) + " " + dice.one_of(kOdd);
    case 5:
      return kind == Kind::regexp ? random_condition(dice, kind) + "!/b/ REJECT both" : "nonsense";
    default:
      return random_condition(dice, kind) + " " + std::string(dice.one_of(kPostfixActions).text);
  }
}

Transaction session(std::string_view about, const std::string& subject) {
  TransactionBuilder builder(Stage::rcpt);
  builder.client("192.0.2.1").helo("mx.example").sender("a@a.example").recipient("b@b.example");
  const std::string known = subject == "unknown" ? "" : subject;
  if (about == "helo") builder.helo(subject);
  if (about == "sender") builder.sender(subject);
  if (about == "recipient") builder.recipient(subject);
  if (about == "client_name") builder.client_name(known);
  if (about == "reverse_client_name") builder.reverse_client_name(known);
  return builder.transaction;
}

std::string random_subject(Dice& dice, std::string_view about, bool first) {
  if (first && about == "sender") return "";
  if (first && about.ends_with("client_name")) return "unknown";
  std::string subject;
  for (std::size_t size = 1 + dice.below(6); size > 0; --size) {
    subject += std::string_view("abc.1-")[dice.below(6)];
  }
  if (about == "sender" || about == "recipient")
    return subject + "@" + (dice.below(2) == 0 ? "ab.c" : "c.a1");
  // What Postfix takes for a name ends without a dot in Postern.
  return subject.ends_with('.') ? subject + "a" : subject;
}

std::string answer_of(const Rule& rule, std::string_view about) {
  const Refused refused = about == "sender"      ? Refused::sender
                          : about == "recipient" ? Refused::recipient
                                                 : Refused::other;
  if (rule.result == "REJECT both") return "reject 554 5.7.1 both";
  if (rule.result == "REJECT it costs $$1") return "reject 554 5.7.1 it costs $1";
  const std::string answer = postfix_answer(rule.result, refused);
  return about == "reverse_client_name" && answer == "pass" ? "451 4.3.5" : answer;
}

void compare(Kind kind, const std::string& about, unsigned seed, ComparisonCounts& counts) {
  Dice dice(seed);
  for (int round = 0; round < 150 && !testing::Test::HasFatalFailure(); ++round) {
    OriginalTable table;
    table.format = kind == Kind::pcre ? "postfix-pcre" : "postfix-regexp";
    table.request.about = about;
    for (std::size_t lines = 1 + dice.below(9); lines > 0; --lines) {
      table.text += random_line(dice, kind) + "\n";
    }
    const PatternModel model(table.text, kind);
    for (int i = 0; i < 60; ++i) {
      const std::string subject = random_subject(dice, about, i == 0);
      Asked asked{about + " '" + subject + "'", session(about, subject), "", {}};
      if (const Rule* rule = model.find(subject.empty() ? "<>" : subject)) {
        asked.answer = answer_of(*rule, about);
        asked.lines = {rule->line};
      }
      table.asked.push_back(std::move(asked));
    }
    compare_with_original(table, counts);
  }
}

TEST(PostfixPcreProperty, DecidesLikeTheOriginal) {
  ComparisonCounts counts;
  unsigned seed = 51;
  for (const char* about : {"helo", "client_name", "reverse_client_name", "sender", "recipient"}) {
    compare(Kind::pcre, about, seed++, counts);
  }
  expect_telling(counts);
}

TEST(PostfixRegexpProperty, DecidesLikeTheOriginal) {
  ComparisonCounts counts;
  unsigned seed = 61;
  for (const char* about : {"helo", "client_name", "reverse_client_name", "sender", "recipient"}) {
    compare(Kind::regexp, about, seed++, counts);
  }
  expect_telling(counts);
}

}  // namespace
}  // namespace postern::import::postfix_regexp_property_test
