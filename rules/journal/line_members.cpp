#include "rules/journal/line_members.h"

#include "common/json/parse_json.h"

namespace postern::journal {
namespace {

// Behind the quote that ends the string which begins at `at`; beyond the line: none does.
std::size_t end_of_string(std::string_view line, std::size_t at) {
  for (++at; at < line.size() && line[at] != '"'; ++at) {
    if (line[at] == '\\') ++at;
  }
  return at + 1;
}

// Behind the bracket that closes the one at `at`.
std::size_t end_of_brackets(std::string_view line, std::size_t at) {
  std::size_t open = 0;
  while (at < line.size()) {
    const char c = line[at];
    if (c == '"') {
      at = end_of_string(line, at);
      continue;
    }
    ++at;
    if (c == '[' || c == '{') ++open;
    if ((c == ']' || c == '}') && --open == 0) return at;
  }
  return at + 1;
}

std::size_t end_of_value(std::string_view line, std::size_t at) {
  switch (line[at]) {
    case '"':
      return end_of_string(line, at);
    case '[':
    case '{':
      return end_of_brackets(line, at);
    default:
      return std::min(line.find_first_of(",}", at), line.size());
  }
}

}  // namespace

LineMembers::LineMembers(std::string_view line, std::optional<Error>& error) : error_(error) {
  if (!split(line)) error_ = Error{"found no line as the journal writes it"};
}

bool LineMembers::split(std::string_view line) {
  std::size_t at = 0;
  for (char before = '{'; before != '}'; ++count_) {
    if (count_ == kMost || at + 1 >= line.size() || line[at] != before || line[at + 1] != '"') {
      return false;
    }
    const std::size_t key = at + 1;
    const std::size_t key_end = end_of_string(line, key);
    if (key_end + 1 >= line.size() || line[key_end] != ':') return false;
    const std::size_t value = key_end + 1;
    at = end_of_value(line, value);
    if (at >= line.size()) return false;
    const std::string_view name = line.substr(key + 1, key_end - key - 2);
    if (name.find('\\') != std::string_view::npos) return false;
    members_[count_] = {name, line.substr(value, at - value)};
    before = line[at] == '}' ? '}' : ',';
  }
  return at + 1 == line.size();
}

// Of equal keys the last counts.
const LineMembers::Member* LineMembers::find(std::string_view key) const {
  for (std::size_t i = count_; i > 0; --i) {
    if (members_[i - 1].key == key) return &members_[i - 1];
  }
  return nullptr;
}

std::string_view LineMembers::raw(std::string_view key) {
  const Member* const member = find(key);
  if (member == nullptr) wrong_value(key, "one");
  return member == nullptr ? std::string_view() : member->raw;
}

boost::json::value LineMembers::parsed(std::string_view key) {
  auto value = json::parse_json(raw(key));
  if (value) return *std::move(value);
  wrong_value(key, "JSON");
  return {};
}

std::string_view LineMembers::text(std::string_view key) {
  const std::string_view value = raw(key);
  if (!value.starts_with('"')) {
    wrong_value(key, "a text");
    return {};
  }
  if (value.find('\\') == std::string_view::npos) return value.substr(1, value.size() - 2);
  const boost::json::value whole = parsed(key);
  unescaped_ = text_in(&whole, key);
  return unescaped_;
}

void LineMembers::wrong_value(std::string_view key, const std::string& want) {
  if (!error_) error_ = Error{"found another \"" + std::string(key) + "\", want " + want};
}

}  // namespace postern::journal
