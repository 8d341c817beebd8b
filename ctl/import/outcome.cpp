#include "ctl/import/outcome.h"

#include <algorithm>
#include <optional>

#include "ctl/import/table_lines.h"
#include "rules/model/action.h"
#include "rules/model/reply_text.h"

namespace postern::import {
namespace {

std::optional<ActionKind> last_kind(const std::vector<std::string>& actions) {
  if (actions.empty()) return std::nullopt;
  const auto action = parse_action(actions.back());
  return action ? std::optional(kind_of(*action)) : std::nullopt;
}

// What parse_reply() takes. Braces would be placeholders.
std::string mended(std::string_view text, std::size_t max_bytes,
                   std::vector<std::string>& changes) {
  std::string result(trimmed(text));
  std::replace(result.begin(), result.end(), '\t', ' ');
  const auto replace = [&](auto is_wrong, auto instead, const char* what) {
    if (std::none_of(result.begin(), result.end(), is_wrong)) return;
    std::transform(result.begin(), result.end(), result.begin(),
                   [&](char c) { return is_wrong(c) ? instead(c) : c; });
    changes.emplace_back(what);
  };
  const auto unseen = [](char c) { return c < ' ' || c > '~'; };
  const auto brace = [](char c) { return c == '{' || c == '}'; };
  replace(
      unseen, [](char) { return '?'; }, "bytes of the text that are no visible ASCII become '?'");
  replace(
      brace, [](char c) { return c == '{' ? '(' : ')'; },
      "braces in the text become parentheses: in Postern they hold placeholders");
  if (result.size() > max_bytes) {
    changes.push_back("the text has " + std::to_string(result.size()) +
                      " bytes and is cut to the " + std::to_string(max_bytes) +
                      " that fit into a reply");
    result = trimmed(std::string_view(result).substr(0, max_bytes));
  }
  return result;
}

}  // namespace

bool is_enhanced_code(std::string_view word) {
  if (word.size() < 5 || (word[0] != '4' && word[0] != '5' && word[0] != '2')) return false;
  const auto is_part = [](std::string_view part) {
    return !part.empty() && part.size() <= 3 &&
           part.find_first_not_of("0123456789") == std::string_view::npos;
  };
  const std::size_t dot = word.find('.', 2);
  return word[1] == '.' && dot != std::string_view::npos && is_part(word.substr(2, dot - 2)) &&
         is_part(word.substr(dot + 1));
}

bool Outcome::decides() const {
  const auto kind = last_kind(actions);
  return kind && is_final(*kind);
}

int Outcome::severity() const {
  const auto kind = last_kind(actions);
  if (kind == ActionKind::hold) return 1;
  if (kind == ActionKind::defer) return 2;
  if (kind == ActionKind::reject) return 3;
  if (kind == ActionKind::discard) return 4;
  return 0;
}

bool Outcome::lets_in() const {
  const auto kind = last_kind(actions);
  return kind == ActionKind::pass || kind == ActionKind::skip;
}

Result<Outcome> outcome_of(const std::string& action) {
  const auto parsed = parse_action(action);
  if (!parsed) return tl::unexpected(parsed.error());
  return Outcome{{action}, Outcome::Ends::table};
}

Outcome no_op() {
  return {};
}

Result<ReadOutcome> refusal(int code, std::string_view enhanced, std::string_view text) {
  if (code < 400 || code > 599) {
    return failure("reply code " + std::to_string(code) + "; a refusal is 4xx or 5xx");
  }
  ReadOutcome read;
  text = trimmed(text);
  if (enhanced.empty() && is_enhanced_code(cut_word(text).word)) {
    enhanced = cut_word(text).word;
    text = cut_word(text).rest;
  }
  std::string status = enhanced.empty() ? std::string("0.7.1") : std::string(enhanced);
  const char status_class = code < 500 ? '4' : '5';
  if (!enhanced.empty() && status[0] != status_class) {
    read.changes.push_back("the enhanced code " + status + " does not fit " + std::to_string(code) +
                           " and gets its class");
  }
  status[0] = status_class;
  std::string kept = mended(text, SmtpReply::kMaxText, read.changes);
  if (kept.empty()) kept = "Access denied";
  read.outcome.actions = {(code < 500 ? "defer " : "reject ") + std::to_string(code) + " " +
                          status + " " + quote(kept)};
  return read;
}

ReadOutcome with_log_text(std::string_view verb, std::string_view text) {
  ReadOutcome read;
  constexpr std::size_t kMaxLogText = kMaxMtaLogText;
  const std::string kept = mended(text, kMaxLogText, read.changes);
  std::string action(verb);
  if (!kept.empty()) action += " " + quote(kept);
  read.outcome.actions = {std::move(action)};
  return read;
}

std::string yaml_quoted(std::string_view text) {
  std::string result = "'";
  for (char c : text) {
    if (c == '\'') result += '\'';
    result += c;
  }
  return result + '\'';
}

std::string what_it_leaves(const Outcome& outcome) {
  if (outcome.severity() > 0) return {};
  return "; what it lets in may be hit by other lines";
}

std::string_view without_quotes(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    return text.substr(1, text.size() - 2);
  }
  return text;
}

}  // namespace postern::import
