#include <gtest/gtest.h>

#include "ctl/lists/find_entries.h"
#include "tests/support/rules_from.h"
#include "tests/unit/ctl/cli/installation_fixture.h"

namespace postern::ctl::find_test {
namespace {

constexpr const char* kRules = R"(version: 1
lists:
  names:
    kind: domain
    entries: [a.example, .b.example, "*.c.example", d.*, "~^e[0-9]", sub.b.example, 192.0.2.7]
  people: { kind: address, entries: [x@a.example, "@b.example", news@, <>, "~^y@"] }
  nets: { kind: network, entries: [192.0.2.0/24, 192.0.2.7, 2001:db8::/32, 198.51.100.0/25] }
  words: { kind: text, entries: ["You have won", "~cheap"] }
rules:
  - { name: names, when: { sender_domain: names }, then: reject }
  - { name: people, when: { sender: people, not: { client: nets } }, then: [log seen, defer] }
  - { name: words, when: { header.subject: words }, then: reject }
  - { name: mx, when: { helo: [names, inline.example] }, check: sender_mx, preset: standard }
)";

class FindEntries : public testing::Test {
 protected:
  std::string found(const std::string& value) const {
    std::string text;
    for (const lists::List* list : all_lists(*rules_)) {
      for (const lists::EntryId id : entries_about(*list, value)) {
        text += (text.empty() ? "" : " ") + list->entry_text(id);
      }
    }
    return text;
  }

  std::shared_ptr<const Snapshot> rules_ = rules_from(kRules);
};

TEST_F(FindEntries, ANameIsFoundByWhatCoversIt) {
  EXPECT_EQ(found("a.example"), "a.example x@a.example");
  EXPECT_EQ(found("A.Example."), "a.example x@a.example");
  EXPECT_EQ(found("mail.b.example"), ".b.example");
  EXPECT_EQ(found("b.example"), ".b.example @b.example");
  EXPECT_EQ(found("mail.c.example"), "*.c.example");
  EXPECT_EQ(found("d.whatever.example"), "d.*");
  EXPECT_EQ(found("e7.example"), "~^e[0-9]");
  EXPECT_EQ(found("inline.example"), "inline.example");
  EXPECT_EQ(found("nowhere.example"), "");
}

TEST_F(FindEntries, APatternFindsWhatItCovers) {
  EXPECT_EQ(found(".b.example"), ".b.example sub.b.example @b.example");
  EXPECT_EQ(found("*.b.example"), "sub.b.example");
  EXPECT_EQ(found("*.c.example"), "*.c.example");
  EXPECT_EQ(found("a.*"), "a.example x@a.example");
  EXPECT_EQ(found("d.*"), "d.*");
  EXPECT_EQ(found("~^e[0-9]"), "~^e[0-9]");
  EXPECT_EQ(found(".example"),
            "a.example .b.example sub.b.example x@a.example @b.example inline.example");
}

TEST_F(FindEntries, AnAddressIsFoundByItsDomainToo) {
  EXPECT_EQ(found("x@a.example"), "a.example x@a.example");
  EXPECT_EQ(found("news@b.example"), ".b.example @b.example news@");
  EXPECT_EQ(found("y@z.example"), "~^y@");
  EXPECT_EQ(found("news@"), "news@");
  EXPECT_EQ(found("x@"), "x@a.example");
  EXPECT_EQ(found("@a.example"), "a.example x@a.example");
  EXPECT_EQ(found("<>"), "<>");
}

TEST_F(FindEntries, NetworksThatMeet) {
  EXPECT_EQ(found("192.0.2.7"), "192.0.2.7 192.0.2.0/24 192.0.2.7");
  EXPECT_EQ(found("192.0.2.8"), "192.0.2.0/24");
  EXPECT_EQ(found("192.0.0.0/16"), "192.0.2.0/24 192.0.2.7");
  EXPECT_EQ(found("198.51.100.0/24"), "198.51.100.0/25");
  EXPECT_EQ(found("198.51.100.200"), "");
  EXPECT_EQ(found("2001:db8:1::1"), "2001:db8::/32");
}

TEST_F(FindEntries, WhatASubjectSays) {
  EXPECT_EQ(found("subject:You have won"), "You have won");
  EXPECT_EQ(found("subject:very cheap watches"), "~cheap");
  EXPECT_EQ(found("subject:cheap"), "~cheap");
  EXPECT_EQ(found("helo:a.example"), "a.example x@a.example");
}

TEST_F(FindEntries, WhatTheRulesDoByAnEntry) {
  const auto uses = [&](const char* name) {
    return uses_of_entry(*rules_, *rules_->find_list(name), 0);
  };
  EXPECT_EQ(uses("names"),
            (std::vector<std::string>{"rule 'names' (rules.yaml:10:5), by sender_domain: reject "
                                      "550 5.7.1 \"Rejected by local policy\"",
                                      "rule 'mx' (rules.yaml:13:5), by helo: looks with "
                                      "sender_mx"}));
  EXPECT_EQ(uses("nets"),
            std::vector<std::string>{"rule 'people' (rules.yaml:11:5), not for mail by client"});
  EXPECT_EQ(uses("people").size(), 2U) << "one for each of its actions";
  EXPECT_EQ(uses("words"), (std::vector<std::string>{
                               "rule 'words' (rules.yaml:12:5), by header.subject: reject 550 "
                               "5.7.1 \"Rejected by local policy\""}));
}

class Find : public testing::Test {
 protected:
  Find() {
    fixture_.folder.write(
        "rules.yaml",
        "version: 1\n"
        "lists: { campaign: { kind: domain, file: lists/campaign.txt } }\n"
        "rules:\n"
        "  - { name: campaign, when: { sender_domain: campaign }, then: reject }\n");
    fixture_.folder.write("lists/campaign.txt",
                          "# now\n"
                          ".phish.example reason=\"ticket 4711\" owner=ann expires=2026-12-01\n"
                          "old.phish.example expires=2026-11-01\n");
    fixture_.start([](const http::HttpRequest& request) {
      if (!request.target.starts_with("/v1/entries?list=campaign"))
        return http::HttpResponse{404, "{}"};
      return http::HttpResponse{200, R"({"list": "campaign", "entries": 2, "hit": 1, "shown": [
          {"entry": ".phish.example", "line": 2, "hits": 3, "last": "2026-11-21T11:59:00Z",
           "expires": null, "reason": ""}]})"};
    });
  }
  InstallationFixture fixture_;
};

