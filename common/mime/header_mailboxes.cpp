// Not by GMime: its 3.2.13 leaks memory on `a@[b] (`, needs 100 ms for 8 KiB of `a,`, recurses into
// groups, and leaves out addresses such as `a..b@c`.
#include <algorithm>
#include <optional>
#include <utility>

#include "common/mime/header_line.h"
#include "common/mime/header_text.h"

namespace postern::mime {
namespace {

using Length = std::optional<std::size_t>;

// Bytes of the comment (RFC 5322 3.2.2) at the start of `text`, if it is closed.
Length comment_length(std::string_view text) {
  std::size_t depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '(') {
      ++depth;
    } else if (text[i] == ')' && --depth == 0) {
      return i + 1;
    }
  }
  return std::nullopt;
}

// The same of a quoted string (3.2.4).
Length quoted_length(std::string_view text) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i + 1;
    }
  }
  return std::nullopt;
}

Length ends_with(std::string_view text, std::size_t end, char delimiter) {
  if (end == std::string_view::npos || text[end] != delimiter) return std::nullopt;
  return end + 1;
}

// The same of `[IPv6:2001:db8::1]` (3.4.1): its colons open no group.
Length literal_length(std::string_view text) {
  const std::size_t end = text.find_first_of("[]<>()\",;\\", 1);
  return ends_with(text, end, ']');
}

// The same of a route with its colon (4.4): its commas separate no mailboxes.
Length route_length(std::string_view text) {
  const std::size_t end = text.find_first_of("<>()\";:\\", 1);
  return ends_with(text, end, ':');
}

class MailboxScanner {
 public:
  explicit MailboxScanner(std::string_view line) : rest_(line) {}

  std::vector<MailAddress> run() && {
    while (!rest_.empty() && found_.size() < kMaxMailboxes) step();
    end_mailbox();
    return std::move(found_);
  }

 private:
  void step() {
    const char c = rest_.front();
    if (c == ' ' || c == '\t') return blank(1);
    if (c == '(') return comment();
    if (c == '"') return quoted_string();
    if (c == '[') return append(literal_length(rest_).value_or(1));
    if (c == '<') return open_angle();
    if (c == ':' && !in_angle_) return end_name();
    if (c == '>' || c == ',' || c == ';') return separator();
    append(1);
  }

  // Once one is not closed no later one is looked for: that would take quadratic time.
  void comment() {
    const auto length = comments_close_ ? comment_length(rest_) : std::nullopt;
    comments_close_ = length.has_value();
    blank(length.value_or(1));
  }

  void quoted_string() {
    const auto length = quotes_close_ ? quoted_length(rest_) : std::nullopt;
    quotes_close_ = length.has_value();
    length ? append(*length) : blank(1);
  }

  void open_angle() {
    in_angle_ ? end_mailbox() : drop_name();
    in_angle_ = true;
    rest_.remove_prefix(1);
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size()));
    if (rest_.starts_with('@')) rest_.remove_prefix(route_length(rest_).value_or(0));
  }

  void end_name() {
    drop_name();
    rest_.remove_prefix(1);
  }

  void separator() {
    end_mailbox();
    rest_.remove_prefix(1);
  }

  void blank(std::size_t length) {
    after_blank_ = true;
    rest_.remove_prefix(length);
  }

  // Blanks may stand around `@` and `.` (obs-local-part, obs-domain); elsewhere they end a word.
  void append(std::size_t length) {
    const std::string_view token = rest_.substr(0, length);
    const bool joins = token == "@" || token == ".";
    if (after_blank_ && !joins && !joins_next_) end_word();
    if (token != "@") {
      is_address_ = is_address_ || after_at_;
    } else if (!word_.empty()) {
      after_at_ = true;
    }
    joins_next_ = joins;
    after_blank_ = false;
    word_ += token;
    rest_.remove_prefix(length);
  }

  void end_word() {
    if (is_address_) addresses_.push_back(std::move(word_));
    word_.clear();
    is_address_ = after_at_ = joins_next_ = after_blank_ = false;
  }

  void drop_name() {
    end_word();
    addresses_.clear();
  }

  void end_mailbox() {
    end_word();
    for (const std::string& address : addresses_) {
      if (found_.size() < kMaxMailboxes) found_.push_back(MailAddress::from_envelope(address));
    }
    addresses_.clear();
    in_angle_ = false;
  }

  std::string_view rest_;
  bool comments_close_ = true;
  bool quotes_close_ = true;
  bool in_angle_ = false;

  std::string word_;
  bool is_address_ = false;  // has an `@` between other characters
  bool after_at_ = false;
  bool joins_next_ = false;
  bool after_blank_ = false;

  std::vector<std::string> addresses_;  // words since the last delimiter, perhaps of a name
  std::vector<MailAddress> found_;
};

}  // namespace

std::vector<MailAddress> header_mailboxes(std::string_view raw) {
  const HeaderText line = header_line(raw);
  return MailboxScanner(line.text).run();
}

}  // namespace postern::mime
