// Values as people write them in rules and settings: what is read is written as a form that reads
// back as the same.
#include <string>

#include "common/base/duration.h"
#include "common/base/escape.h"
#include "common/base/utc_date.h"
#include "rules/model/action.h"
#include "rules/model/reply.h"
#include "tests/fuzz/require.h"

namespace postern::written_values_fuzz {
namespace {

bool is_line(std::string_view text) {
  for (const char c : text) {
    if (c < ' ' || c > '~') return false;
  }
  return true;
}

void check_duration(std::string_view text) {
  const auto duration = parse_duration(text);
  if (!duration) {
    require(printable(duration.error().text) == duration.error().text);
    return;
  }
  require(duration->count() >= 0 && *duration <= std::chrono::hours(24 * 366 * 10));
  require(parse_duration(format_duration(*duration)) == *duration);
}

void check_expiry(std::string_view text) {
  const auto time = parse_expiry(text);
  if (!time) {
    require(!time.error().text.empty());
    return;
  }
  const std::string written = format_utc(*time);
  require(parse_expiry(written) == *time && written.ends_with('Z'));
}

void check_reply(std::string_view text) {
  for (const int code : {550, 450}) {
    const SmtpReply defaults{code, {code / 100, 7, 1}, "no"};
    const auto reply = parse_reply(text, defaults);
    if (!reply) continue;
    require(reply->code / 100 == code / 100 && reply->enhanced.status_class == code / 100);
    require(!reply->text.empty() && reply->text.size() <= SmtpReply::kMaxText);
    require(is_line(reply->to_string()));
  }
}

void check_action(std::string_view text) {
  const auto action = parse_action(text);
  if (!action) {
    require(!action.error().text.empty());
    return;
  }
  const std::string written = action_text(*action);
  // The names of a skip are looked up when the rule is loaded.
  require(is_line(written) || kind_of(*action) == ActionKind::skip);
  require(parse_action(written) == *action);
}

}  // namespace
}  // namespace postern::written_values_fuzz

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = postern::as_text(data, size);
  postern::written_values_fuzz::check_duration(text);
  postern::written_values_fuzz::check_expiry(text);
  postern::written_values_fuzz::check_reply(text);
  postern::written_values_fuzz::check_action(text);
  return 0;
}
