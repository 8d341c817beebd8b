// What stands in a decision line, for those who count and show decisions. Pure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "ctl/log/log_line.h"

namespace postern::ctl {

// 0 where the line has none.
std::uint64_t count_in(const LogFields& fields, std::string_view key);

// How many decisions the line stands for.
std::uint64_t decisions_in(const LogFields& fields);

// `<>` of the null sender; `no sender yet`.
std::string sender_domain_in(const LogFields& fields);

// Of `a,b:c`, each.
template <class Each>
void for_each_in_list(std::string_view text, Each each) {
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find(','));
    if (!one.empty()) each(one);
    text.remove_prefix(std::min(one.size() + 1, text.size()));
  }
}

}  // namespace postern::ctl
