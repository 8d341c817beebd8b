// What an importer is given, and what becomes of a table: lists and rules with the same meaning,
// what there is to say about it, and what became of every line. Values; no I/O.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/diagnostic.h"
#include "rules/lists/domain_list.h"

namespace postern::import {

// Whether sendmail's FEATURE(`blocklist_recipients') is on: its access map does not say.
enum class BlocklistRecipients : std::uint8_t { unknown, on, off };

struct ImportRequest {
  std::string_view text;  // the whole table
  std::string file;       // its name, for messages
  std::string name;       // of the lists and rules; a plain name of at most kMaxImportName
  std::string about;      // what keys are compared with, where the format does not say
  std::string then;       // the action, where the format has none; empty: `log`
  BlocklistRecipients blocklist_recipients = BlocklistRecipients::unknown;
  // recipient_delimiter of Postfix, which its tables do not say; empty: it has none.
  std::optional<std::string> recipient_delimiter;
  // Domains that nobody means to refuse, `well_known:` of the rules that are in force here.
  std::vector<const lists::DomainList*> well_known;
};

inline constexpr std::size_t kMaxImportName = 40;

// What became of a line of the table; of two that a line has, the later one here counts.
enum class LineStatus : std::uint8_t {
  comment,   // blank, or a comment
  repeated,  // says what a line before it says already
  idle,      // never decides in the table that it comes from
  imported,  // a part of the lists and rules
  refused,   // cannot be expressed
};

inline constexpr std::size_t kLineStatuses = 5;

std::string_view to_string(LineStatus status);

struct LineRecord {
  LineStatus status = LineStatus::comment;
  std::string why;  // of idle and refused
};

struct ImportedEntry {
  std::string value;
  std::string then;  // the entry's own action; empty: the rule's
};

struct ImportedList {
  std::string name;
  lists::ListKind kind = lists::ListKind::domain;
  std::vector<ImportedEntry> entries;
};

struct ImportedRule {
  std::string name;
  std::vector<std::string> when;  // lines of YAML below `when:`
  std::vector<std::string> then;  // actions
};

struct Imported {
  std::vector<ImportedList> lists;
  std::vector<ImportedRule> rules;
  Diagnostics diagnostics;
  std::vector<LineRecord> lines;  // by number, from 0

  [[nodiscard]] std::size_t count(LineStatus status) const;
  [[nodiscard]] std::size_t entries() const;
};

}  // namespace postern::import
