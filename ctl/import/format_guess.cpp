// What a table looks like. The name of the file goes first; else every line is given to the formats
// that it fits, the narrowest first, and most of the lines decide.
#include <algorithm>
#include <array>

#include "common/base/ascii_case.h"
#include "common/base/domain_name.h"
#include "ctl/import/address_word.h"
#include "ctl/import/flat_table.h"
#include "ctl/import/formats.h"
#include "ctl/import/postfix_lines.h"
#include "ctl/import/table_lines.h"

namespace postern::import {
namespace {

constexpr std::size_t kMaxLines = 2000;  // that are looked at
constexpr std::size_t kEnough = 60;      // per cent of the lines

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_code(std::string_view word) {
  return word.size() == 3 && (word[0] == '4' || word[0] == '5') &&
         word.find_first_not_of("0123456789") == word.npos;
}

bool is_access_action(std::string_view rest) {
  const std::string verb = ascii_lower(rest.substr(0, rest.find_first_of(", \t")));
  return is_code(verb) || verb.starts_with("permit_") || verb.starts_with("reject_") ||
         is_one_of(verb, {"ok", "reject", "dunno", "discard", "hold", "defer", "defer_if_permit",
                          "defer_if_reject", "warn", "info", "prepend", "filter", "redirect", "bcc",
                          "permit", "relay"});
}

// postscreen takes the first word; a text behind a reject is one for access(5).
bool is_screen_permit(std::string_view rest) {
  return ascii_lower(rest.substr(0, rest.find_first_of(", \t"))) == "permit";
}

bool is_screen_action(std::string_view rest) {
  return is_screen_permit(rest) || is_one_of(ascii_lower(rest), {"reject", "dunno"});
}

// Those of header_checks(5), for expressions: the importer says that it does not import them.
bool is_pattern_action(std::string_view rest) {
  return is_access_action(rest) ||
         is_one_of(ascii_lower(cut_word(rest).word), {"ignore", "replace", "strip"});
}

bool is_sendmail(std::string_view line) {
  const WordAndRest words = cut_word(line);
  const std::string key = ascii_lower(words.word);
  const std::string result = ascii_lower(words.rest);
  const std::string tag = key.substr(0, key.find(':'));
  const bool tagged =
      tag.size() < key.size() && !words.rest.empty() &&
      is_one_of(tag, {"connect", "from", "to", "spam", "greetpause", "clientrate", "clientconn"});
  return tagged || result.starts_with("error:") || result.starts_with("quarantine:") ||
         result == "skip";
}

// The action stands behind the last slash, unless its text has one.
bool is_expression_with_action(std::string_view line) {
  const BlockWord word = block_word(line);
  if (word.kind == BlockWord::Kind::endif) return true;
  if (word.kind == BlockWord::Kind::begin) {
    return word.rest.starts_with('/') || word.rest.starts_with("!/");
  }
  if (!line.starts_with('/') && !line.starts_with("!/")) return false;
  const std::size_t start = line.find('/') + 1;
  for (std::size_t end = line.find('/', start); end != line.npos; end = line.find('/', end + 1)) {
    const std::string_view behind = line.substr(end + 1);
    if (line[end - 1] == '\\') continue;
    if (is_pattern_action(cut_word(behind).rest) || is_pattern_action(trimmed(behind))) return true;
  }
  return false;
}

bool is_name(std::string_view word) {
  return word.find('.') != word.npos && DomainName::parse(word).has_value();
}

bool is_plain_value(std::string_view word) {
  if (word.empty() || !cut_word(word).rest.empty()) return false;
  return word.find('@') != word.npos || looks_like_network(word) || network_meant_by(word) ||
         is_name(word) || (word.starts_with("*.") && is_name(word.substr(2)));
}

std::string_view format_of_line(std::string_view line) {
  const WordAndRest words = cut_word(line);
  if (is_sendmail(line)) return "sendmail-access";
  if (is_expression_with_action(line)) return "postfix-pcre";
  if (line.starts_with("//")) return {};
  if (line.front() == '/') return line.back() == '/' ? "postgrey-clients" : "rspamd-map";
  if (is_plain_value(plain_list_content(line))) return "domain-list";
  if (words.rest.empty()) return {};
  const std::string_view next = cut_word(words.rest).word;
  const bool brackets = words.word.starts_with('[') && words.word.find(':') != words.word.npos;
  if (brackets && is_access_action(words.rest)) return "postfix-cidr";
  if (looks_like_network(words.word)) {
    if (is_screen_action(words.rest)) return "postscreen-access";
    if (is_access_action(words.rest)) return "postfix-cidr";
    if (is_name(next) || next == "localhost") return "hosts-file";
  }
  if (is_access_action(words.rest)) return "postfix-access";
  const bool number = next.find_first_not_of("0123456789.-") == next.npos;
  if (number && cut_word(words.rest).rest.empty() &&
      (is_name(words.word) || looks_like_network(words.word))) {
    return "rspamd-map";
  }
  return {};
}

struct Votes {
  std::array<std::size_t, 12> by_format{};
  std::size_t lines = 0;
  std::size_t permits = 0;  // of postscreen

