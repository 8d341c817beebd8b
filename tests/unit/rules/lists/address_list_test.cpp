#include "rules/lists/address_list.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace postern::lists::address_list_test {
namespace {

const UtcTime kNow = parse_expiry("2026-06-01T00:00:00Z").value();

std::unique_ptr<AddressList> list_of(const std::vector<std::string>& values) {
  auto list = std::make_unique<AddressList>("l");
  int line = 0;
  for (const std::string& value : values) EXPECT_TRUE(list->add(value, ++line, {})) << value;
  EXPECT_TRUE(list->build());
  return list;
}

EntryId find(const List& list, std::string_view envelope) {
  return static_cast<const AddressList&>(list).find(MailAddress::from_envelope(envelope), kNow);
}

struct Case {
  const char* address;
  EntryId wanted;
};

TEST(AddressList, PatternsInTheirOrder) {
  const auto list =
      list_of({"~^.*@regex\\.example$", "boss@", "@b.example", "boss@b.example", "Joe@A.Example",
               "<>", std::string("ann@b\xc3\xbc").append("cher.example"), "~spam"});
  for (const Case& c :
       {Case{"boss@b.example", 3}, Case{"BOSS@B.EXAMPLE", 3}, Case{"joe@b.example", 2},
        Case{"joe@sub.b.example", kNoEntry}, Case{"boss@c.example", 1}, Case{"boss", 1},
        Case{"boss@[192.0.2.1]", 1}, Case{"boss@bad..name", 1}, Case{"joe@a.example", 4},
        Case{"joe", kNoEntry}, Case{"joe@[192.0.2.1]", kNoEntry}, Case{"", 5}, Case{"<>", 5},
        Case{"ann@xn--bcher-kva.example", 6}, Case{"x@regex.example", 0},
        Case{"boss@regex.example", 1}, Case{"x@regex.example.test", kNoEntry},
        Case{"SPAM@any.example", 7}, Case{"x@spam.example", 7},
        // A quoted local part is no domain, whatever it holds.
        Case{"\"x@b.example\"@c.example", kNoEntry}, Case{"\"x@b.example\"", kNoEntry},
        Case{"\"<>\"@c.example", kNoEntry}, Case{"\"boss\"@c.example", 1}}) {
    EXPECT_EQ(find(*list, c.address), c.wanted) << c.address;
  }
}

TEST(AddressList, ABounceTagDoesNotCount) {
  const auto list = list_of({"ann@a.example", "bob@", "~^cid@c\\.example$", "~^prvs=0",
                             "prvs=0123abcdef=eve@e.example", "dan@d.example"});
  for (const Case& c :
       {Case{"ann@a.example", 0}, Case{"prvs=0123abcdef=ann@a.example", 0},
        Case{"PRVS=0123ABCDEF=Ann@A.example", 0}, Case{"btv1==012abcdef01==ann@a.example", 0},
        Case{"prvs=0123abcdef=bob@b.example", 1}, Case{"prvs=0123abcdef=bob", 1},
        Case{"prvs=9123abcdef=cid@c.example", 2}, Case{"prvs=0123abcdef=cid@c.example", 2},
        Case{"prvs=0123abcdef=joe@x.example", 3}, Case{"prvs=0123abcdef=eve@e.example", 4},
        Case{"prvs=9123abcdef=eve@e.example", kNoEntry}, Case{"eve@e.example", kNoEntry},
        // No tag: another local part.
        Case{"prvs=notatag=dan@d.example", kNoEntry}, Case{"dan=d.example@x.example", kNoEntry},
        Case{"prvs=9123abcdef=dan@x.example", kNoEntry}}) {
    EXPECT_EQ(find(*list, c.address), c.wanted) << c.address;
  }
}

TEST(AddressList, FindsAllOfATaggedAddressOnce) {
  const auto list = list_of({"ann@a.example", "~ann@", "ann@", "prvs=0123abcdef=ann@"});
  auto found = list->find_all(MailAddress::from_envelope("prvs=0123abcdef=ann@a.example"), kNow);
  std::sort(found.begin(), found.end());
  EXPECT_EQ(found, (std::vector<EntryId>{0, 1, 2, 3}));
}

TEST(AddressList, EntriesInTheOldStyle) {
  const auto list = list_of({"a.example!joe", "ann%b.example", "dan%x.example@d.example"});
  for (const Case& c :
       {Case{"joe@a.example", 0}, Case{"a.example!joe", 0}, Case{"joe%a.example", 0},
        Case{"ann@b.example", 1}, Case{"b.example!ann", 1}, Case{"dan%x.example@d.example", 2},
        Case{"dan@x.example", kNoEntry}, Case{"dan@d.example", kNoEntry}}) {
    EXPECT_EQ(find(*list, c.address), c.wanted) << c.address;
  }
  AddressList bad("l");
  EXPECT_FALSE(bad.add("!joe", 1, {}));
  EXPECT_FALSE(bad.add("joe%", 1, {}));
}

TEST(AddressList, NullSenderByRegexAlone) {
  EXPECT_EQ(find(*list_of({"~^$"}), "<>"), 0U);
  EXPECT_EQ(find(*list_of({"~x"}), "<>"), kNoEntry);
  EXPECT_EQ(find(*list_of({"a@", "@a.example"}), "<>"), kNoEntry);
  EXPECT_EQ(find(*list_of({}), "<>"), kNoEntry);
}

TEST(AddressList, ExpiredEntriesGiveWay) {
  AddressList list("l");
  EntryData data;
  data.expires = kNow;
  ASSERT_TRUE(list.add("joe@a.example", 1, data));
  ASSERT_TRUE(list.add("@a.example", 2, {}));
  ASSERT_TRUE(list.build());
  EXPECT_EQ(find(list, "joe@a.example"), 1U);
  EXPECT_EQ(list.find(MailAddress::from_envelope("joe@a.example"), kNow - std::chrono::seconds{1}),
            0U);
}

TEST(AddressList, RefusesWhatIsNoPattern) {
  AddressList list("l");
  for (const char* value : {"", "@", "nodomain", "a.example", "joe@a..b", "joe@[192.0.2.1]", "~",
                            "~(", "joe@a b", "joe@*.example", "@.a.example", "<joe@a.example>"}) {
    EXPECT_FALSE(list.add(value, 1, {})) << value;
  }
}

TEST(AddressList, EntryTextIsNormalised) {
  const auto list = list_of({"Joe@A.Example", "@b.example", "Boss@", "<>", "~^X"});
  EXPECT_EQ(list->entry_text(0), "joe@a.example");
  EXPECT_EQ(list->entry_text(1), "@b.example");
  EXPECT_EQ(list->entry_text(2), "boss@");
  EXPECT_EQ(list->entry_text(3), "<>");
  EXPECT_EQ(list->entry_text(4), "~^X");
}

}  // namespace
}  // namespace postern::lists::address_list_test
