#include "rules/lists/well_known.h"

#include <gtest/gtest.h>

namespace postern::lists::well_known_test {
namespace {

const UtcTime kNow = parse_expiry("2026-06-01T00:00:00Z").value();

std::unique_ptr<DomainList> list_of(const std::vector<std::string>& entries) {
  auto list = std::make_unique<DomainList>("l");
  int line = 0;
  for (const std::string& entry : entries) {
    EntryData data;
    if (entry.starts_with('!')) data.expires = kNow;
    EXPECT_TRUE(list->add(entry.substr(entry.starts_with('!') ? 1 : 0), ++line, data)) << entry;
  }
  EXPECT_TRUE(list->build());
  return list;
}

TEST(WellKnownHits, EveryEntryOnce) {
  const auto known = list_of({"gmail.com", ".web.de", "!old.example", "*.below.example", "~x"});
  const auto more = list_of({"gmx.de"});
  const auto list =
      list_of({"a.example", ".de", "gmail.com", "gmail.com", "old.example", "below.example",
               "x.below.example", "gmail.*", "~^g", "!.com", "x.gmail.com"});
  const auto hits = find_well_known(*list, {known.get(), more.get()}, kNow);
  ASSERT_EQ(hits.size(), 4U);
  EXPECT_EQ(hits[0].entry, 1U);
  EXPECT_EQ(hits[0].domain, "web.de");
  EXPECT_EQ(hits[0].domains, 2U);
  EXPECT_EQ(hits[1].entry, 2U);
  EXPECT_EQ(hits[2].entry, 7U);
  EXPECT_EQ(hits[3].entry, 8U);
  EXPECT_EQ(domains_of(hits[0]), "web.de and 1 more");
  EXPECT_EQ(domains_of(hits[1]), "gmail.com");
}

TEST(WellKnownHits, NoListsNoHits) {
  EXPECT_TRUE(find_well_known(*list_of({"~."}), {}, kNow).empty());
}

}  // namespace
}  // namespace postern::lists::well_known_test
