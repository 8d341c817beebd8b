#include "rules/load/list_loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/rules_from.h"

namespace postern::load::list_loader_test {
namespace {

using testing::HasSubstr;

constexpr const char* kRules = R"(version: 1
lists:
  big: { kind: domain, file: big.txt, then: reject 550 5.7.1 "one" }
  small: { kind: network, file: small.txt }
  here: { kind: text, entries: [x, y] }
rules: []
)";

const ListFiles kFiles = {{"big.txt", "a.example\nb.example reason=r\n"},
                          {"small.txt", "192.0.2.0/24\n"},
                          {"other.txt", "a.example\nb.example reason=r\n"}};

std::shared_ptr<Snapshot> load(std::string_view rules, const ListFiles& files,
                               const Snapshot* previous, Diagnostics& diagnostics) {
  return load_rules(rules, "rules.yaml", reader_of(files), 1, {}, diagnostics, previous);
}

std::shared_ptr<Snapshot> load(std::string_view rules, const ListFiles& files,
                               const Snapshot* previous) {
  Diagnostics diagnostics;
  auto snapshot = load(rules, files, previous, diagnostics);
  if (!snapshot) throw std::runtime_error(diagnostics.to_string());
  return snapshot;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  if (at == std::string::npos) throw std::runtime_error("not there");
  return text.replace(at, from.size(), to);
}

TEST(ListLoader, WhatDidNotChangeIsShared) {
  const auto before = load(kRules, kFiles, nullptr);
  ListFiles files = kFiles;
  files["small.txt"] = "192.0.2.0/24\n198.51.100.0/24\n";
  const auto after = load(kRules, files, before.get());
  EXPECT_EQ(after->find_list("big"), before->find_list("big"));
  EXPECT_NE(after->find_list("small"), before->find_list("small"));
  EXPECT_EQ(after->find_list("small")->entries().size(), 2U);
  EXPECT_NE(after->find_list("here"), before->find_list("here")) << "it is in the rule file";
}

TEST(ListLoader, ASharedListOutlivesItsFirstGeneration) {
  auto before = load(kRules, kFiles, nullptr);
  const auto after = load(kRules, kFiles, before.get());
  const std::weak_ptr<Snapshot> gone = before;
  before.reset();
  EXPECT_TRUE(gone.expired());
  const auto& list = static_cast<const lists::DomainList&>(*after->find_list("big"));
  EXPECT_EQ(list.find("b.example", UtcTime{}), 1U);
}

struct Change {
  const char* what;
  const char* from;
  const char* to;
};

TEST(ListLoader, WhatALoadDependsOnTellsListsApart) {
  const auto before = load(kRules, kFiles, nullptr);
  for (const Change& c :
       {Change{"kind", "big: { kind: domain", "big: { kind: text"},
        Change{"file", "big.txt", "other.txt"}, Change{"action", "\"one\"", "\"two\""},
        Change{"no action", ", then: reject 550 5.7.1 \"one\"", ""},
        Change{"other action", "reject 550 5.7.1", "hold"},
        Change{"may shrink", "big.txt", "big.txt, may_shrink: yes"}}) {
    const auto after = load(replaced(kRules, c.from, c.to), kFiles, before.get());
    EXPECT_NE(after->find_list("big"), before->find_list("big")) << c.what;
    EXPECT_EQ(after->find_list("small"), before->find_list("small")) << c.what;
  }
}

TEST(ListLoader, TheSameActionInOtherWordsIsTheSame) {
  const auto before = load(kRules, kFiles, nullptr);
  const auto after =
      load(replaced(kRules, "then: reject 550 5.7.1 \"one\"", "then: { reject: 550 5.7.1 one }"),
           kFiles, before.get());
  EXPECT_EQ(after->find_list("big"), before->find_list("big"));
}

TEST(ListLoader, AnotherNameIsAnotherList) {
  const auto before = load(kRules, kFiles, nullptr);
  const auto after = load(replaced(kRules, "big:", "huge:"), kFiles, before.get());
  EXPECT_NE(after->find_list("huge"), before->find_list("big"));
  EXPECT_EQ(after->find_list("huge")->name(), "huge");
}

TEST(ListLoader, WhatWasWrongIsSaidAgainEachTime) {
  const auto before = load(kRules, kFiles, nullptr);
  ListFiles files = kFiles;
  files["big.txt"] = "a..example\n";
  for (int round = 0; round < 2; ++round) {
    Diagnostics diagnostics;
    EXPECT_FALSE(load(kRules, files, before.get(), diagnostics));
    EXPECT_THAT(diagnostics.to_string(), HasSubstr("big.txt:1:1: error: 'a..example'"));
  }
  files.erase("big.txt");
  Diagnostics diagnostics;
  EXPECT_FALSE(load(kRules, files, before.get(), diagnostics));
  EXPECT_THAT(diagnostics.to_string(), HasSubstr("cannot open big.txt"));
}

// By the rule's action where the list has none of its own: that is not the list's business.
TEST(ListLoader, SharedListsActAsTheRulesNowSay) {
  const std::string rules =
      "version: 1\nlists: { l: { kind: domain, file: big.txt } }\nrules:\n"
      "  - { name: r, when: { sender_domain: l }, then: reject }\n";
  const auto before = load(rules, kFiles, nullptr);
  const auto after = load(replaced(rules, "then: reject", "then: hold"), kFiles, before.get());
  EXPECT_EQ(after->find_list("l"), before->find_list("l"));
  EXPECT_EQ(after->predicates()[0].lists[0], after->find_list("l").get());
  EXPECT_EQ(kind_of(after->rules()[0].then()->at(0)), ActionKind::hold);
}

TEST(ListLoader, MayShrink) {
  const auto rules = load(
      "version: 1\nlists:\n  a: { kind: text, entries: [], may_shrink: yes }\n"
      "  b: { kind: text, entries: [], may_shrink: no }\n  c: { kind: text, entries: [] }\n"
      "rules: []\n",
      {}, nullptr);
  EXPECT_EQ(rules->find_list("a")->origin().shrinking, lists::Shrinking::expected);
  EXPECT_EQ(rules->find_list("b")->origin().shrinking, lists::Shrinking::suspicious);
  EXPECT_EQ(rules->find_list("c")->origin().shrinking, lists::Shrinking::suspicious);
  EXPECT_THAT(complaints_about("version: 1\nlists: { a: { kind: text, entries: [], may_shrink: 3 } "
                               "}\nrules: []\n"),
              HasSubstr("may_shrink: found '3'"));
}

}  // namespace
}  // namespace postern::load::list_loader_test
