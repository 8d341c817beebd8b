#include "rules/load/plain_list.h"

#include <algorithm>
#include <cstddef>

#include "rules/load/action_node.h"
#include "rules/load/list_words.h"
#include "rules/model/reply_text.h"

namespace postern::load {
namespace {

Result<std::string> value_of(std::string_view text) {
  if (!text.starts_with('"')) return std::string(text);
  return unquote(text);
}

template <class Field, class Value>
Result<void> set_once(std::string_view key, Field& field, Value value) {
  if (field != Field{}) return failure("found '" + std::string(key) + "=' twice");
  field = std::move(value);
  return {};
}

Result<void> take_word(std::string_view word, lists::EntryData& data) {
  const std::size_t equals = word.find('=');
  const std::string_view key = word.substr(0, equals);
  if (equals == std::string_view::npos) {
    return failure("found '" + std::string(word) +
                   "' behind the value, want reason=, owner=, expires= or then=, or a # before a "
                   "comment");
  }
  auto value = value_of(word.substr(equals + 1));
  if (!value) return tl::unexpected(value.error());
  if (key == "reason") return set_once(key, data.reason, *value);
  if (key == "owner") return set_once(key, data.owner, *value);
  if (key == "expires") {
    auto expires = parse_expiry(*value);
    if (!expires) return tl::unexpected(expires.error());
    return set_once(key, data.expires, *expires);
  }
  if (key == "then") {
    auto action = parse_entry_action(*value);
    if (!action) return tl::unexpected(action.error());
    if (data.then) return failure("found 'then=' twice");
    data.then = std::move(*action);
    return {};
  }
  return failure("found '" + std::string(key) + "=', want reason=, owner=, expires= or then=");
}

Result<void> load_line(std::string_view line, int number, lists::List& list) {
  ListWords words(line);
  if (words.done()) return {};
  const auto value = words.next();
  if (!value) return tl::unexpected(value.error());
  lists::EntryData data;
  while (!words.done()) {
    const auto word = words.next();
    if (!word) return tl::unexpected(word.error());
    if (auto taken = take_word(*word, data); !taken) return taken;
  }
  if (!value->starts_with('"')) return list.add(*value, number, std::move(data));
  const auto unquoted = unquote(*value);
  if (!unquoted) return tl::unexpected(unquoted.error());
  return list.add(*unquoted, number, std::move(data));
}

// An entry a line: nearly so for lists that are long.
void make_room(std::string_view text, lists::List& list) {
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  list.reserve(std::min(lines, text.size() / 2 + 1), text.size() - lines + 1);
}

// One that ends a line for those who wrote it, and none here: the next entry would be taken for a
// part of this one, or of its comment.
bool has_bare_carriage_return(std::string_view line) {
  const std::size_t found = line.find('\r');
  return found != std::string_view::npos &&
         line.find_first_not_of('\r', found) != std::string_view::npos;
}

std::string_view without_line_end(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

void load_plain_list(std::string_view text, const std::string& file, lists::List& list,
                     Diagnostics& diagnostics) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // what some editors write first
  make_room(text, list);
  // Hardly a file has one, and then each of its lines is looked at.
  const bool has_nul = text.find('\0') != std::string_view::npos;
  const bool has_return = text.find('\r') != std::string_view::npos;
  int reported = 0;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    const std::string_view line = without_line_end(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    Result<void> result;
    if (line.size() > kMaxListLine) {
      result = failure("the line has " + std::to_string(line.size()) + " bytes, want at most " +
                       std::to_string(kMaxListLine));
    } else if (has_nul && line.find('\0') != std::string_view::npos) {
      result = failure("the line holds a NUL byte; is this a text file?");
    } else if (has_return && has_bare_carriage_return(line)) {
      result = failure("the line holds a carriage return; want lines that end with LF or CRLF");
    } else {
      result = load_line(line, number, list);
    }
    if (result) continue;
    diagnostics.error({file, number, 1}, result.error().text);
    if (++reported == kMaxReported) {
      diagnostics.error({file, number, 1}, "the rest of the list is not looked at");
      return;
    }
  }
}

}  // namespace postern::load
