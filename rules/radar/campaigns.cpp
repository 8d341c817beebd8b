#include "rules/radar/campaigns.h"

#include <algorithm>
#include <map>

#include "rules/radar/peculiar_words.h"
#include "rules/radar/state_text.h"

namespace postern::radar {
namespace {

bool have_local_part_in_common(const Proposal& one, const Proposal& other) {
  return std::any_of(one.local_parts.begin(), one.local_parts.end(), [&](const std::string& local) {
    return !peculiar_local_part(local, {}).empty() &&
           std::find(other.local_parts.begin(), other.local_parts.end(), local) !=
               other.local_parts.end();
  });
}

bool belongs_to(const Proposal& proposal, const std::string& shape, const Campaign& campaign) {
  if (campaign.is_dismissed || campaign.proposals.size() >= Campaigns::kMaxProposals ||
      campaign.last() + Campaigns::kTogether < proposal.time) {
    return false;
  }
  return (!shape.empty() && shape == campaign.shape) ||
         have_local_part_in_common(proposal, campaign.proposals.back());
}

void write(StateWriter& out, const Proposal& one) {
  const auto texts = [&](const std::vector<std::string>& all) {
    out.list(all, [&](const std::string& text) { out.text(text); });
  };
  out.number(static_cast<unsigned>(one.kind));
  out.text(one.key);
  texts(one.entries);
  out.number(static_cast<unsigned>(one.strength));
  out.number(one.is_back);
  out.time(one.time);
  out.time(one.since);
  texts(one.domains);
  texts(one.local_parts);
  for (const auto number : {one.fresh, one.known_domains, one.recipients}) out.number(number);
  for (const auto number : {one.mail.accepted, one.mail.deferred, one.mail.refused,
                            one.mail.stopped, one.mail.nameless, one.mail.provided}) {
    out.number(number);
  }
}

// A number below `end`, as the value of an enumeration.
template <class Value>
void read_value(StateReader& in, Value& value, std::size_t end) {
  std::uint8_t number = 0;
  in.number(number);
  if (number >= end) return in.fail();
  value = static_cast<Value>(number);
}

void read(StateReader& in, Proposal& one) {
  const auto texts = [&](std::vector<std::string>& all) {
    in.list([&] { in.text(all.emplace_back()); });
  };
  read_value(in, one.kind, kPoolKinds);
  in.text(one.key);
  texts(one.entries);
  read_value(in, one.strength, 2);
  in.number(one.is_back);
  in.time(one.time);
  in.time(one.since);
  texts(one.domains);
  texts(one.local_parts);
  for (auto* number : {&one.fresh, &one.known_domains, &one.recipients}) in.number(*number);
  for (auto* number : {&one.mail.accepted, &one.mail.deferred, &one.mail.refused, &one.mail.stopped,
                       &one.mail.nameless, &one.mail.provided}) {
    in.number(*number);
  }
}

}  // namespace

Strength Campaign::strength() const {
  const bool is_strong = std::any_of(proposals.begin(), proposals.end(), [](const Proposal& one) {
    return one.strength == Strength::strong;
  });
  return is_strong ? Strength::strong : Strength::weak;
}

std::string shape_of_domain(std::string_view domain) {
  const std::size_t dot = domain.find('.');
  if (dot == std::string_view::npos) return {};
  const std::string_view suffix = domain.substr(dot);
  const std::size_t hyphen = domain.substr(0, dot).find('-');
  if (hyphen != std::string_view::npos && hyphen > 0) {
    return std::string(domain.substr(0, hyphen + 1)) + '*' + std::string(suffix);
  }
  const bool is_anything = suffix == ".com" || suffix == ".net" || suffix == ".org";
  return is_anything ? std::string() : '*' + std::string(suffix);
}

std::string shape_of(const std::vector<std::string>& domains) {
  std::map<std::string, std::size_t> shapes;
  for (const std::string& one : domains) ++shapes[shape_of_domain(one)];
  for (const auto& [shape, count] : shapes) {
    if (count * 2 > domains.size()) return shape;
  }
  return {};
}

const Campaign& Campaigns::add(Proposal proposal) {
  const std::string shape = shape_of(proposal.domains);
  const auto same = std::find_if(all_.rbegin(), all_.rend(), [&](const Campaign& one) {
    return belongs_to(proposal, shape, one);
  });
  if (same != all_.rend()) {
    same->proposals.push_back(std::move(proposal));
    return *same;
  }
  if (all_.size() >= kMaxCampaigns) all_.erase(all_.begin());
  return all_.emplace_back(Campaign{.number = ++last_number_,
                                    .shape = shape,
                                    .is_dismissed = false,
                                    .proposals = {std::move(proposal)}});
}

const Campaign* Campaigns::find(std::uint64_t number) const {
  const auto found = std::find_if(all_.begin(), all_.end(),
                                  [&](const Campaign& one) { return one.number == number; });
  return found == all_.end() ? nullptr : &*found;
}

void Campaigns::dismiss(std::uint64_t number) {
  const auto found = std::find_if(all_.begin(), all_.end(),
                                  [&](const Campaign& one) { return one.number == number; });
  found->is_dismissed = true;
}

std::string Campaigns::save() const {
  StateWriter out;
  out.word("campaigns");
  out.number(last_number_);
  out.number(all_.size());
  out.end_line();
  for (const Campaign& one : all_) {
    out.number(one.number);
    out.text(one.shape);
    out.number(one.is_dismissed);
    out.list(one.proposals, [&](const Proposal& proposal) { write(out, proposal); });
    out.end_line();
  }
  return out.take();
}

bool Campaigns::load(std::string_view text) {
  StateReader in(text);
  std::size_t size = 0;
  if (in.word() != "campaigns") in.fail();
  in.number(last_number_);
  in.number(size);
  in.end_line();
  if (size > kMaxCampaigns) in.fail();
  for (std::size_t i = 0; in.is_good() && i < size; ++i) {
    Campaign& one = all_.emplace_back();
    in.number(one.number);
    in.text(one.shape);
    in.number(one.is_dismissed);
    in.list([&] { read(in, one.proposals.emplace_back()); });
    if (one.proposals.empty()) in.fail();
    in.end_line();
  }
  return in.is_good() && in.is_at_end();
}

}  // namespace postern::radar
