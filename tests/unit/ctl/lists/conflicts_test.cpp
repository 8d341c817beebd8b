#include "ctl/lists/guards.h"

#include <gtest/gtest.h>

#include "tests/support/rules_from.h"

namespace postern::ctl::conflicts_test {
namespace {

using Texts = std::vector<std::string>;

constexpr const char* kRules = R"(
version: 1
lists:
  partners: { kind: domain, entries: [.partner.example] }
  old: { kind: domain, entries: [{ entry: was.example, expires: 2026-11-01 }] }
  dry: { kind: domain, entries: [dry.example] }
  ours: { kind: domain, entries: [ours.example] }
  campaign:
    kind: domain
    entries:
      - phish.example
      - { entry: let.example, then: pass }
      - { entry: lost.example, then: discard }
  late: { kind: domain, entries: [late.example] }
rules:
  - { name: partners, when: { sender_domain: [partners, old] }, then: pass }
  - { name: dry, when: { sender_domain: dry }, then: pass, mode: log }
  - { name: ours, when: { recipient_domain: ours }, then: pass }
  - { name: campaign, when: { sender_domain: campaign }, then: reject }
  - { name: late, when: { sender_domain: late }, then: pass }
)";

const UtcTime kNow = parse_expiry("2026-11-21T12:00:00Z").value();

class Conflicts : public testing::Test {
 protected:
  [[nodiscard]] std::vector<ListUse> uses(const std::string& list) const {
    std::vector<ListUse> found = uses_of_lists(*rules_);
    std::erase_if(found, [&](const ListUse& use) { return use.list->name() != list; });
    return found;
  }

  [[nodiscard]] Texts above(const std::string& list, const std::string& value,
                            Intent intent) const {
    return decided_above(*rules_, uses(list), lists::ListKind::domain, value, intent, kNow);
  }

  // The lines of `entry` in the list of the rule file.
  [[nodiscard]] std::optional<std::string> conflict(const std::string& entry, Intent intent) const {
    const auto list = rules_->find_list("campaign");
    std::vector<int> lines;
    for (lists::EntryId id = 0; id < list->entries().size(); ++id) {
      if (list->entry_text(id) == entry) lines.push_back(list->entries().line(id));
    }
    EXPECT_EQ(lines.size(), 1U) << entry;
    return conflicting_entry(*list, lines, intent);
  }

  std::shared_ptr<const Snapshot> rules_ = rules_from(kRules);
};

TEST_F(Conflicts, AnEntryOfTheListWithAnActionOfItsOwn) {
  EXPECT_EQ(conflict("let.example", Intent::block),
            "rules.yaml:12: let.example is there with an action of its own (then=), which is "
            "another; unblock it first");
  EXPECT_TRUE(conflict("lost.example", Intent::allow));
}

TEST_F(Conflicts, AnEntryThatDoesWhatIsWantedIsNone) {
  EXPECT_FALSE(conflict("let.example", Intent::allow));
  EXPECT_FALSE(conflict("lost.example", Intent::block));
  EXPECT_FALSE(conflict("phish.example", Intent::allow)) << "it has no action of its own";
}

TEST_F(Conflicts, EntriesOnOtherLinesAreNone) {
  EXPECT_FALSE(conflicting_entry(*rules_->find_list("campaign"), {}, Intent::block));
  EXPECT_FALSE(conflicting_entry(*rules_->find_list("campaign"), {1, 99}, Intent::block));
}

TEST_F(Conflicts, ARuleAboveDecidesFirst) {
  const Texts found = above("campaign", "a.partner.example", Intent::block);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_TRUE(
      found[0].starts_with("but decided above by .partner.example (rules.yaml:4), rule "
                           "'partners'"))
      << found[0];
  EXPECT_EQ(above("late", "phish.example", Intent::allow).size(), 1U);
}

TEST_F(Conflicts, AnEntryAboveDoesWhatItSaysOfItself) {
  EXPECT_EQ(above("late", "let.example", Intent::block).size(), 1U);
  EXPECT_EQ(above("late", "let.example", Intent::allow), Texts{});
  EXPECT_EQ(above("late", "lost.example", Intent::allow).size(), 1U);
}

TEST_F(Conflicts, OthersDoNot) {
  EXPECT_EQ(above("campaign", "a.partner.example", Intent::allow), Texts{}) << "the same way";
  EXPECT_EQ(above("campaign", "other.example", Intent::block), Texts{}) << "hits nothing";
  EXPECT_EQ(above("campaign", "late.example", Intent::block), Texts{}) << "stands below";
  EXPECT_EQ(above("campaign", "was.example", Intent::block), Texts{}) << "its time is over";
  EXPECT_EQ(above("campaign", "dry.example", Intent::block), Texts{}) << "is a dry run";
  EXPECT_EQ(above("campaign", "ours.example", Intent::block), Texts{}) << "is of recipients";
}

}  // namespace
}  // namespace postern::ctl::conflicts_test
