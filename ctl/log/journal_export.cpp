#include "ctl/log/journal_export.h"

#include <algorithm>
#include <utility>

#include "ctl/log/wrapped_line.h"

namespace postern::ctl {
namespace {

constexpr std::string_view kFirstField = "__CURSOR=";
constexpr std::size_t kLengthBytes = 8;

bool is_field_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

// REQUIRES: kLengthBytes of them.
std::uint64_t length_in(std::string_view bytes) {
  std::uint64_t length = 0;
  for (std::size_t i = kLengthBytes; i > 0; --i) {
    length = length << 8 | static_cast<unsigned char>(bytes[i - 1]);
  }
  return length;
}

}  // namespace

bool JournalExport::add(std::string_view line) {
  ended_ = false;
  if (!name_.empty()) {
    add_to_binary(line);
    return true;
  }
  if (!within_ && !line.starts_with(kFirstField)) return false;
  const std::size_t equals = line.find('=');
  const std::string_view name = line.substr(0, equals);
  if (line.empty()) {
    within_ = false;
    ended_ = true;
  } else if (!is_field_name(name)) {
    give_up();
    return false;
  } else if (equals == std::string_view::npos) {
    name_ = name;
  } else {
    within_ = true;
    field(name, line.substr(equals + 1));
  }
  return true;
}

std::optional<ProgramLine> JournalExport::take() {
  if (!ended_) return std::nullopt;
  ended_ = false;
  ProgramLine record = std::exchange(record_, {});
  return record.program.empty() ? std::nullopt : std::optional(std::move(record));
}

void JournalExport::field(std::string_view name, std::string_view value) {
  if (name == "__REALTIME_TIMESTAMP") record_.time = journal_time(value);
  if (name == "SYSLOG_IDENTIFIER") record_.program = value;
  if (name == "SYSLOG_PID") record_.process = value;
  if (name == "MESSAGE") record_.text = value.substr(0, value.find('\n'));
}

// Line ends are bytes of the value like others, and of its length too.
void JournalExport::add_to_binary(std::string_view line) {
  binary_ += line;
  const bool has_length = binary_.size() >= kLengthBytes;
  const std::uint64_t length = has_length ? length_in(binary_) : 0;
  if (length > kMaxField || binary_.size() > kMaxField + kLengthBytes) return give_up();
  if (!has_length || binary_.size() < kLengthBytes + length) {
    binary_ += '\n';
    return;
  }
  field(name_, std::string_view(binary_).substr(kLengthBytes, length));
  name_.clear();
  binary_.clear();
}

void JournalExport::give_up() {
  within_ = false;
  record_ = {};
  name_.clear();
  binary_.clear();
}

}  // namespace postern::ctl
