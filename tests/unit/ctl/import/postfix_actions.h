// Right-hand sides of Postfix tables, and what Postfix answers to each: for models of its tables.
// smtpd_check.c, smtpd_dsn_fix.c.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace postern::import {

// What Postfix refuses, which its enhanced codes depend on.
enum class Refused { sender, recipient, other };

struct PostfixAction {
  std::string_view text;    // in the table
  std::string_view other;   // what Postfix answers about a client, a name, ...
  std::string_view sender;  // where it is something else; empty: the same
  std::string_view recipient;
};

// FILTER has no counterpart in Postern: a line with it is refused.
inline constexpr std::array<PostfixAction, 20> kPostfixActions = {{
    {"OK", "pass", "", ""},
    {"ok with a remark", "pass", "", ""},
    {"RELAY", "pass", "", ""},
    {"12345", "pass", "", ""},
    {"permit", "pass", "", ""},
    {"permit_auth_destination", "pass", "", ""},
    {"DUNNO", "", "", ""},
    {"dunno about it", "", "", ""},
    {"REJECT", "reject 554 5.7.1 Access denied", "", ""},
    {"REJECT 5.7.9 no", "reject 554 5.7.9 no", "", ""},
    {"reject 4.7.2 class", "reject 554 5.7.2 class", "", ""},
    {"550 5.1.1 gone", "reject 550 5.0.0 gone", "reject 550 5.1.0 gone", "reject 550 5.1.1 gone"},
    {"553 5.1.7 who", "reject 553 5.0.0 who", "reject 553 5.1.7 who", "reject 553 5.1.3 who"},
    {"451 4.3.0 later", "defer 451 4.3.0 later", "", ""},
    {"450 later", "defer 450 4.7.1 later", "", ""},
    {"DEFER", "defer 450 4.7.1 Access denied", "", ""},
    {"DISCARD", "discard", "", ""},
    {"WARN look", "", "", ""},
    {"PREPEND X-A: 1", "+X-A: 1", "", ""},
    {"FILTER smtp:x", "filter", "", ""},
}};

inline std::string postfix_answer(const PostfixAction& action, Refused refused) {
  const std::string_view own = refused == Refused::sender      ? action.sender
                               : refused == Refused::recipient ? action.recipient
                                                               : std::string_view();
  return std::string(own.empty() ? action.other : own);
}

// Of a text that is one of them.
inline std::string postfix_answer(std::string_view text, Refused refused) {
  for (const PostfixAction& action : kPostfixActions) {
    if (action.text == text) return postfix_answer(action, refused);
  }
  return "no action of the model: " + std::string(text);
}

}  // namespace postern::import
