// What several daemons have counted, summed up. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ctl/cli/daemons.h"

namespace postern::ctl {

struct RuleCount {
  std::string name;
  std::string mode;
  std::string at;
  std::uint64_t hits = 0;
  std::string last;  // empty: never
  std::uint64_t would = 0;
  std::string would_last;
};

// Of answers to GET /v1/rules, in the order of the rule file.
std::vector<RuleCount> sum_rules(const std::vector<DaemonAnswer>& answers);

struct EntryCount {
  std::string entry;
  std::uint64_t line = 0;
  std::uint64_t hits = 0;
  std::string last;
  std::string expires;
  std::string reason;
};

// Of answers to GET /v1/entries with `hit=yes`: most hits first.
std::vector<EntryCount> sum_entries(const std::vector<DaemonAnswer>& answers);

// Those of `never` (GET /v1/entries with `hit=no` of one daemon) that no other has seen either.
std::vector<EntryCount> never_hit(const DaemonAnswer& never, const std::vector<EntryCount>& hit);

}  // namespace postern::ctl
