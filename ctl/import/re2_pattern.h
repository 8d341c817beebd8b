// Regular expressions of other programs as RE2 (`~regex` of a list) with the same meaning. Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"

namespace postern::import {

enum class PatternSyntax {
  pcre,            // PCRE, Perl
  posix_extended,  // POSIX ERE as glibc reads it
};

enum class PatternCase { ignored, matters };

// The value of a list entry, with its `~`. Errors: what RE2 cannot express (look-around, references
// back, atomic groups, possessive repetition, ...), or reads in another way.
Result<std::string> re2_entry(std::string_view pattern, PatternSyntax syntax, PatternCase letters);

// Whether the entry (with its `~`) matches the subject.
bool entry_matches(const std::string& entry, std::string_view subject);

// Whether an entry `~regex` that compiles can match anything that is ASCII
// (ctl/import/ascii_reach); true where that cannot be told.
bool can_match_ascii(const std::string& entry);

// `text` as an entry that matches what contains it literally.
std::string literal_pattern(std::string_view text);

}  // namespace postern::import
