// Proposals that belong together as one line for the reader: 35 networks in a day are not 35
// decisions. They belong together when their domains look alike (`com-*.win`), or when their
// senders have an unusual local part in common, and less than a day lies between them. Pure;
// bounded.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rules/radar/proposal.h"

namespace postern::radar {

struct Campaign {
  std::uint64_t number = 0;  // C7
  std::string shape;         // of its domains; empty: they have none
  bool is_dismissed = false;
  std::vector<Proposal> proposals;  // never empty; the oldest first

  [[nodiscard]] Strength strength() const;
  [[nodiscard]] UtcTime last() const { return proposals.back().time; }
};

// `com-*.win` of com-a1.win, `*.win` of a1.win; empty of a name of one label, and of `*.com`,
// `*.net` and `*.org`, in which anything can be. Of a registrable domain.
std::string shape_of_domain(std::string_view domain);
// That of more than half of the domains; empty: there is none.
std::string shape_of(const std::vector<std::string>& domains);

class Campaigns {
 public:
  static constexpr std::size_t kMaxCampaigns = 500;  // the oldest go
  static constexpr std::size_t kMaxProposals = 500;  // of one campaign; then another one begins
  static constexpr std::chrono::hours kTogether{24};

  // The campaign that it belongs to. Valid until the next add().
  const Campaign& add(Proposal proposal);
  [[nodiscard]] const std::vector<Campaign>& all() const { return all_; }
  [[nodiscard]] const Campaign* find(std::uint64_t number) const;
  // REQUIRES: there is one with this number.
  void dismiss(std::uint64_t number);

  [[nodiscard]] std::string save() const;
  // False: damaged.
  [[nodiscard]] bool load(std::string_view text);

 private:
  std::uint64_t last_number_ = 0;
  std::vector<Campaign> all_;  // by number
};

}  // namespace postern::radar
