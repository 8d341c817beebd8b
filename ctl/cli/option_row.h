// What may be said behind a command, as rows: the command line reads them, --help shows them, and
// completion offers them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "common/base/result.h"

namespace postern::ctl {

// Where the value of an option goes, all of it in the options of the command.

// A flag does this.
using Set = std::function<void()>;
template <class T>
Set set(T& to, T value) {
  return [&to, value] { to = value; };
}

// Takes a text. Error: it is none of those that it can be.
using Take = std::function<Result<void>(const std::string&)>;
// `parse(text)` is a Result of what goes there.
template <class T, class Parse>
Take parsed(T& to, Parse parse) {
  return [&to, parse](const std::string& text) {
    return parse(text).map([&to](const auto& value) { to = value; });
  };
}

struct NumberWithin {
  std::size_t* to;
  int from;
  int up_to;
};

struct OneOf {
  std::vector<std::string> words;
  std::function<void(std::size_t place)> take;  // among `words`
};
OneOf one_of(std::string& to, const std::vector<std::string>& words);
template <class T>
OneOf one_of(T& to, const std::vector<std::pair<std::string, T>>& choices) {
  OneOf one;
  std::vector<T> values;
  for (const auto& [word, value] : choices) {
    one.words.push_back(word);
    values.push_back(value);
  }
  one.take = [&to, values = std::move(values)](std::size_t place) { to = values[place]; };
  return one;
}

// Of what is pointed at, a text or number that is there already is the default, and shown. Texts in
// a vector: one for each time the option is said, or all that stand by themselves.
using OptionTarget =
    std::variant<bool*, Set, std::string*, std::optional<std::string>*, std::vector<std::string>*,
                 std::optional<std::uint64_t>*, NumberWithin, OneOf, Take>;

struct OptionRow {
  // `--list NAME`; `--never`, a flag; `NAME` that stands by itself and has to; `[NAME]` that may.
  std::string words;
  std::string about;  // one line
  OptionTarget to;
  struct Others {  // `--list`; of rows above
    std::vector<std::string> needs = {};
    std::vector<std::string> excludes = {};
  } others = {};

  [[nodiscard]] std::string name() const;  // `--list`, `NAME`
  [[nodiscard]] std::string type() const;  // `NAME`; empty where no word is said for it
  [[nodiscard]] bool is_positional() const { return !words.starts_with('-'); }
  [[nodiscard]] bool is_required() const { return is_positional() && !words.starts_with('['); }
  [[nodiscard]] bool is_flag() const;
  [[nodiscard]] std::vector<std::string> choices() const;  // empty: anything goes
};

}  // namespace postern::ctl
