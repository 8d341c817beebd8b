#include "tests/support/radar_evaluation.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <set>
#include <sstream>

#include "rules/radar/pool_keys.h"

namespace postern::radar::test {
namespace {

// Empty when there is no such file.
std::string read(const std::string& file) {
  const std::string command =
      (file.ends_with(".gz") ? "exec gzip -dc '" : "exec cat '") + file + "' 2>/dev/null";
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), &pclose);
  std::string text;
  std::vector<char> buffer(std::size_t{1} << 16);
  for (std::size_t got = 1; pipe && got > 0;) {
    got = fread(buffer.data(), 1, buffer.size(), pipe.get());
    text.append(buffer.data(), got);
  }
  return text;
}

struct Campaign {
  std::set<std::string> domains;
  std::size_t mail = 0;
  std::size_t accepted = 0;
  std::size_t leaked = 0;
  bool is_proposed = false;
};

class Evaluation {
 public:
  Evaluation(const Data& data, Limits limits, Operator who)
      : site_(data.site()),
        well_known_(data.well_known.begin(), data.well_known.end()),
        radar_(data.site(), secret_of(1), 1, limits),
        entries_(who) {}

  void know(const Mail& mail) {
    Campaign& campaign = campaign_of(mail);
    ++campaign.mail;
    if (mail.outcome == Outcome::accepted) ++campaign.accepted;
    const bool is_own =
        std::find(site_.own.begin(), site_.own.end(), mail.domain) != site_.own.end();
    if (mail.domain.empty() || is_own || is_well_known(mail.domain)) return;
    campaign.domains.emplace(site_.suffixes.registrable(mail.domain));
  }

  void add(Mail mail) {
    Campaign& campaign = campaign_of(mail);
    const bool was_accepted = mail.outcome == Outcome::accepted;
    if (entries_.stops(mail)) {
      mail.outcome = Outcome::stopped;
      campaign.is_proposed = true;
      if (was_accepted && is_well_known(mail.domain)) hit_.insert(mail.domain);
    } else if (was_accepted) {
      ++campaign.leaked;
    }
    const auto proposals = radar_.add(mail.event());
    for (const Proposal& one : proposals) {
      campaign.is_proposed = campaign.is_proposed || one.kind == PoolKind::network;
      tally_.proposals.push_back(one);
    }
    entries_.take(proposals);
  }
  void add_flood(const Mail& mail) { entries_.take(radar_.add(mail.event())); }

  Tally finish() {
    constexpr std::size_t kDomains = 5;
    for (const auto& [network, campaign] : campaigns_) {
      if (campaign.domains.size() < kDomains || campaign.accepted == 0) continue;
      ++tally_.campaigns;
      tally_.accepted += campaign.accepted;
      tally_.leaked += campaign.leaked;
      tally_.most_leaked = std::max(tally_.most_leaked, campaign.leaked);
      tally_.proposed += campaign.is_proposed ? 1 : 0;
      tally_.in_goal += campaign.leaked <= std::max<std::size_t>(10, campaign.mail / 100) ? 1 : 0;
    }
    tally_.legitimate = hit_.size();
    return tally_;
  }

 private:
  Campaign& campaign_of(const Mail& mail) { return campaigns_[network_text(mail.client)]; }
  [[nodiscard]] bool is_well_known(const std::string& domain) const {
    return well_known_.contains(domain) ||
           well_known_.contains(std::string(site_.suffixes.registrable(domain)));
  }

  Site site_;
  std::set<std::string> well_known_;
  Radar radar_;
  Entries entries_;
  std::map<std::string, Campaign> campaigns_;
  std::set<std::string> hit_;
  Tally tally_;
};

}  // namespace

Data::Data(const std::string& folder)
    : suffixes(read(folder + "/domains/public_suffix_list.dat.gz")),
      small_mx(read_envelopes(read(folder + "/envelopes/small-mx-2015-10-22.anon.tsv.gz"))),
      pixelpark(read_envelopes(read(folder + "/envelopes/pixelpark-envelopes.anon.tsv.gz"))) {
  std::istringstream lines(read(folder + "/domains/opendns-top-domains.txt") +
                           read(folder + "/domains/rspamd-freemail.txt"));
  for (std::string line; std::getline(lines, line);) well_known.push_back(line);
}

Tally evaluate(const Data& data, const std::vector<Mail>& mail, const std::vector<Mail>& flood,
               Limits limits, Operator who) {
  Evaluation evaluation(data, limits, who);
  for (const Mail& one : mail) evaluation.know(one);
  auto next = flood.begin();
  for (const Mail& one : mail) {
    for (; next != flood.end() && next->time <= one.time; ++next) evaluation.add_flood(*next);
    evaluation.add(one);
  }
  return evaluation.finish();
}

std::vector<Mail> flood_over(const std::vector<Mail>& mail, std::size_t messages) {
  constexpr std::uint64_t kSeed = 7;
  std::mt19937_64 random(kSeed);
  const UtcTime begin = mail.front().time;
  const auto span = mail.back().time - begin;
  std::vector<Mail> flood;
  for (std::size_t i = 0; i < messages; ++i) {
    flood.push_back(flood_mail(
        random, begin + span * static_cast<std::int64_t>(i) / static_cast<std::int64_t>(messages)));
  }
  return flood;
}

Leak leak_of_2013(Radar& radar, std::uint64_t seed, UtcTime begin) {
  std::mt19937_64 random(seed);
  Entries entries;
  Leak leak;
  std::size_t number = 0;
  for (Mail& one : campaign_of_2013(random, begin)) {
    ++number;
    const bool is_stopped = entries.stops(one);
    if (is_stopped) one.outcome = Outcome::stopped;
    if (!is_stopped) ++leak.leaked;
    const auto proposals = radar.add(one.event());
    if (!proposals.empty() && leak.proposed_after == 0) leak.proposed_after = number;
    entries.take(proposals);
  }
  return leak;
}

}  // namespace postern::radar::test
