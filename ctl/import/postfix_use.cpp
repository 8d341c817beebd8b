#include "ctl/import/postfix_use.h"

#include <algorithm>
#include <array>

#include "common/base/ascii_case.h"
#include "ctl/import/formats.h"
#include "ctl/import/postfix_lines.h"

namespace postern::import {
namespace {

constexpr std::string_view kServers =
    "compare the addresses of mail exchangers or name servers, not the client's; Postern looks at "
    "them in the check sender_mx, whose finding 'unusable' are those in bogus networks";

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words(1);
  for (char c : ascii_lower(text)) {
    const bool inside = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (inside) {
      words.back() += c;
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  return words;
}

// `bogus_mx`, `sender_ns_access`, `helo_a_access`.
bool is_name_about_servers(std::string_view file) {
  const auto words = words_of(file.substr(file.rfind('/') + 1));
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "mx" || words[i] == "ns" || words[i].ends_with("mx")) return true;
    if (words[i] == "a" && i + 1 < words.size() && words[i + 1] == "access") return true;
  }
  return false;
}

// `# used by check_sender_mx_access`.
bool is_comment_about_servers(std::string_view text) {
  for (const TableLine& line : plain_lines(text)) {
    const std::string_view content = trimmed(line.text);
    if (!content.starts_with('#')) continue;
    const std::string words = ascii_lower(content);
    for (std::string_view part : {"_mx_access", "_ns_access", "_a_access"}) {
      if (words.find(part) != std::string::npos) return true;
    }
  }
  return false;
}

// header_checks(5) has them, access(5) has not.
bool is_header_action(std::string_view verb) {
  constexpr std::array<std::string_view, 4> kActions = {"ignore", "replace", "strip", "pass"};
  return std::find(kActions.begin(), kActions.end(), ascii_lower(verb)) != kActions.end();
}

// Whether an expression begins with the name of a header field: `^Subject:`, `^(To|Cc):`.
bool begins_with_field(std::string_view pattern) {
  if (!pattern.starts_with('^')) return false;
  const std::size_t end = pattern.find_first_not_of(
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_(|)?:\\\\.", 1);
  const std::string_view name = pattern.substr(1, end == pattern.npos ? end : end - 1);
  const std::size_t colon = name.find(':', name.starts_with("(?:") ? 3 : 0);
  return colon != name.npos && colon > 1;
}

}  // namespace

std::string why_unlike_clients(const ImportRequest& request, ImportLog& log) {
  if (request.about == "client") return {};
  const bool servers =
      is_name_about_servers(request.file) || is_comment_about_servers(request.text);
  if (servers) {
    return "this looks like a table for check_..._mx_access, ..._ns_access or ..._a_access, "
           "which " +
           std::string(kServers) + "; if it is one of clients, want --about client";
  }
  if (about_from_name(request.file) != "client") {
    log.note(
        "the table does not say what it is compared with, and is imported for clients "
        "(check_client_access); say so with --about client. One that is used by "
        "check_..._mx_access, ..._ns_access or ..._a_access " +
        std::string(kServers));
  }
  return {};
}

std::string why_about_servers(const ImportRequest& request) {
  if (!request.about.empty() || !is_name_about_servers(request.file)) return {};
  return "the name of this table says that check_..._mx_access, ..._ns_access or ..._a_access use "
         "it, which " +
         std::string(kServers);
}

std::string why_header_checks(const ImportRequest& request, const std::vector<TableLine>& lines) {
  constexpr std::string_view kWhy =
      "this is a table of header_checks(5) or body_checks(5), whose expressions are compared with "
      "lines of the message; it is not imported: rules with 'header.subject' and other header "
      "conditions (for the milter) can say the like";
  const std::string name = ascii_lower(request.file.substr(request.file.rfind('/') + 1));
  for (std::string_view part :
       {"header_check", "header-check", "headercheck", "body_check", "body-check", "bodycheck"}) {
    if (name.find(part) != std::string::npos) return std::string(kWhy);
  }
  std::size_t expressions = 0;
  std::size_t fields = 0;
  for (const TableLine& line : lines) {
    const BlockWord word = block_word(line.text);
    const auto parts =
        pattern_parts(word.kind == BlockWord::Kind::none ? std::string_view(line.text) : word.rest);
    if (!parts) continue;
    if (is_header_action(cut_word(parts->rest).word)) return std::string(kWhy);
    ++expressions;
    if (begins_with_field(parts->pattern)) ++fields;
  }
  return fields * 2 > expressions ? std::string(kWhy) : std::string();
}

}  // namespace postern::import
