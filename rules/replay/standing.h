// How sender domains stand at a site: whose mail is good, as far as what is replayed tells. Pure;
// one thread; bounded.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/lists/domain_list.h"
#include "rules/replay/past.h"

namespace postern::replay {

struct Standing {
  enum class Why : std::uint8_t {
    well_known,  // in a list of `well_known:`
    written_to,  // somebody of this site has written there
    history,     // mail from there has come for kHistory, and none was refused
  } why = Why::history;
  UtcTime since;  // of a history
};

std::string to_string(const Standing& standing);

class Standings {
 public:
  // As long as a domain is new to the radar (docs/radar.md).
  static constexpr std::chrono::hours kHistory{72};
  static constexpr std::size_t kMaxDomains = 500'000;  // of further ones nothing is known

  void add(const std::string& domain, UtcTime time, const Outcome& outcome);
  void add_written_to(const std::string& domain);

  // Nothing: nobody knows that it is good.
  [[nodiscard]] std::optional<Standing> of(const std::string& domain,
                                           const std::vector<const lists::DomainList*>& well_known,
                                           UtcTime now) const;

 private:
  struct Domain {
    std::optional<UtcTime> first;  // accepted mail
    UtcTime last;
    bool refused = false;
    bool written_to = false;
  };
  Domain* use(const std::string& domain);

  std::map<std::string, Domain, std::less<>> domains_;
};

}  // namespace postern::replay
