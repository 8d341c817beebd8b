// Where a value belongs that a person wants to block or to let in: what rules compare it with, and
// how a list writes it. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "ctl/lists/list_use.h"
#include "rules/attribute.h"

namespace postern::ctl {

// How the names of lists begin by which mail of a campaign is refused.
inline constexpr const char* kCampaignList = "campaign";

struct ValuePlace {
  Attribute attribute = Attribute::sender_domain;
  std::string_view header;  // of Attribute::header: the field, in lower case
  std::string_view suffix;  // of lists for such values: `campaign` and `-clients`
  std::string entry;        // the value as a list has it
};

// By its looks: a network or an address of a client, an envelope address, both also in brackets,
// else a sender domain or a pattern of one. `helo:NAME` is what a client says in HELO.
// `subject:TEXT` is a part of a subject, compared without regard to case; `subject:~REGEX` says it
// as an expression.
ValuePlace place_of(const std::string& value);

// The list into which `block` puts such a value, if the rules have one of that name.
std::string list_for_blocking(const std::string& value);

// Whether it is by such a value that the rule compares.
bool compares(const ListUse& use, const ValuePlace& place);

// `sender_domain`, `header.subject`
std::string condition_word(const ValuePlace& place);

// What was pasted, cut into values: words between blanks, commas and semicolons; a line that begins
// with `helo:` or `subject:` is one. `#` begins a
// comment. Error: more than 1,000 values.
Result<std::vector<std::string>> values_in(std::string_view text);

}  // namespace postern::ctl
