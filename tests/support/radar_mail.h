// Mail for the radar: days of real mail from a file, and days that are made up (seeded). And what
// is done with proposals: each is taken at once, and from then on stops what it fits.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/ip_network.h"
#include "rules/radar/radar.h"

namespace postern::radar::test {

struct Mail {
  UtcTime time;
  IpAddress client;
  std::string client_name;
  std::string helo;
  std::string local;
  std::string domain;
  std::string recipient;
  Outcome outcome = Outcome::accepted;
  bool was_accepted = false;

  [[nodiscard]] Event event() const {
    return {time, client, client_name, helo, local, domain, recipient, outcome, was_accepted};
  }
};

// The start of all that is made up.
UtcTime first_day();

// A secret of its own for each number.
KeyedHash::Secret secret_of(std::uint64_t number);

// Rows of time, ACCEPT or REJECT, queue id, stage, client name, client, HELO, sender, recipient and
// reason. What came from this machine is left out.
std::vector<Mail> read_envelopes(std::string_view text);

// Legitimate mail alone: domains by popularity, at providers, mass mailers, hosters small and
// large, and alone.
class LegitimateMail {
 public:
  explicit LegitimateMail(std::uint64_t seed, std::size_t domains = 150000);
  // Calls `take` for each message of `day`, in order of time; `Mail` is reused.
  void day(int number, int messages, const std::function<void(const Mail&)>& take);

 private:
  struct Home {
    std::uint32_t first_network;
    std::uint32_t networks;
    std::uint32_t address;  // of a domain that has one of its own
    std::string name;       // of its host; empty: from the address
    int kind;
  };
  void place(std::size_t domain);
  void write_client(Mail& mail, const Home& home);

  std::mt19937_64 random_;
  std::vector<double> popularity_;  // summed up
  std::vector<Home> homes_;
  std::vector<std::uint32_t> hosting_;  // a /24 for each place in it
};

// One message of a botnet that has nothing in common with any other.
Mail flood_mail(std::mt19937_64& random, UtcTime time);

// 2,035 messages in six hours from anywhere; 90 domains come into use one by one, each below one of
// four labels.
std::vector<Mail> campaign_of_2013(std::mt19937_64& random, UtcTime begin);

// Who takes proposals, and what stands until then.
struct Operator {
  std::chrono::minutes looks_after{0};
  std::chrono::minutes brake{0};  // of strong ones, from the proposal on
};

// The entries of proposals, each for a week.
class Entries {
 public:
  explicit Entries(Operator who = {}) : who_(who) {}
  void take(const std::vector<Proposal>& proposals);
  [[nodiscard]] bool stops(const Mail& mail) const;

 private:
  struct Entry {
    Proposal proposal;
    UtcTime from;
    UtcTime until;
  };
  Operator who_;
  std::vector<Entry> entries_;
};

}  // namespace postern::radar::test
