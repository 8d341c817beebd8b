// How much of a day's campaigns the radar lets through, when each proposal is taken at once or
// later.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tests/support/radar_mail.h"

namespace postern::radar::test {

// Real mail and lists, which are not part of the project.
struct Data {
  // Of the folder that holds them; without it all is empty.
  explicit Data(const std::string& folder);
  [[nodiscard]] Site site() const {
    return {suffixes, well_known, {"own1.example", "own2.example"}};
  }

  PublicSuffixes suffixes;
  std::vector<Mail> small_mx;
  std::vector<Mail> pixelpark;
  std::vector<std::string> well_known;
};

// A campaign is a /24 with five registrable sender domains or more that are not well known, of
// which mail was accepted. In goal: at most ten of its messages, or one in a hundred, came through.
struct Tally {
  std::vector<Proposal> proposals;
  std::size_t campaigns = 0;
  std::size_t in_goal = 0;
  std::size_t proposed = 0;
  std::size_t accepted = 0;  // of the campaigns' mail, without the radar
  std::size_t leaked = 0;    // with it
  std::size_t most_leaked = 0;
  std::size_t legitimate = 0;  // well-known domains of which accepted mail was stopped
};
Tally evaluate(const Data& data, const std::vector<Mail>& mail, const std::vector<Mail>& flood = {},
               Limits limits = {}, Operator who = {});

// So many messages of a botnet, over the time of `mail`.
std::vector<Mail> flood_over(const std::vector<Mail>& mail, std::size_t messages);

struct Leak {
  std::size_t proposed_after = 0;
  std::size_t leaked = 0;
};
// The campaign of 2013 against a radar that knows no mail or has learned, proposals taken at once.
Leak leak_of_2013(Radar& radar, std::uint64_t seed, UtcTime begin);

}  // namespace postern::radar::test