  [[nodiscard]] std::size_t of(std::string_view name) const {
    const auto formats = all_import_formats();
    for (std::size_t i = 0; i < formats.size(); ++i) {
      if (formats[i].name == name) return by_format[i];
    }
    return 0;
  }
};

Votes count(const std::vector<std::string_view>& lines) {
  Votes votes;
  const auto formats = all_import_formats();
  for (std::string_view line : lines) {
    ++votes.lines;
    const std::string_view name = format_of_line(line);
    if (name == "postscreen-access" && is_screen_permit(cut_word(line).rest)) ++votes.permits;
    for (std::size_t i = 0; i < formats.size(); ++i) {
      if (formats[i].name == name) ++votes.by_format[i];
    }
  }
  return votes;
}

// Formats whose lines are partly those of a plainer one.
std::string_view winner(const Votes& votes) {
  const std::size_t plain = votes.of("domain-list");
  const auto wins = [&](std::string_view name, std::size_t also) {
    return votes.of(name) > 0 && (votes.of(name) + also) * 100 >= votes.lines * kEnough;
  };
  const std::size_t screen = votes.of("postscreen-access");
  const std::size_t access = votes.of("postfix-access") + votes.of("postfix-cidr") + screen;
  if (wins("sendmail-access", access)) return "sendmail-access";
  if (wins("postfix-pcre", 0)) return "postfix-pcre";
  if (wins("postfix-access", votes.of("postfix-cidr") + screen)) return "postfix-access";
  if (wins("postfix-cidr", screen)) return "postfix-cidr";
  // Networks that are all refused are clients of smtpd as well as of postscreen.
  if (wins("postscreen-access", 0)) return votes.permits > 0 ? "postscreen-access" : "postfix-cidr";
  if (wins("hosts-file", 0)) return "hosts-file";
  if (wins("rspamd-map", plain + votes.of("postgrey-clients"))) return "rspamd-map";
  if (wins("postgrey-clients", plain)) return "postgrey-clients";
  if (wins("domain-list", 0)) return "domain-list";
  return {};
}

// A sample is all comments: then the examples in them have to do.
std::vector<std::string_view> lines_of(const std::vector<TableLine>& table) {
  std::vector<std::string_view> lines;
  std::vector<std::string_view> comments;
  for (const TableLine& line : table) {
    std::string_view content = trimmed(line.text);
    if (lines.size() >= kMaxLines) break;
    if (content.empty()) continue;
    if (content.front() == ';') continue;
    if (content.front() != '#') {
      lines.push_back(content);
    } else if (content.size() > 1 && content[1] != ' ' && content[1] != '#') {
      comments.push_back(content.substr(1));
    }
  }
  return lines.empty() ? comments : lines;
}

// Where a line begins with a blank, the table may be one of Postfix's, whose lines go on so.
std::string_view of_logical_lines(std::string_view text) {
  const std::vector<TableLine> table = postfix_lines(text);
  const bool goes_on = std::any_of(table.begin(), table.end(),
                                   [](const TableLine& line) { return !line.continued.empty(); });
  if (!goes_on) return {};
  const std::string_view name = winner(count(lines_of(table)));
  return name.starts_with("postfix-") || name == "postscreen-access" ? name : std::string_view();
}

std::string_view by_name(std::string_view file) {
  const std::string name = ascii_lower(file.substr(file.rfind('/') + 1));
  if (name.ends_with(".pcre")) return "postfix-pcre";
  if (name.ends_with(".regexp")) return "postfix-regexp";
  if (name.find("header_checks") != name.npos || name.find("body_checks") != name.npos) {
    return "postfix-pcre";
  }
  if (name.find("postscreen") != name.npos) return "postscreen-access";
  // Lists of senders look alike whether they are refused or let in, so only the whole name counts.
  const std::string_view stem = std::string_view(name).substr(0, name.find('.'));
  if (stem == "badmailfrom" || stem == "badrcptto") return "badmailfrom";
  const bool recipients = name.find("recipient") != name.npos;
  if (name.find("postgrey") != name.npos && !recipients) return "postgrey-clients";
  return {};
}

}  // namespace

std::optional<FormatGuess> guess_format(std::string_view file, std::string_view text) {
  if (const auto name = by_name(file); !name.empty()) {
    return FormatGuess{find_import_format(name), "by the name of the file"};
  }
  std::string_view name = of_logical_lines(text.substr(0, 1 << 20));
  if (name.empty()) name = winner(count(lines_of(plain_lines(text.substr(0, 1 << 20)))));
  if (name.empty()) return std::nullopt;
  return FormatGuess{find_import_format(name), "by what its lines look like"};
}

}  // namespace postern::import
