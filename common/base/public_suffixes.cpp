#include "common/base/public_suffixes.h"

#include <algorithm>
#include <array>

#include "common/base/domain_name.h"
#include "common/base/name_suffix.h"

namespace postern {
namespace {

constexpr std::size_t kMaxSuffixLabels = 6;  // the longest of the list has five

bool is_usual_second_label(std::string_view label) {
  constexpr std::array<std::string_view, 10> kLabels{"ac",  "co",  "com", "edu", "gob",
                                                     "gov", "mil", "net", "or",  "org"};
  return std::find(kLabels.begin(), kLabels.end(), label) != kLabels.end();
}

std::size_t suffix_labels_without_list(std::string_view domain) {
  const std::string_view two = last_labels(domain, 2);
  const std::size_t dot = two.find('.');
  const bool is_country = dot != std::string_view::npos && two.size() - dot - 1 == 2;
  return is_country && is_usual_second_label(two.substr(0, dot)) ? 2 : 1;
}

}  // namespace

PublicSuffixes::PublicSuffixes(std::string_view list) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find('\n'), list.size());
    const std::string_view line = list.substr(0, end);
    // A rule ends at the first blank.
    add_rule(line.substr(0, line.find_first_of(" \t\r")));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
}

void PublicSuffixes::add_rule(std::string_view line) {
  if (line.empty() || line.starts_with("//")) return;
  Rule rule = Rule::suffix;
  if (line.starts_with("*.")) {
    rule = Rule::wildcard;
    line.remove_prefix(2);
  } else if (line.starts_with("!")) {
    rule = Rule::exception;
    line.remove_prefix(1);
  }
  std::string name;
  if (!DomainName::append_normalised(line, name)) return;
  const auto [known, is_new] = rules_.try_emplace(std::move(name), rule);
  if (!is_new && known->second != rule && rule != Rule::exception) known->second = Rule::both;
}

std::string_view PublicSuffixes::registrable(std::string_view domain) const {
  if (!has_list()) return last_labels(domain, suffix_labels_without_list(domain) + 1);
  std::size_t labels = 1;  // of the public suffix; the list's own default is `*`
  std::string_view name;
  for (std::size_t count = 1; count <= kMaxSuffixLabels && name.size() < domain.size(); ++count) {
    name = last_labels(domain, count);
    const auto rule = rules_.find(name);
    if (rule == rules_.end()) continue;
    if (rule->second == Rule::exception) return name;
    if (rule->second != Rule::wildcard) labels = std::max(labels, count);
    if (rule->second != Rule::suffix) labels = std::max(labels, count + 1);
  }
  return last_labels(domain, labels + 1);
}

}  // namespace postern
