// Adds up the memory that the settings allow a daemon, as docs/reliability.md has it. Rules, lists
// and the states of their regular expressions come on top, twice for a while after a reload; their
// size is not known before they are loaded. Pure.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "rules/model/door.h"
#include "server/config/settings.h"

namespace postern::service {

struct MemoryPart {
  std::string_view what;
  std::size_t bytes = 0;
};

// `servers`: how many name servers are asked. REQUIRES: the section of the door is there.
std::vector<MemoryPart> memory_parts(const config::Settings& settings, Door door,
                                     std::size_t servers);

std::size_t memory_sum(const std::vector<MemoryPart>& parts);

}  // namespace postern::service
