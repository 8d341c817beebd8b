#include "rules/replay/standing.h"

#include <algorithm>
#include <string_view>

namespace postern::replay {

std::string to_string(const Standing& standing) {
  constexpr std::size_t kDay = std::string_view("2026-11-21").size();
  switch (standing.why) {
    case Standing::Why::well_known:
      return "well known";
    case Standing::Why::written_to:
      return "written to from here";
    case Standing::Why::history:
      return "in good standing since " + format_utc(standing.since).substr(0, kDay);
  }
  return {};
}

Standings::Domain* Standings::use(const std::string& domain) {
  if (domain.empty()) return nullptr;
  if (const auto known = domains_.find(domain); known != domains_.end()) return &known->second;
  return domains_.size() < kMaxDomains ? &domains_[domain] : nullptr;
}

void Standings::add(const std::string& domain, UtcTime time, const Outcome& outcome) {
  Domain* known = use(domain);
  if (known == nullptr) return;
  if (!outcome.is_accepted()) {
    // What was told to come later says nothing of whom it comes from.
    known->refused = known->refused || outcome.is_lost();
    return;
  }
  known->last = known->first ? std::max(known->last, time) : time;
  known->first = std::min(known->first.value_or(time), time);
}

void Standings::add_written_to(const std::string& domain) {
  if (Domain* known = use(domain)) known->written_to = true;
}

std::optional<Standing> Standings::of(const std::string& domain,
                                      const std::vector<const lists::DomainList*>& well_known,
                                      UtcTime now) const {
  using Why = Standing::Why;
  // A name below one that is well known belongs to it.
  for (std::string_view name = domain; !name.empty(); name = lists::parent_name(name)) {
    for (const lists::DomainList* list : well_known) {
      if (list->find(name, now) != lists::kNoEntry) return Standing{Why::well_known, {}};
    }
  }
  const auto found = domains_.find(domain);
  if (found == domains_.end()) return std::nullopt;
  const Domain& known = found->second;
  if (known.written_to) return Standing{Why::written_to, {}};
  const bool has_history = known.first && known.last - *known.first >= kHistory;
  if (!has_history || known.refused) return std::nullopt;
  return Standing{Why::history, *known.first};
}

}  // namespace postern::replay
