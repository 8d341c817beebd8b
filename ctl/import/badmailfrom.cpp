// qmail's control/badmailfrom (qmail-control(9)): envelope senders that are refused, `user@domain`
// or `@domain`. For recipients the badrcptto of patched qmails.
#include "ctl/import/flat_table.h"
#include "ctl/import/formats.h"

namespace postern::import {
namespace {

constexpr std::string_view kSender =
    R"(reject 553 5.7.1 "sorry, your envelope sender is in my badmailfrom list")";
constexpr std::string_view kRecipient =
    R"(reject 553 5.7.1 "sorry, that address is in my badrcptto list")";

// What patched qmails read otherwise: qregex expressions, SPAMCONTROL's marks.
std::string why_not(std::string_view line) {
  if (line.find_first_of("*[]()|\\^$!") != line.npos || line.starts_with('~')) {
    return "an expression of a patched qmail; plain qmail compares it literally, and with nothing";
  }
  if (line.find_first_of("%?+-=") == 0 || std::string_view("%+-=").find(line.back()) != line.npos) {
    return "a mark of a patched qmail, whose meaning depends on the patch";
  }
  const std::size_t at = line.rfind('@');
  if (at == line.npos) return "no '@'; want user@domain or @domain";
  if (at + 1 == line.size()) return "plain qmail never finds 'user@'; want user@domain or @domain";
  return {};
}

void add_address(FlatTable& table, ImportLog& log, const TableLine& line,
                 std::string_view content) {
  if (content.front() == '#') return;
  if (const std::string why = why_not(content); !why.empty()) {
    log.refuse(line, content, why);
  } else {
    table.add_address(line, content, std::string(content));
  }
}

// `--about`, else the name of the file: badrcptto.
bool is_about_recipients(const ImportRequest& request) {
  if (!request.about.empty()) return request.about.starts_with("recipient");
  const std::string_view file = request.file;
  return file.substr(file.rfind('/') + 1).find("badrcptto") != file.npos;
}

}  // namespace

Imported import_badmailfrom(const ImportRequest& request) {
  const bool recipients = is_about_recipients(request);
  return import_flat(
      request,
      {.about = recipients ? "recipient" : "sender", .then = recipients ? kRecipient : kSender},
      trimmed, add_address);
}

}  // namespace postern::import
