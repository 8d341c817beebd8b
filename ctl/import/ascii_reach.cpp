// can_match_ascii(): an expression is a choice of sequences of atoms; it can match if one sequence
// can, and a sequence if each of its atoms can or may be left out. An atom that is a class or an
// escape is asked: RE2 says of each visible character whether it matches.
#include "ctl/import/re2_pattern.h"

#include <string_view>

#include "rules/lists/text_list.h"

namespace postern::import {
namespace {

// Deeper than RE2 nests groups.
constexpr int kMaxDepth = 1000;

bool atom_matches_ascii(std::string_view atom) {
  lists::TextList list("one");
  if (!list.add("~^" + std::string(atom) + "$", 1, {}) || !list.build()) return true;
  for (char c = ' '; c <= '~'; ++c) {
    if (list.find(std::string_view(&c, 1), UtcTime{}) != lists::kNoEntry) return true;
  }
  return false;
}

class Reach {
 public:
  explicit Reach(std::string_view pattern) : rest_(pattern) {}

  bool choice(int depth) {
    if (depth > kMaxDepth) return true;
    bool one_can = false;
    for (;;) {
      if (sequence(depth)) one_can = true;
      if (!rest_.starts_with('|')) return one_can;
      rest_.remove_prefix(1);
    }
  }

 private:
  bool sequence(int depth) {
    bool all_can = true;
    while (!rest_.empty() && rest_.front() != '|' && rest_.front() != ')') {
      const bool can = atom(depth);
      if (!may_be_left_out() && !can) all_can = false;
    }
    return all_can;
  }

  bool atom(int depth) {
    if (rest_.front() == '(') return group(depth);
    if (rest_.front() == '[') return ask(bracket_length());
    if (rest_.front() == '\\') return escape();
    rest_.remove_prefix(1);
    return true;
  }

  bool group(int depth) {
    rest_.remove_prefix(1);
    if (rest_.starts_with('?')) {
      const std::size_t end = rest_.find_first_of(":)");
      const bool flags_alone = end == std::string_view::npos || rest_[end] == ')';
      rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
      if (flags_alone) return true;
    }
    const bool can = choice(depth + 1);
    if (rest_.starts_with(')')) rest_.remove_prefix(1);
    return can;
  }

  // Only these can stand for a byte that is not ASCII.
  bool escape() {
    if (!rest_.starts_with("\\x")) {
      rest_.remove_prefix(rest_.size() < 2 ? rest_.size() : 2);
      return true;
    }
    const std::size_t end = rest_.starts_with("\\x{") ? rest_.find('}') : 3;
    return ask(end == std::string_view::npos ? rest_.size() : end + 1);
  }

  bool ask(std::size_t length) {
    const std::string_view atom = rest_.substr(0, length);
    rest_.remove_prefix(atom.size());
    return atom_matches_ascii(atom);
  }

  [[nodiscard]] std::size_t bracket_length() const {
    std::size_t i = rest_.starts_with("[^") ? 2 : 1;
    if (i < rest_.size() && rest_[i] == ']') ++i;
    while (i < rest_.size() && rest_[i] != ']') {
      const bool is_class = rest_.substr(i).starts_with("[:");
      const std::size_t class_end = is_class ? rest_.find(":]", i) : std::string_view::npos;
      if (class_end != std::string_view::npos) {
        i = class_end + 2;
      } else {
        i += rest_[i] == '\\' ? 2 : 1;
      }
    }
    return i + 1;
  }

  // Takes the repetition behind an atom.
  bool may_be_left_out() {
    bool optional = false;
    while (!rest_.empty()) {
      const std::size_t end = rest_.front() == '{' ? rest_.find('}') : 0;
      if (rest_.front() == '*' || rest_.front() == '?' || rest_.starts_with("{0")) optional = true;
      const bool repetition =
          std::string_view("*+?{").find(rest_.front()) != std::string_view::npos;
      if (!repetition || end == std::string_view::npos) break;
      rest_.remove_prefix(end + 1);
    }
    return optional;
  }

  std::string_view rest_;
};

}  // namespace

bool can_match_ascii(const std::string& entry) {
  // Nothing else shuts ASCII out.
  const bool suspect = entry.find("[^") != std::string::npos ||
                       entry.find("\\x") != std::string::npos ||
                       entry.find("[:^") != std::string::npos;
  return !suspect || Reach(std::string_view(entry).substr(1)).choice(0);
}

}  // namespace postern::import
