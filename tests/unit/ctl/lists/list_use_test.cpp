#include "ctl/lists/list_use.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/rules_from.h"

namespace postern::ctl::list_use_test {
namespace {

constexpr const char* kRules = R"(
version: 1
lists:
  trusted: { kind: network, entries: [192.0.2.0/24] }
  broken: { kind: domain, entries: [broken.example] }
  campaign:
    kind: domain
    entries: [.phish.example, { entry: let.phish.example, then: pass }]
  caught: { kind: domain, entries: [caught.example], then: discard }
  people: { kind: address, entries: [x@a.example, "@b.example", <>] }
  nets: { kind: network, entries: [198.51.100.0/24] }
  ours: { kind: domain, entries: [ours.example] }
  odd: { kind: domain, entries: [odd.example] }
rules:
  - { name: trusted, when: { client: trusted }, then: pass }
  - { name: broken, when: { sender_domain: broken }, then: skip sender_mx }
  - { name: ours, when: { recipient_domain: ours }, then: reject }
  - { name: campaign, when: { sender_domain: [campaign, inline.example] },
      then: [log seen, reject] }
  - { name: caught, when: { sender_domain: caught }, then: log }
  - { name: people, when: { sender: people }, then: defer }
  - { name: nets, when: { client: nets, not: { sender_domain: broken } }, then: hold }
  - { name: odd, when: { sender_domain: odd }, then: reject, mode: log }
  - { name: mx, when: { sender_domain: ours }, check: sender_mx, preset: standard }
)";

const UtcTime kNow = parse_expiry("2026-11-21T12:00:00Z").value();

class ListUses : public testing::Test {
 protected:
  template <class Fits>
  std::vector<std::string> names(Fits fits) const {
    std::vector<std::string> found;
    for (const ListUse& use : uses_of_lists(*rules_)) {
      if (fits(use)) found.push_back(use.list->name());
    }
    return found;
  }

  // `entry (rule)` of each that stands against a value.
  std::vector<std::string> against(lists::ListKind kind, const std::string& value) const {
    std::vector<std::string> found;
    for (const StandingEntry& standing : entries_that_block(*rules_, kind, value, kNow)) {
      found.push_back(standing.use.list->entry_text(standing.entry) + " (" +
                      standing.use.rule->name + ")");
    }
    return found;
  }

  std::shared_ptr<const Snapshot> rules_ = rules_from(kRules);
};

using Names = std::vector<std::string>;

TEST_F(ListUses, AgainstIsWhatRefusesDiscardsOrHolds) {
  EXPECT_EQ(names(blocks),
            (Names{"ours", "campaign", "inline", "caught", "people", "nets", "odd"}));
}

TEST_F(ListUses, ForIsWhatPassesOrSkips) {
  EXPECT_EQ(names([](const ListUse& use) { return allows(use, ""); }),
            (Names{"trusted", "broken"}));
  EXPECT_EQ(names([](const ListUse& use) { return allows(use, "sender_mx"); }), (Names{"broken"}));
  EXPECT_EQ(names([](const ListUse& use) { return allows(use, "other"); }), (Names{}));
}

TEST_F(ListUses, SaysWhatARuleDoes) {
  const auto uses = uses_of_lists(*rules_);
  EXPECT_EQ(describe(uses.front()), "rule 'trusted' (rules.yaml:15:5), by client: pass");
  const auto odd = std::find_if(uses.begin(), uses.end(),
                                [](const ListUse& use) { return use.list->name() == "odd"; });
  ASSERT_NE(odd, uses.end());
  EXPECT_NE(describe(*odd).find("mode log"), std::string::npos);
}

TEST_F(ListUses, FindsWhatRefusesADomain) {
  EXPECT_EQ(against(lists::ListKind::domain, "phish.example"),
            (Names{".phish.example (campaign)"}));
  EXPECT_EQ(against(lists::ListKind::domain, "a.phish.example"),
            (Names{".phish.example (campaign)"}));
  EXPECT_EQ(against(lists::ListKind::domain, "*.phish.example"),
            (Names{".phish.example (campaign)"}));
  EXPECT_EQ(against(lists::ListKind::domain, "inline.example"),
            (Names{"inline.example (campaign)"}));
  EXPECT_EQ(against(lists::ListKind::domain, "caught.example"), (Names{"caught.example (caught)"}));
  EXPECT_EQ(against(lists::ListKind::domain, "b.example"), (Names{"@b.example (people)"}));
  EXPECT_EQ(against(lists::ListKind::domain, "good.example"), (Names{}));
}

TEST_F(ListUses, WhatPassesOrOnlyNotesDoesNotRefuse) {
  EXPECT_EQ(against(lists::ListKind::domain, "let.phish.example"), (Names{}));
  EXPECT_EQ(against(lists::ListKind::domain, "odd.example"), (Names{}));
  EXPECT_EQ(against(lists::ListKind::domain, "ours.example"), (Names{}));
  EXPECT_EQ(against(lists::ListKind::network, "192.0.2.1"), (Names{}));
}

TEST_F(ListUses, FindsWhatRefusesAnAddressOrAClient) {
  EXPECT_EQ(against(lists::ListKind::address, "x@a.example"), (Names{"x@a.example (people)"}));
  EXPECT_EQ(against(lists::ListKind::address, "y@phish.example"),
            (Names{".phish.example (campaign)"}));
  EXPECT_EQ(against(lists::ListKind::address, "<>"), (Names{"<> (people)"}));
  EXPECT_EQ(against(lists::ListKind::network, "198.51.100.7"), (Names{"198.51.100.0/24 (nets)"}));
}

}  // namespace
}  // namespace postern::ctl::list_use_test
