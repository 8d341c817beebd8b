#include "rules/lists/domain_list.h"

#include <gtest/gtest.h>
#include <re2/re2.h>

#include <algorithm>
#include <random>

namespace postern::lists::domain_list_test {
namespace {

const UtcTime kNow = parse_expiry("2026-06-01T00:00:00Z").value();
const UtcTime kPast = kNow;
const UtcTime kFuture = kNow + std::chrono::seconds{1};

struct Entry {
  std::string pattern;
  std::optional<UtcTime> expires;
};

std::unique_ptr<DomainList> list_of(const std::vector<Entry>& entries) {
  auto list = std::make_unique<DomainList>("l");
  int line = 0;
  for (const Entry& entry : entries) {
    EntryData data;
    data.expires = entry.expires;
    EXPECT_TRUE(list->add(entry.pattern, ++line, std::move(data))) << entry.pattern;
  }
  EXPECT_TRUE(list->build());
  return list;
}

// How well a pattern fits a name, by the words of the header: larger is better, -1 not at all.
// The kind in the thousands, the length of what is named below it.
int rank(const std::string& pattern, const std::string& name) {
  const auto size = static_cast<int>(pattern.size());
  if (pattern[0] == '~') return RE2::PartialMatch(name, "(?i)" + pattern.substr(1)) ? 0 : -1;
  if (pattern.ends_with(".*")) {
    return name.starts_with(pattern.substr(0, pattern.size() - 1)) ? 1000 + size : -1;
  }
  if (pattern.starts_with("*.")) return name.ends_with(pattern.substr(1)) ? 2000 + size - 1 : -1;
  if (pattern[0] == '.') {
    return name == pattern.substr(1) || name.ends_with(pattern) ? 2000 + size : -1;
  }
  return name == pattern ? 3000 : -1;
}

EntryId find_slowly(const std::vector<Entry>& entries, const std::string& name, UtcTime now) {
  EntryId best = kNoEntry;
  int best_rank = -1;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].expires && now >= *entries[i].expires) continue;
    const int here = rank(entries[i].pattern, name);
    if (here <= best_rank) continue;
    best = static_cast<EntryId>(i);
    best_rank = here;
  }
  return best;
}

struct Case {
  const char* name;
  EntryId wanted;
};

TEST(DomainList, PatternsInTheMannerOfNginx) {
  const auto list = list_of({{"a.example", {}},       // 0
                             {".b.example", {}},      // 1
                             {"*.c.example", {}},     // 2
                             {"mail.*", {}},          // 3
                             {"~^x[0-9]+\\.", {}},    // 4
                             {"deep.b.example", {}},  // 5
                             {".sub.b.example", {}},  // 6
                             {"mail.one.*", {}}});    // 7
  for (const Case& c : {Case{"a.example", 0},
                        Case{"x.a.example", kNoEntry},
                        Case{"aa.example", kNoEntry},
                        Case{"b.example", 1},
                        Case{"x.b.example", 1},
                        Case{"x.y.b.example", 1},
                        Case{"xb.example", kNoEntry},
                        Case{"deep.b.example", 5},
                        Case{"x.deep.b.example", 1},
                        Case{"sub.b.example", 6},
                        Case{"x.sub.b.example", 6},
                        Case{"c.example", kNoEntry},
                        Case{"x.c.example", 2},
                        Case{"x.y.c.example", 2},
                        Case{"mail.anything", 3},
                        Case{"mail.any.thing", 3},
                        Case{"mail", kNoEntry},
                        Case{"xmail.any", kNoEntry},
                        Case{"x.mail.any", kNoEntry},
                        Case{"mail.one.two", 7},
                        Case{"mail.one", 3},
                        Case{"mail.c.example", 2},
                        Case{"x1.any", 4},
                        Case{"x1.b.example", 1},
                        Case{"X1.any", 4},
                        Case{"yx1.any", kNoEntry},
                        Case{"", kNoEntry},
                        Case{".", kNoEntry},
                        Case{"..", kNoEntry},
                        Case{"example", kNoEntry}}) {
    EXPECT_EQ(list->find(c.name, kNow), c.wanted) << c.name;
  }
}

TEST(DomainList, AnExpiredEntryGivesWayToTheNextBest) {
  const auto list = list_of({{"a.b.example", kPast},
                             {".b.example", kPast},
                             {".example", {}},
                             {"a.*", {}},
                             {"x.y", kFuture},
                             {"x.y", {}}});
  EXPECT_EQ(list->find("a.b.example", kNow), 2U);
  EXPECT_EQ(list->find("a.b.example", kNow - std::chrono::seconds{1}), 0U);
  EXPECT_EQ(list->find("x.y", kNow), 4U);
  EXPECT_EQ(list->find("x.y", kFuture), 5U);
}

TEST(DomainList, EitherFormOfAnInternationalNameAnyCase) {
  const auto list = list_of({{"B\xc3\x9c"
                              "CHER.example",
                              {}},
                             {".xn--bcher-kva.test", {}},
                             {"A.Example.", {}}});
  EXPECT_EQ(list->find("xn--bcher-kva.example", kNow), 0U);
  EXPECT_EQ(list->find("x.xn--bcher-kva.test", kNow), 1U);
  EXPECT_EQ(list->find("a.example", kNow), 2U);
}