TEST_F(Find, SaysWhereAndWhatIsDone) {
  const auto result = fixture_.run({"find", "phish.example"});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_EQ(result.out,
            "lists/campaign.txt:2: .phish.example, \"ticket 4711\", by ann, until "
            "2026-12-02T00:00:00Z; 6 hits, last 2026-11-21T11:59:00Z (60s ago)\n"
            "    rule 'campaign' (" +
                fixture_.folder.path("rules.yaml") +
                ":4:5), by sender_domain: reject 550 5.7.1 \"Rejected by local policy\"\n");
}

TEST_F(Find, NamesWhatHasExpired) {
  EXPECT_TRUE(has(fixture_.run({"find", "old.phish.example"}).out,
                  "lists/campaign.txt:3: old.phish.example, EXPIRED 2026-11-02T00:00:00Z\n"));
}

TEST_F(Find, NothingIsAnAnswer) {
  const auto result = fixture_.run({"find", "good.example"});
  EXPECT_EQ(result.exit, 1);
  EXPECT_EQ(result.out, "no list and no rule has good.example\n");
}

TEST_F(Find, WhatIsNoValueIsSaidAndNotLookedFor) {
  const std::vector<std::pair<const char*, const char*>> cases{
      {"192.0.2.0/33", "prefix length 33; it is 0 to 32"},
      {"192.0.2.300", "is not an IP address"},
      {"foo bar", "is not a domain pattern"},
      {"helo:", "empty name"},
      {"", "empty name"}};
  for (const auto& [value, why] : cases) {
    const auto result = fixture_.run({"find", value});
    EXPECT_EQ(result.exit, 2) << value << result.out;
    EXPECT_TRUE(has(result.err, std::string("'") + value + "' could stand nowhere: "));
    EXPECT_TRUE(has(result.err, why));
    EXPECT_EQ(fixture_.run({"find", "--removed", value}).exit, 2) << value;
  }
  EXPECT_EQ(fixture_.run({"find", "192.0.2.0/32"}).out, "no list and no rule has 192.0.2.0/32\n");
}

TEST_F(Find, TellsPrograms) {
  const auto result = fixture_.run({"find", "phish.example", "--json"});
  for (const char* part : {R"("list":"campaign")", R"("line":2)", R"("entry":".phish.example")",
                           R"("expired":false)", R"("hits":6)", R"("reason":"ticket 4711")"}) {
    EXPECT_TRUE(has(result.out, part));
  }
}

}  // namespace
}  // namespace postern::ctl::find_test
