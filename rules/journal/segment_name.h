// The name of a file of the journal, a segment: when it was begun and who writes it. Two daemons
// never write one file, and names in the order of the alphabet are in the order of time:
// `20261129T180000.123456Z-policy-mx1.example.org-4711.jsonl`, and `.jsonl.zst` once it is closed
// and compressed. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "rules/journal/record.h"

namespace postern::journal {

struct SegmentName {
  JournalTime begun;
  Door door = Door::policy;
  std::string host;  // of letters, digits, `.`, `_` and `-`, 64 at most (segment_host())
  std::int64_t pid = 0;
  bool packed = false;

  [[nodiscard]] std::string to_string() const;
  friend bool operator==(const SegmentName&, const SegmentName&) = default;
};

// Nothing when it is no name of a segment.
std::optional<SegmentName> parse_segment_name(std::string_view name);

// A host's name as it stands in one: what cannot stand there is `_`.
std::string segment_host(std::string_view host);

}  // namespace postern::journal
