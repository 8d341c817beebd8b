#include "rules/lists/list_audit.h"

#include <gtest/gtest.h>

#include "rules/load/plain_list.h"

namespace postern::lists::list_audit_test {
namespace {

const UtcTime kNow = parse_expiry("2026-06-01T00:00:00Z").value();

ListAudit audit(ListKind kind, std::string_view text,
                const std::vector<const DomainList*>& well_known = {}) {
  const auto list = make_list(kind, "l");
  Diagnostics diagnostics;
  load::load_plain_list(text, "l.txt", *list, diagnostics);
  EXPECT_EQ(diagnostics.to_string(), "");
  EXPECT_TRUE(list->build());
  return audit_list(*list, kNow, well_known);
}

std::string said(const AuditFinding& finding) {
  std::string text = std::to_string(finding.count) + ":";
  for (const AuditExample& example : finding.examples) {
    text += " " + std::to_string(example.line) + " " + example.entry;
    if (!example.other.empty()) text += " by " + example.other;
    if (example.other_line > 0) text += " " + std::to_string(example.other_line);
    text += ";";
  }
  return text;
}

TEST(ListAudit, NothingToSay) {
  const ListAudit result = audit(ListKind::domain, "a.example\n.b.example\n*.c.example\nd.*\n~e\n");
  EXPECT_EQ(result.entries, 5U);
  for (const auto* finding : {&result.duplicates, &result.covered, &result.below_exact,
                              &result.expired, &result.well_known}) {
    EXPECT_EQ(said(*finding), "0:");
  }
}

TEST(ListAudit, DomainsTwice) {
  EXPECT_EQ(
      said(audit(ListKind::domain, "a.example\n.a.example\nA.Example.\nb.*\nb.*\n").duplicates),
      "2: 3 a.example by a.example 1; 5 b.* by b.* 4;");
}

TEST(ListAudit, DomainsThatASuffixCovers) {
  EXPECT_EQ(said(audit(ListKind::domain,
                       "a.example\nx.a.example\n*.a.example\n.a.example\n.y.a.example\nb.example\n"
                       "*.b.example\nz.b.example\n")
                     .covered),
            "5: 1 a.example by .a.example 4; 2 x.a.example by *.a.example 3; "
            "3 *.a.example by .a.example 4; 5 .y.a.example by *.a.example 3; "
            "8 z.b.example by *.b.example 7;");
}

TEST(ListAudit, ACoverActsTheSameAndStays) {
  EXPECT_EQ(said(audit(ListKind::domain, ".a.example\nx.a.example then=hold\n").covered), "0:");
  EXPECT_EQ(said(audit(ListKind::domain, ".a.example then=hold\nx.a.example then=hold\n").covered),
            "1: 2 x.a.example by .a.example 1;");
  EXPECT_EQ(said(audit(ListKind::domain, ".a.example expires=2027-01-01\nx.a.example\n").covered),
            "0:");
  EXPECT_EQ(
      said(audit(ListKind::domain, ".a.example\n.b.a.example then=pass\nx.b.a.example\n").covered),
      "0:")
      << "without it the one between them would count";
}

TEST(ListAudit, DomainsBelowAName) {
  EXPECT_EQ(said(audit(ListKind::domain,
                       "a.example\nx.a.example\ny.x.a.example\nb.example\n.b.example\nx.b.example\n"
                       "*.a.example2\nxa.example\n")
                     .below_exact),
            "2: 2 x.a.example by a.example 1; 3 y.x.a.example by x.a.example 2;");
}

TEST(ListAudit, ExpiredEntriesCountForNothingElse) {
  const ListAudit result = audit(ListKind::domain,
                                 "a.example expires=2026-01-01\na.example\n"
                                 ".b.example expires=2026-01-01\nx.b.example\n"
                                 "a.example expires=2026-05-31\n");
  EXPECT_EQ(said(result.expired), "3: 1 a.example; 3 .b.example; 5 a.example;");
  EXPECT_EQ(said(result.duplicates), "0:");
  EXPECT_EQ(said(result.covered), "0:");
}

TEST(ListAudit, Networks) {
  const ListAudit result = audit(ListKind::network,
                                 "10.0.0.0/8\n10.1.0.0/16\n10.1.0.0/16\n10.2.0.0/16 then=hold\n"
                                 "10.2.3.0/24\n2001:db8::/32\n2001:db8:1::/48\n192.0.2.1\n"
                                 "192.0.2.0/24 expires=2020-01-01\n");
  EXPECT_EQ(said(result.duplicates), "1: 3 10.1.0.0/16 by 10.1.0.0/16 2;");
  EXPECT_EQ(said(result.covered),
            "2: 2 10.1.0.0/16 by 10.0.0.0/8 1; 7 2001:db8:1::/48 by 2001:db8::/32 6;")
      << "10.2.3.0/24 acts otherwise than what is around it";
  EXPECT_EQ(said(result.expired), "1: 9 192.0.2.0/24;");
}

TEST(ListAudit, Addresses) {
  const ListAudit result = audit(ListKind::address,
                                 "joe@a.example\n@a.example\nJoe@A.example\nboss@\nboss@b.example\n"
                                 "ann@c.example\n\"<>\"\n~x\n~x\nann@\n");
  EXPECT_EQ(said(result.duplicates), "1: 3 joe@a.example by joe@a.example 1;");
  EXPECT_EQ(said(result.covered),
            "3: 1 joe@a.example by @a.example 2; 5 boss@b.example by boss@ 4; "
            "6 ann@c.example by ann@ 10;");
}

TEST(ListAudit, Texts) {
  const ListAudit result = audit(ListKind::text, "a\nb\na\nA\n~a\n~a\n");
  EXPECT_EQ(said(result.duplicates), "1: 3 a by a 1;");
  EXPECT_EQ(said(result.covered), "0:");
}

TEST(ListAudit, WellKnownDomains) {
  DomainList known("k");
  ASSERT_TRUE(known.add("gmail.com", 1, {}));
  ASSERT_TRUE(known.add("web.de", 2, {}));
  ASSERT_TRUE(known.add("gmx.de", 3, {}));
  ASSERT_TRUE(known.build());
  EXPECT_EQ(said(audit(ListKind::domain, "a.example\nweb.de\n.de\ngmail.com expires=2020-01-01\n",
                       {&known})
                     .well_known),
            "2: 2 web.de by web.de; 3 .de by web.de and 1 more;");
}

TEST(ListAudit, ExamplesAreFew) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "a.example\n";
  const ListAudit result = audit(ListKind::domain, text);
  EXPECT_EQ(result.duplicates.count, 999U);
  EXPECT_EQ(result.duplicates.examples.size(), AuditFinding::kExamples);
  EXPECT_EQ(result.duplicates.examples[0].line, 2);
}

// Quadratic, these would take minutes.
TEST(ListAudit, TakesAsLongAsTheList) {
  std::string same;
  for (int i = 0; i < 20'000; ++i) same += "192.0.2.0/24\n";
  EXPECT_EQ(audit(ListKind::network, same).duplicates.count, 19'999U);
  std::string names;
  for (int i = 0; i < 20'000; ++i) names += "n" + std::to_string(i) + ".same.example\n";
  EXPECT_EQ(audit(ListKind::domain, names + "same.example\n").below_exact.count, 20'000U);
}

}  // namespace
}  // namespace postern::lists::list_audit_test
