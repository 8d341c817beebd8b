#include "ctl/radar/radar_page.h"

#include <algorithm>
#include <sstream>
#include <vector>

#include "common/base/counted.h"
#include "common/base/whole_number.h"
#include "common/json/parse_json.h"
#include "rules/explain/condition_words.h"
#include "server/control/control_json.h"

namespace postern::ctl {
namespace {

using radar::Campaign;
using radar::Proposal;

constexpr std::size_t kShownEntries = 3;
constexpr std::size_t kShownTexts = 6;

std::string id_of(const Campaign& campaign) {
  return "C" + std::to_string(campaign.number);
}

std::string listed(const std::vector<std::string>& texts, std::size_t most) {
  std::string line;
  for (std::size_t i = 0; i < std::min(most, texts.size()); ++i) {
    if (i > 0) line += ", ";
    line += explain::for_terminal(texts[i]);
  }
  if (texts.size() > most) line += " and " + std::to_string(texts.size() - most) + " more";
  return line;
}

// All proposals of a campaign as they are by now, added up. One domain, recipient or message may
// have been in several pools.
struct Evidence {
  std::vector<std::string> entries;
  std::vector<std::string> domains;
  std::vector<std::string> local_parts;
  radar::HostCounts mail;
  std::size_t fresh = 0;
  std::size_t known = 0;
  std::size_t recipients = 0;
  UtcTime since = UtcTime::max();
};

void add_new(std::vector<std::string>& texts, const std::vector<std::string>& more) {
  for (const std::string& one : more) {
    if (std::find(texts.begin(), texts.end(), one) == texts.end()) texts.push_back(one);
  }
}

Evidence evidence_of(const RadarFeed& feed, const Campaign& campaign) {
  Evidence sum;
  for (const Proposal& told : campaign.proposals) {
    const Proposal one = feed.now(told);
    add_new(sum.entries, one.entries);
    add_new(sum.domains, one.domains);
    add_new(sum.local_parts, one.local_parts);
    sum.mail.accepted += one.mail.accepted;
    sum.mail.deferred += one.mail.deferred;
    sum.mail.refused += one.mail.refused;
    sum.mail.stopped += one.mail.stopped;
    sum.mail.nameless += one.mail.nameless;
    sum.fresh += one.fresh;
    sum.known += one.known_domains;
    sum.recipients += one.recipients;
    sum.since = std::min(sum.since, one.since);
  }
  return sum;
}

void write_evidence(std::ostream& out, const Evidence& sum, const std::string& shape) {
  out << "    " << counted(sum.fresh, "new sender domain", "new sender domains");
  if (!shape.empty()) out << " like " << explain::for_terminal(shape);
  out << ": " << listed(sum.domains, kShownTexts) << "\n    accepted " << sum.mail.accepted
      << ", refused " << sum.mail.refused << ", deferred " << sum.mail.deferred;
  if (sum.mail.stopped > 0) out << ", stopped since " << sum.mail.stopped;
  out << "; " << counted(sum.recipients, "recipient", "recipients") << "; clients without name "
      << sum.mail.nameless << " of " << sum.mail.mail() << "\n";
  if (!sum.local_parts.empty()) {
    out << "    local parts of senders: " << listed(sum.local_parts, kShownTexts) << "\n";
  }
  if (sum.known == 0) {
    out << "    no mail of a known domain came from there\n";
  } else {
    out << "    " << counted(sum.known, "known domain", "known domains")
        << " came from there as well: look before you block\n";
  }
}

json::object json_proposal(const Proposal& one) {
  return {{"kind", radar::to_string(one.kind)},
          {"key", control::json_text(one.key)},
          {"entries", control::json_texts(one.entries)},
          {"strength", radar::to_string(one.strength)},
          {"back", one.is_back},
          {"time", format_utc(one.time)},
          {"since", format_utc(one.since)},
          {"new_domains", one.fresh},
          {"domains", control::json_texts(one.domains)},
          {"known_domains", one.known_domains},
          {"local_parts", control::json_texts(one.local_parts)},
          {"recipients", one.recipients},
          {"accepted", one.mail.accepted},
          {"deferred", one.mail.deferred},
          {"refused", one.mail.refused},
          {"stopped", one.mail.stopped},
          {"nameless", one.mail.nameless}};
}

}  // namespace

std::optional<std::uint64_t> campaign_number(std::string_view text) {
  if (!text.starts_with('C') && !text.starts_with('c')) return std::nullopt;
  return parse_whole<std::uint64_t>(text.substr(1));
}

// The machine takes letters, digits, `.`, `_` and `-` for keys; a shell would take the `*`.
std::string shell_word(const std::string& entry) {
  return entry.find('*') == std::string::npos ? entry : "'" + entry + "'";
}

std::vector<std::string> entries_of(const Campaign& campaign) {
  std::vector<std::string> entries;
  for (const Proposal& one : campaign.proposals) add_new(entries, one.entries);
  return entries;
}

std::string block_reason(const Campaign& campaign) {
  return std::string(kRadarReason) + id_of(campaign);
}

std::string block_command(const Campaign& campaign) {
  std::string command = "posternctl block";
  for (const std::string& one : entries_of(campaign)) command += " " + shell_word(one);
  return command + " --for " + std::to_string(kBlockFor / std::chrono::days{1}) + "d --reason '" +
         block_reason(campaign) + "'";
}

std::string campaign_summary(const RadarFeed& feed, const Campaign& campaign) {
  const Evidence sum = evidence_of(feed, campaign);
  std::ostringstream out;
  out << id_of(campaign) << "  " << radar::to_string(campaign.strength()) << "  since "
      << format_utc(sum.since) << "  " << listed(sum.entries, kShownEntries) << "\n";
  write_evidence(out, sum, campaign.shape);
  out << "    " << block_command(campaign) << "\n";
  return out.str();
}

std::string radar_text(const RadarFeed& feed) {
  const radar::Radar& machine = feed.machine();
  std::ostringstream out;
  out << "read " << counted(feed.lines, "line", "lines") << ": "
      << counted(feed.events, "message", "messages") << " from "
      << counted(machine.domains(), "domain", "domains") << "; networks need "
      << machine.wanted_of_networks() << " new domains in 6 h\n";
  if (feed.sampled > 0) {
    out << "the log leaves out passes (" << counted(feed.sampled, "line stands", "lines stand")
        << " for several): campaigns are found late or not at all\n";
  }
  if (feed.without_time > 0) {
    out << counted(feed.without_time, "decision", "decisions") << " left out: without a time\n";
  }
  if (feed.unreadable > 0) {
    out << counted(feed.unreadable, "line", "lines") << " could not be read\n";
  }
  bool is_quiet = true;
  for (const radar::Strength strength : {radar::Strength::strong, radar::Strength::weak}) {
    for (const Campaign& one : feed.campaigns().all()) {
      if (one.is_dismissed || one.strength() != strength) continue;
      out << "\n" << campaign_summary(feed, one);
      is_quiet = false;
    }
  }
  if (is_quiet) out << "no campaign\n";
  return out.str();
}

std::string campaign_text(const RadarFeed& feed, const Campaign& campaign) {
  std::ostringstream out;
  out << id_of(campaign) << "  " << radar::to_string(campaign.strength()) << "  "
      << counted(campaign.proposals.size(), "proposal", "proposals") << "\n";
  for (const Proposal& told : campaign.proposals) {
    Campaign alone = campaign;
    alone.proposals = {told};
    out << "\n  " << radar::to_string(told.kind) << " " << explain::for_terminal(told.key) << ", "
        << radar::to_string(told.strength) << (told.is_back ? ", is back" : "") << ", proposed "
        << format_utc(told.time) << "\n";
    write_evidence(out, evidence_of(feed, alone), {});
  }
  out << "\n" << block_command(campaign) << "\n";
  return out.str();
}

json::object campaign_json(const RadarFeed& feed, const Campaign& campaign) {
  json::array proposals;
  for (const Proposal& told : campaign.proposals) {
    proposals.push_back(json_proposal(feed.now(told)));
  }
  return {{"id", id_of(campaign)},
          {"strength", radar::to_string(campaign.strength())},
          {"dismissed", campaign.is_dismissed},
          {"domains_like", control::json_text(campaign.shape)},
          {"command", block_command(campaign)},
          {"proposals", std::move(proposals)}};
}

json::object radar_json(const RadarFeed& feed) {
  json::array campaigns;
  for (const Campaign& one : feed.campaigns().all()) campaigns.push_back(campaign_json(feed, one));
  return {{"lines", feed.lines},
          {"decisions", feed.decisions},
          {"events", feed.events},
          {"sampled", feed.sampled},
          {"without_time", feed.without_time},
          {"unreadable", feed.unreadable},
          {"wanted_of_networks", feed.machine().wanted_of_networks()},
          {"campaigns", std::move(campaigns)}};
}

}  // namespace postern::ctl
