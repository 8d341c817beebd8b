// What a replay has found, for a person and for a program. Pure; what came from strangers is
// escaped.
#pragma once

#include <boost/json.hpp>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "ctl/replay/past_read.h"
#include "rules/replay/differences.h"

namespace postern::ctl {

struct ReplayAnswer {
  std::string rules;          // whose
  std::string settings_file;  // files beside it are called by their short names
  PastRead read;
  std::chrono::milliseconds took{0};
  bool asked_dns = false;
  const replay::Differences* differences = nullptr;  // never null
  std::vector<replay::GoodMail> lost;
};

// Good mail that is lost, and lost mail of which nobody knows how good it was.
inline std::uint64_t lost_or_unseen(const ReplayAnswer& answer) {
  return answer.lost.size() + answer.differences->lost_unseen();
}

std::string replay_text(const ReplayAnswer& answer);
boost::json::object replay_json(const ReplayAnswer& answer);

}  // namespace postern::ctl
