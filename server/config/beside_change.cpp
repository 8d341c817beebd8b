#include "server/config/beside_change.h"

#include <algorithm>

namespace postern::config {
namespace {

bool has_other_networks(const Snapshot& before, const Snapshot& after) {
  return std::ranges::any_of(after.lists(), [&](const auto& list) {
    if (list->origin().spf.empty()) return false;
    const auto earlier = before.find_list(list->name());
    return earlier && earlier->origin().text != list->origin().text;
  });
}

bool has_other_secrets(const os::FileIdentities& secrets, const os::FileIdentities& known) {
  return std::ranges::any_of(secrets, [&](const auto& secret) {
    const auto before = known.find(secret.first);
    return before == known.end() || before->second != secret.second;
  });
}

}  // namespace

std::vector<std::string> BesideChange::words() const {
  std::vector<std::string> words;
  if (networks) words.emplace_back("networks out of SPF");
  if (databases) words.emplace_back("databases");
  if (secrets) words.emplace_back("keys of DNS lists");
  return words;
}

BesideChange change_beside(const Snapshot& before, const Snapshot& after,
                           const os::FileIdentities& secrets, const os::FileIdentities& known) {
  return {has_other_networks(before, after), before.databases() != after.databases(),
          has_other_secrets(secrets, known)};
}

}  // namespace postern::config
