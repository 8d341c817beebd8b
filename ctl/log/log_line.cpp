#include "ctl/log/log_line.h"

#include <algorithm>
#include <optional>

#include "common/base/escape.h"
#include "common/json/parse_json.h"

namespace postern::ctl {
namespace {

// What stands in front of it comes from the logger; everything from outside comes after it.
constexpr std::string_view kBeginning = "decision door=";
constexpr std::string_view kWord = "decision ";
// Of an object; no text of a client's can hold it, because quotes are escaped.
constexpr std::string_view kObjectBeginning = "{\"time\":\"";
constexpr std::string_view kObjectMessage = "\"message\":\"decision\"";

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  return std::nullopt;
}

bool is_key(std::string_view key) {
  return !key.empty() && std::all_of(key.begin(), key.end(),
                                     [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

// Reads `key=value key="value"` from the front.
class FieldReader {
 public:
  explicit FieldReader(std::string_view text) : rest_(text) {}

  Result<LogFields> read() {
    LogFields fields;
    while (skip_blanks()) {
      const std::size_t equals = rest_.find('=');
      const std::string_view key = rest_.substr(0, equals);
      if (equals == std::string_view::npos || !is_key(key)) {
        return failure("something that is not key=value stands in the decision line");
      }
      rest_.remove_prefix(equals + 1);
      auto value = rest_.starts_with('"') ? quoted() : bare();
      if (!value) return tl::unexpected(value.error());
      fields.emplace(key, std::move(*value));
    }
    return fields;
  }

 private:
  bool skip_blanks() {
    while (rest_.starts_with(' ')) rest_.remove_prefix(1);
    return !rest_.empty();
  }

  Result<LogValue> bare() {
    const std::size_t end = std::min(rest_.find(' '), rest_.size());
    LogValue value{std::string(rest_.substr(0, end))};
    rest_.remove_prefix(end);
    return value;
  }

  Result<LogValue> quoted() {
    LogValue value;
    rest_.remove_prefix(1);
    while (!rest_.starts_with('"')) {
      if (rest_.empty()) return failure("a value in the decision line has no closing quote");
      if (auto taken = take_character(value.text); !taken) return tl::unexpected(taken.error());
    }
    rest_.remove_prefix(1);
    if (!rest_.empty() && rest_.front() != ' ') {
      return failure("something stands right behind a closing quote in the decision line");
    }
    value.cut = value.text.ends_with("...");
    return value;
  }

  Result<void> take_character(std::string& out) {
    if (rest_.front() != '\\') {
      out += rest_.front();
      rest_.remove_prefix(1);
      return {};
    }
    if (rest_.size() >= 2 && (rest_[1] == '"' || rest_[1] == '\\')) {
      out += rest_[1];
      rest_.remove_prefix(2);
      return {};
    }
    const auto high = rest_.size() >= 4 && rest_[1] == 'x' ? hex_digit(rest_[2]) : std::nullopt;
    const auto low = high ? hex_digit(rest_[3]) : std::nullopt;
    if (!low) return failure(R"(an escape in the decision line is none of \", \\ and \xNN)");
    out += static_cast<char>(*high << 4 | *low);
    rest_.remove_prefix(4);
    return {};
  }

  std::string_view rest_;
};

std::optional<LogValue> json_field(const boost::json::value& value) {
  if (const auto* text = value.if_string()) {
    const std::string_view raw(text->data(), text->size());
    return LogValue{without_json_escapes(raw), raw.ends_with("...")};
  }
  if (const auto* number = value.if_int64()) return LogValue{std::to_string(*number)};
  if (const auto* number = value.if_uint64()) return LogValue{std::to_string(*number)};
  return std::nullopt;
}

Result<LogFields> read_object(std::string_view text) {
  const auto json = json::parse_json(text);
  if (!json) return tl::unexpected(json.error());
  LogFields fields;
  for (const auto& [key, value] : json->as_object()) {
    if (key == "time" || key == "level" || key == "message") continue;
    auto field = json_field(value);
    if (!field) return failure("a value in the decision line is no text and no number");
    fields.emplace(std::string_view(key.data(), key.size()), std::move(*field));
  }
  if (!fields.contains("door")) return failure("the decision line names no door");
  return fields;
}

struct Found {
  std::size_t at;
  bool object;
};

// Where the decision begins: what stands further in is part of a value.
std::optional<Found> find_decision(std::string_view line) {
  const std::size_t text = line.find(kBeginning);
  const std::size_t object = line.find(kObjectBeginning);
  if (object < text) {
    if (line.find(kObjectMessage, object) == std::string_view::npos) return std::nullopt;
    return Found{object, true};
  }
  if (text == std::string_view::npos) return std::nullopt;
  return Found{text, false};
}

}  // namespace

const std::string& field_of(const LogFields& fields, std::string_view key) {
  static const std::string none;
  const auto found = fields.find(key);
  return found == fields.end() ? none : found->second.text;
}

bool is_decision_line(std::string_view line) {
  return find_decision(line).has_value();
}

Result<LogFields> read_log_line(std::string_view line) {
  if (line.size() > kMaxLogLine) return failure("a line longer than any that Postern writes");
  const auto found = find_decision(line);
  if (!found) return failure("no decision in it; want a line with 'decision door=...'");
  line.remove_prefix(found->at + (found->object ? 0 : kWord.size()));
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  return found->object ? read_object(line) : FieldReader(line).read();
}

}  // namespace postern::ctl
