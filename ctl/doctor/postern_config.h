// What Postern's own files say that the MTAs have to fit: where it listens, how long an answer may
// take, what its rules are about. A value; pure.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "rules/model/door.h"
#include "rules/snapshot.h"
#include "server/config/settings.h"

namespace postern::doctor {

struct PosternConfig {
  DoorSet doors;
  std::vector<ListenAddress> policy;    // where postern-policyd listens
  std::optional<ListenAddress> milter;  // where postern-milter does
  std::chrono::milliseconds deadline{0};
  // Of a rule that is in force: how long it may hold back a greeting; 0: none does.
  std::chrono::milliseconds longest_delay{0};
  // Whether a rule refuses or defers by the check sender_mx.
  bool decides_by_sender_mx = false;
  bool has_header_rules = false;
  bool has_recipient_rules = false;

  // Longest that an answer takes at CONNECT, and at any other stage.
  [[nodiscard]] std::chrono::milliseconds longest_greeting() const {
    return deadline + longest_delay;
  }
};

// `rules`: as the widest door has them; null when they could not be read.
PosternConfig postern_config_of(const config::Settings& settings, DoorSet doors,
                                const Snapshot* rules);

}  // namespace postern::doctor
