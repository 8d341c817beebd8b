// What a reload asks before rules come into service where `reload: replay_guard:` wants that: what
// would they have done with the mail of the last day? Who answers stands above this folder
// (server/replay). Values; pure.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/diagnostic.h"
#include "common/base/utc_date.h"
#include "rules/snapshot.h"
#include "server/config/settings.h"

namespace postern::config {

struct TriedRules {
  std::optional<std::string> not_tried;   // why; then nothing else is known
  std::optional<std::string> incomplete;  // what could not be read, beside what was tried
  UtcTime since;                          // of the oldest decision that was judged
  std::uint64_t decisions = 0;
  std::uint64_t undecided = 0;        // of these: what they would need is not in the journal
  std::uint64_t lost = 0;             // good mails that the rules in force let in and these do not
  std::vector<Diagnostic> lost_mail;  // by sender domain and what decides, the first few
};

// The rules in force, the candidate, and the settings that would be in force. May throw what the
// standard library throws (no memory).
using TryRules = std::function<TriedRules(const std::shared_ptr<const Snapshot>&,
                                          const std::shared_ptr<const Snapshot>&, const Settings&)>;

// What a person calls a candidate by who accepts what it loses: the beginning of the fingerprint
// of its files, so that after any change it is another one.
inline constexpr std::size_t kCandidateName = 8;
inline std::string candidate_name(const std::string& fingerprint) {
  return fingerprint.substr(0, kCandidateName);
}

// `12345 decisions since 2026-11-28T21:00:00Z`
std::string what_was_tried(const TriedRules& tried);

// That good mail is lost all the same, and why that is no error.
enum class Loss { refused, accepted, restored };

// What the lost mail is, and how it is accepted. `named` is the name that somebody accepted.
// REQUIRES: tried.lost > 0.
std::vector<Diagnostic> loss_told(const TriedRules& tried, Loss loss, const std::string& rules_file,
                                  const std::string& candidate, const std::string& named);

}  // namespace postern::config
