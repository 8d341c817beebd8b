#include "ctl/doctor/postfix_parameters.h"

#include <optional>

#include "common/base/whole_number.h"
#include "ctl/doctor/postfix_words.h"

namespace postern::doctor {
namespace {

constexpr std::size_t kMaxExpanded = std::size_t{1} << 16;
constexpr int kMaxExpansionDepth = 20;
// Values that name each other twice would double with each step.
constexpr int kMaxExpansions = 5000;

bool is_name_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::size_t name_length(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size() && is_name_letter(text[length])) ++length;
  return length;
}

int sign_of(long difference) {
  return difference < 0 ? -1 : (difference > 0 ? 1 : 0);
}

// `3.6` and `3.10`, part by part; what is missing is 0.
int compare_levels(std::string_view one, std::string_view other) {
  while (!one.empty() || !other.empty()) {
    const auto part = [](std::string_view& text) {
      const std::size_t dot = text.find('.');
      const auto number = parse_whole<long>(text.substr(0, dot));
      text.remove_prefix(dot == std::string_view::npos ? text.size() : dot + 1);
      return number.value_or(0);
    };
    const long left = part(one);
    const long right = part(other);
    if (left != right) return left < right ? -1 : 1;
  }
  return 0;
}

int compare_values(std::string_view one, std::string_view other) {
  const auto left = parse_whole<long>(one);
  const auto right = parse_whole<long>(other);
  if (left && right) return *left < *right ? -1 : (*left > *right ? 1 : 0);
  return sign_of(one.compare(other));
}

bool holds(std::string_view one, std::string_view relation, std::string_view other) {
  const bool levels = relation.ends_with("level");
  if (levels) relation.remove_suffix(std::string_view("level").size());
  const int order = levels ? compare_levels(one, other) : compare_values(one, other);
  if (relation == "==") return order == 0;
  if (relation == "!=") return order != 0;
  if (relation == "<") return order < 0;
  if (relation == "<=") return order <= 0;
  if (relation == ">") return order > 0;
  if (relation == ">=") return order >= 0;
  return false;
}

class PostfixExpansion {
 public:
  explicit PostfixExpansion(const PostfixLookup& look_up) : look_up_(look_up) {}

  std::string take() && { return std::move(out_); }

  void text(std::string_view text, int depth) {
    while (!text.empty() && out_.size() < kMaxExpanded && expansions_ < kMaxExpansions) {
      const std::size_t dollar = text.find('$');
      put(text.substr(0, dollar));
      if (dollar == std::string_view::npos) return;
      text.remove_prefix(dollar + 1);
      text.remove_prefix(one(text, depth));
    }
  }

 private:
  void put(std::string_view text) { out_.append(text.substr(0, kMaxExpanded - out_.size())); }

  // What follows a dollar; how long that was.
  std::size_t one(std::string_view text, int depth) {
    if (text.starts_with('$')) {
      put("$");
      return 1;
    }
    if (text.starts_with('{')) {
      const std::size_t end = closing_brace(text, 0);
      if (end == std::string_view::npos) return text.size();
      braced(text.substr(1, end - 1), depth);
      return end + 1;
    }
    if (text.starts_with('(')) {
      const std::size_t end = text.find(')');
      if (end == std::string_view::npos) return text.size();
      name(without_blanks(text.substr(1, end - 1)), depth);
      return end + 1;
    }
    const std::size_t length = name_length(text);
    name(text.substr(0, length), depth);
    return length;
  }

  void name(std::string_view name, int depth) { nested(look_up_(name), depth); }

  void nested(std::string_view text, int depth) {
    ++expansions_;
    if (depth < kMaxExpansionDepth) this->text(text, depth + 1);
  }

  std::string apart(std::string_view text, int depth) {
    const std::size_t before = out_.size();
    nested(text, depth);
    std::string result = out_.substr(before);
    out_.resize(before);
    return result;
  }

  // What stands between `${` and `}`.
  void braced(std::string_view text, int depth) {
    text = without_blanks(text);
    if (text.starts_with('{')) return compared(text, depth);
    const std::size_t length = name_length(text);
    const std::string_view name = text.substr(0, length);
    const std::string_view rest = without_blanks(text.substr(length));
    if (rest.empty()) return this->name(name, depth);
    const bool said = !apart(look_up_(name), depth).empty();
    if (rest.front() == '?') return choice(said, rest.substr(1), depth);
    if (rest.front() == ':' && !said) choice(true, rest.substr(1), depth);
    if (rest.front() == ':' && said) this->name(name, depth);
  }

  // `{a} <relation> {b} ? {this} : {that}`
  void compared(std::string_view text, int depth) {
    const std::size_t end = closing_brace(text, 0);
    if (end == std::string_view::npos) return;
    const std::string one = apart(*inside_braces(text.substr(0, end + 1)), depth);
    text = without_blanks(text.substr(end + 1));
    const std::size_t open = text.find('{');
    if (open == std::string_view::npos) return;
    const std::string_view relation = without_blanks(text.substr(0, open));
    const std::size_t close = closing_brace(text, open);
    if (close == std::string_view::npos) return;
    const std::string other = apart(*inside_braces(text.substr(open, close - open + 1)), depth);
    text = without_blanks(text.substr(close + 1));
    if (text.starts_with('?')) choice(holds(one, relation, other), text.substr(1), depth);
  }

  // `{this} : {that}`, or `this` to the end.
  void choice(bool first, std::string_view text, int depth) {
    text = without_blanks(text);
    const std::size_t end = text.starts_with('{') ? closing_brace(text, 0) : std::string_view::npos;
    if (end == std::string_view::npos) {
      if (first) nested(text, depth);
      return;
    }
    if (first) return nested(*inside_braces(text.substr(0, end + 1)), depth);
    text = without_blanks(text.substr(end + 1));
    if (!text.starts_with(':')) return;
    text = without_blanks(text.substr(1));
    nested(inside_braces(text).value_or(text), depth);
  }

  const PostfixLookup& look_up_;
  std::string out_;
  int expansions_ = 0;
};

}  // namespace

std::string expand_postfix(std::string_view text, const PostfixLookup& look_up) {
  PostfixExpansion expansion(look_up);
  expansion.text(text, 0);
  return std::move(expansion).take();
}

}  // namespace postern::doctor
