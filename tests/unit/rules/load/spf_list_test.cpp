// `spf:` of a list: what is taken of the kept file, and what is said about it.
#include "rules/load/spf_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "rules/lists/network_list.h"
#include "rules/load/rule_file.h"
#include "rules/load/shrunk_lists.h"
#include "tests/support/rules_from.h"

namespace postern::load::spf_list_test {
namespace {

using testing::HasSubstr;

struct Loaded {
  std::shared_ptr<Snapshot> snapshot;
  std::string said;

  [[nodiscard]] const lists::NetworkList& list() const {
    return static_cast<const lists::NetworkList&>(*snapshot->find_list("big"));
  }
  [[nodiscard]] bool has(std::string_view address) const {
    return list().find(IpAddress::parse(address).value(), UtcTime{}) != lists::kNoEntry;
  }
};

Loaded load(const std::string& list, const std::optional<std::string>& kept,
            const Snapshot* previous = nullptr) {
  ReadListFile read([](const std::string&) -> Result<std::string_view> {
    return failure("there are no list files");
  });
  read.with_kept([&](const std::string& name) -> ReadListFile::Kept {
    const std::string path = "/state/spf/" + name;
    if (!kept) return {path, failure("cannot open " + path)};
    return {path, std::string_view(*kept)};
  });
  Diagnostics diagnostics;
  Loaded loaded;
  const std::string text = "version: 1\nlists:\n  big: { " + list +
                           " }\nrules:\n  - { name: r, when: { client: big }, then: pass }\n";
  loaded.snapshot = load_rules(text, "rules.yaml", read, 7, LoadTarget{}, diagnostics, previous);
  loaded.said = diagnostics.to_string();
  return loaded;
}

constexpr const char* kBoth = "kind: network, spf: [a.example, b.example]";
constexpr const char* kKept =
    "# head\n192.0.2.0/24 owner=\"a.example\"\n198.51.100.0/24 owner=\"a.example b.example\"\n";

TEST(SpfList, HasWhatIsKept) {
  const auto loaded = load(kBoth, kKept);
  EXPECT_EQ(loaded.said, "");
  EXPECT_TRUE(loaded.has("192.0.2.9"));
  EXPECT_FALSE(loaded.has("192.0.3.9"));
  EXPECT_EQ(loaded.list().file(), "/state/spf/big");
  EXPECT_EQ(loaded.list().entries().line(1), 3);
  EXPECT_EQ(loaded.list().entries().data(1)->owner, "a.example b.example");
}

TEST(SpfList, HasItsOwnEntriesAsWell) {
  const auto loaded = load(
      "kind: network, spf: a.example, entries: [203.0.113.1, { entry: 203.0.113.2, reason: x }]",
      kKept);
  EXPECT_EQ(loaded.said, "");
  EXPECT_TRUE(loaded.has("203.0.113.2"));
  EXPECT_TRUE(loaded.has("192.0.2.9"));
  EXPECT_EQ(loaded.list().file_of(1), "rules.yaml");
  EXPECT_EQ(loaded.list().entries().line(1), 3);
  EXPECT_EQ(loaded.list().file_of(2), "/state/spf/big");
  EXPECT_EQ(loaded.list().entries().line(2), 2);
}

TEST(SpfList, HasNothingOfDomainsThatItDoesNotName) {
  const auto loaded = load("kind: network, spf: [b.example]", kKept);
  EXPECT_EQ(loaded.said, "");
  EXPECT_FALSE(loaded.has("192.0.2.9"));
  EXPECT_TRUE(loaded.has("198.51.100.9"));
  EXPECT_EQ(loaded.list().entries().data(0)->owner, "b.example");
}

TEST(SpfList, SaysWhatIsNotKnownYet) {
  const auto first = load(kBoth, std::nullopt);
  ASSERT_TRUE(first.snapshot);
  EXPECT_THAT(first.said,
              HasSubstr("rules.yaml:3:30: warning: list 'big': no network of a.example, "
                        "b.example is known: cannot open /state/spf/big; a daemon "
                        "asks for them"));
  const auto later = load("kind: network, spf: [a.example, c.example]", kKept);
  EXPECT_THAT(later.said, HasSubstr("no network of c.example is known: /state/spf/big has none"));
}

TEST(SpfList, SaysWhatToSetWhereNothingIsKept) {
  EXPECT_EQ(
      complaints_about("version: 1\nlists:\n  big: { kind: network, spf: [a.example] }\n"
                       "rules: [{ name: r, when: { client: big }, then: pass }]\n"),
      "rules.yaml:3:30: warning: list 'big': found no folder where the networks of a.example "
      "are kept, so that they stay unknown, and what is refused below a rule that spares them "
      "is deferred, want 'state: /var/lib/postern' in the settings\n");
}

TEST(SpfList, KnowsWhatDomainsPublishNothing) {
  const std::string kept = std::string(kKept) + "none owner=\"c.example\"\n";
  const auto loaded = load("kind: network, spf: [a.example, c.example]", kept);
  EXPECT_EQ(loaded.said, "");
  EXPECT_TRUE(loaded.list().unknown().empty());
  const auto other = load("kind: network, spf: [a.example, d.example]", kept);
  EXPECT_EQ(other.list().unknown(), std::vector{DomainName::parse("d.example").value()});
  const std::string more = "kind: network, spf: [a.example, d.example], entries: [203.0.113.1]";
  EXPECT_EQ(load(more, std::nullopt, other.snapshot.get()).list().unknown().size(), 1U)
      << "what stays of an earlier list";
  EXPECT_EQ(load(more, std::nullopt).list().unknown().size(), 2U);
}

TEST(SpfList, KeepsWhatItHadWhenTheFileIsGone) {
  const auto before = load(kBoth, kKept);
  const auto after = load(kBoth, std::nullopt, before.snapshot.get());
  EXPECT_EQ(after.said, "");
  EXPECT_EQ(after.snapshot->find_list("big"), before.snapshot->find_list("big"));
  const auto with_own =
      load(std::string(kBoth) + ", entries: [203.0.113.1]", std::nullopt, before.snapshot.get());
  EXPECT_TRUE(with_own.has("203.0.113.1"));
  EXPECT_TRUE(with_own.has("192.0.2.9"));
  const auto other = load("kind: network, spf: c.example", std::nullopt, before.snapshot.get());
  EXPECT_FALSE(other.has("192.0.2.9"));
}

TEST(SpfList, LeavesOutWhatIsNoLineOfPostern) {
  const auto loaded = load(kBoth, std::string(kKept) +
                                      "0.0.0.0/0 owner=\"a.example\"\n203.0.113.1 "
                                      "owner=\"b.example\" then=\"reject\"\n");
  ASSERT_TRUE(loaded.snapshot);
  EXPECT_THAT(loaded.said, HasSubstr("/state/spf/big:4:1: warning: found a line that Postern has "
                                     "not written"));
  EXPECT_FALSE(loaded.has("203.0.113.1"));
  EXPECT_TRUE(loaded.has("192.0.2.9"));
}

// The daemon guards what becomes of the file; a refused reload would keep a person's edits out.
TEST(SpfList, MayShrinkWithItsFile) {
  std::string many;
  for (int i = 0; i < 40; ++i) {
    many += "192.0." + std::to_string(i) + ".0/24 owner=\"a.example b.example\"\n";
  }
  const auto before = load(kBoth, many);
  const auto after = load(kBoth, kKept);
  EXPECT_TRUE(find_shrunk(*before.snapshot, *after.snapshot, "", "rules.yaml").empty());
}

TEST(SpfList, RefusesWhatCannotBe) {
  EXPECT_THAT(load("kind: domain, spf: a.example", kKept).said,
              HasSubstr("spf: found it in a list of kind domain, want it in one of kind network"));
  EXPECT_THAT(load("kind: network, spf: a.example, file: x", kKept).said,
              HasSubstr("found 'file:' and 'spf:'"));
  EXPECT_THAT(load("kind: network", kKept).said, HasSubstr("found none of them"));
  EXPECT_THAT(load("kind: network, spf: []", kKept).said, HasSubstr("found 0 domains"));
  EXPECT_THAT(load("kind: network, spf: [a.example, A.example]", kKept).said,
              HasSubstr("found a.example twice"));
  EXPECT_THAT(load("kind: network, spf: 'a b'", kKept).said, HasSubstr("rules.yaml:3:30: error"));
}

}  // namespace
}  // namespace postern::load::spf_list_test
