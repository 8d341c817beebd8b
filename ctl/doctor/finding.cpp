#include "ctl/doctor/finding.h"

#include <algorithm>
#include <array>

#include "common/base/words.h"

namespace postern::doctor {
namespace {

constexpr std::array kFiles{policy_place_findings, weakening_findings, policy_answer_findings,
                            milter_findings,       sendmail_findings,  duplicate_findings,
                            socket_findings,       unit_findings,      store_findings,
                            store_server_findings, name_findings};

}  // namespace

std::string_view to_string(FindingSeverity severity) {
  using enum FindingSeverity;
  static constexpr Word<FindingSeverity> kWords[] = {
      {"note", note}, {"warning", warning}, {"error", error}};
  return word_of(kWords, severity);
}

void FindingList::add(FindingSeverity severity, std::string where, std::string found,
                      std::string why, std::string write) {
  if (!seen_.emplace(where, found).second) return;
  all_.push_back(
      {name_, severity, std::move(where), std::move(found), std::move(why), std::move(write)});
}

std::vector<FindingKind> all_findings() {
  std::vector<FindingKind> all;
  for (const auto& of_file : kFiles) {
    const FindingKinds kinds = of_file();
    all.insert(all.end(), kinds.begin(), kinds.end());
  }
  return all;
}

std::vector<Finding> findings_in(const MtaConfig& mta) {
  std::vector<Finding> all;
  for (const FindingKind& info : all_findings()) {
    FindingList list(info.name);
    info.check(mta, list);
    for (Finding& finding : std::move(list).take()) all.push_back(std::move(finding));
  }
  std::stable_sort(all.begin(), all.end(), [](const Finding& one, const Finding& other) {
    return one.severity > other.severity;
  });
  return all;
}

}  // namespace postern::doctor