TEST(DomainList, RefusesWhatIsNoPattern) {
  DomainList list("l");
  for (const char* value :
       {"", ".", "*", "*.", ".*", "a..b", "*.*", "*.a.*", "a.*.b", "a*.example", "a b.example",
        "user@a.example", "192.0.2.0/24", "~", "~(", "~[", "~(?=a)", "..a.example"}) {
    EXPECT_FALSE(list.add(value, 1, {})) << value;
  }
}

TEST(DomainList, TextThatIsNoName) {
  const auto list = list_of({{".a.example", {}}, {"mail.*", {}}, {"~dots", {}}});
  EXPECT_EQ(list->find("x y!.a.example", kNow), 0U) << "it is below a.example all the same";
  EXPECT_EQ(list->find("x..a.example", kNow), 0U);
  EXPECT_EQ(list->find("x y!.A.example", kNow), kNoEntry);
  EXPECT_EQ(list->find(std::string_view("a.example\0", 10), kNow), kNoEntry);
  const std::string longest = std::string(DomainName::kMaxLength - 10, 'x') + ".a.example";
  EXPECT_EQ(list->find(longest, kNow), 0U);
  EXPECT_EQ(list->find("x" + longest, kNow), kNoEntry) << "too long for a name";
  EXPECT_EQ(list->find("mail." + std::string(300, 'x'), kNow), kNoEntry);
  EXPECT_EQ(list->find("dots" + std::string(60'000, '.'), kNow), 2U);
}

std::vector<EntryId> all_of(const DomainList& list, std::string_view name) {
  auto ids = list.find_all(name, kNow);
  std::sort(ids.begin(), ids.end());
  return ids;
}

TEST(DomainList, AllThatMatch) {
  const auto list = list_of({{"a.b.example", {}},     // 0
                             {".b.example", {}},      // 1
                             {"*.example", {}},       // 2
                             {"a.*", {}},             // 3
                             {"a.b.*", {}},           // 4
                             {"~^a", {}},             // 5
                             {".a.b.example", {}},    // 6
                             {"*.a.b.example", {}},   // 7
                             {".b.example", {}},      // 8: says what 1 says
                             {"*.b.example", kPast},  // 9
                             {"~b\\.", {}}});         // 10
  EXPECT_EQ(all_of(*list, "a.b.example"), (std::vector<EntryId>{0, 1, 2, 3, 4, 5, 6, 10}));
  EXPECT_EQ(all_of(*list, "b.example"), (std::vector<EntryId>{1, 2, 10}));
  EXPECT_EQ(all_of(*list, "example"), std::vector<EntryId>{});
  EXPECT_EQ(all_of(*list, ""), std::vector<EntryId>{});
  EXPECT_EQ(all_of(*list, "." + std::string(300, 'x') + ".b.example"), std::vector<EntryId>{10})
      << "too long for a name";
}

TEST(DomainList, FindsAPatternAsItStands) {
  const auto list = list_of({{"a.example", kPast},
                             {"a.example", {}},
                             {"*.a.example", {}},
                             {"a.example.*", {}},
                             {"~x", {}}});
  EXPECT_EQ(list->find_pattern(DomainPattern::exact, "a.example", kNow), 1U);
  EXPECT_EQ(list->find_pattern(DomainPattern::below, "a.example", kNow), 2U);
  EXPECT_EQ(list->find_pattern(DomainPattern::suffix, "a.example", kNow), kNoEntry);
  EXPECT_EQ(list->find_pattern(DomainPattern::prefix, "a.example", kNow), 3U);
  EXPECT_EQ(list->find_pattern(DomainPattern::regex, "x", kNow), kNoEntry);
  EXPECT_EQ(list->pattern(4), DomainPattern::regex);
}

TEST(DomainList, ParentName) {
  EXPECT_EQ(parent_name("a.b.c"), "b.c");
  EXPECT_EQ(parent_name("c"), "");
  EXPECT_EQ(parent_name(""), "");
}

TEST(DomainList, EntryText) {
  const std::vector<Entry> entries = {
      {"a.example", {}}, {".b.example", {}}, {"*.c.example", {}}, {"mail.*", {}}, {"~^x", {}}};
  const auto list = list_of(entries);
  for (EntryId id = 0; id < entries.size(); ++id) {
    EXPECT_EQ(list->entry_text(id), entries[id].pattern);
  }
}

TEST(DomainList, AgreesWithTheSlowWayOnRandomPatterns) {
  std::mt19937 random(2);
  const char* labels[] = {"a", "b", "c"};
  const auto name = [&] {
    std::string text = labels[random() % 3];
    for (auto more = random() % 4; more > 0; --more)
      text += std::string(".") + labels[random() % 3];
    return text;
  };
  for (int round = 0; round < 150; ++round) {
    std::vector<Entry> entries;
    const std::size_t count = random() % 25;
    for (std::size_t i = 0; i < count; ++i) {
      const char* before[] = {"", ".", "*.", "", "~^"};
      const char* behind[] = {"", "", "", ".*", "\\."};
      const auto kind = random() % 5;
      Entry entry{before[kind] + name() + behind[kind], {}};
      if (random() % 3 == 0) entry.expires = random() % 2 == 0 ? kPast : kFuture;
      entries.push_back(entry);
    }
    const auto list = list_of(entries);
    for (int i = 0; i < 60; ++i) {
      const std::string asked = name();
      ASSERT_EQ(list->find(asked, kNow), find_slowly(entries, asked, kNow))
          << "round " << round << " " << asked;
    }
  }
}

}  // namespace
}  // namespace postern::lists::domain_list_test
