#include <gtest/gtest.h>

#include "tests/unit/ctl/cli/installation_fixture.h"

namespace postern::ctl::list_test {
namespace {

constexpr const char* kCampaign =
    "# now\n"
    "a.example reason=\"ticket 1\" owner=ann\n"
    "b.example reason=\"ticket 2\" owner=bob expires=2026-11-22\n"
    "c.example owner=ann expires=2027-01-01   # later\n"
    "d.example expires=2026-11-01\n";

class Listing : public testing::Test {
 protected:
  Listing() {
    fixture_.folder.write(
        "rules.yaml",
        "version: 1\n"
        "lists:\n"
        "  campaign: { kind: domain, file: lists/campaign.txt }\n"
        "  clients: { kind: network, file: lists/clients.txt }\n"
        "  inside: { kind: domain, entries: [{ entry: e.example, expires: 2026-11-01 }] }\n"
        "rules:\n"
        "  - { name: campaign, when: { sender_domain: [campaign, inside] }, then: reject }\n"
        "  - { name: clients, when: { client: clients }, then: reject }\n");
    fixture_.folder.write("lists/campaign.txt", kCampaign);
    fixture_.folder.write("lists/clients.txt", "192.0.2.7 expires=2026-11-02\n198.51.100.0/24\n");
    fixture_.start([](const http::HttpRequest& request) {
      if (request.target.starts_with("/v1/entries?list=campaign")) {
        return http::HttpResponse{200, R"({"list": "campaign", "entries": 4, "hit": 2, "shown": [
            {"entry": "c.example", "line": 4, "hits": 5, "last": "2026-11-21T11:00:00Z"},
            {"entry": "b.example", "line": 3, "hits": 1, "last": "2026-11-21T10:00:00Z"}]})"};
      }
      return InstallationFixture::reloads("done", 13)(request);
    });
  }

  // The values, in the order in which they are shown.
  std::string values(std::vector<std::string> words) const {
    words.insert(words.begin(), "list");
    words.emplace_back("--csv");
    std::istringstream lines(fixture_.run(words).out);
    std::string text;
    std::string line;
    std::getline(lines, line);
    while (std::getline(lines, line)) {
      const auto begin = line.find(",\"") + 2;
      text += line.substr(begin, line.find('"', begin) - begin) + " ";
    }
    return text;
  }

  InstallationFixture fixture_;
};

TEST_F(Listing, ShowsWhichListsThereAre) {
  const auto result = fixture_.run({"list"});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_TRUE(has(result.out, "campaign  domain   4        1        lists/campaign.txt\n"));
  EXPECT_TRUE(has(result.out, "clients   network  2        1        lists/clients.txt\n"));
}

TEST_F(Listing, ShowsTheEntriesOfOne) {
  const auto result = fixture_.run({"list", "campaign"});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_EQ(result.out,
            "lists/campaign.txt:2: a.example, \"ticket 1\", by ann\n"
            "lists/campaign.txt:3: b.example, \"ticket 2\", by bob, until 2026-11-23T00:00:00Z; 2 "
            "hits, last 2026-11-21T10:00:00Z (2h ago)\n"
            "lists/campaign.txt:4: c.example, by ann, until 2027-01-02T00:00:00Z; 10 hits, last "
            "2026-11-21T11:00:00Z (60m ago)\n"
            "lists/campaign.txt:5: d.example, EXPIRED 2026-11-02T00:00:00Z\n");
}

TEST_F(Listing, ChoosesAndSorts) {
  EXPECT_EQ(values({"campaign", "--owner", "ann"}), "a.example c.example ");
  EXPECT_EQ(values({"campaign", "--reason", "ticket"}), "a.example b.example ");
  EXPECT_EQ(values({"campaign", "--expiring", "48h"}), "b.example d.example ");
  EXPECT_EQ(values({"campaign", "--never-hit"}), "a.example d.example ");
  EXPECT_EQ(values({"campaign", "--sort", "hits"}), "c.example b.example a.example d.example ");
  EXPECT_EQ(values({"campaign", "--sort", "expires"}), "d.example b.example c.example a.example ");
  EXPECT_EQ(fixture_.run({"list", "campaign", "--owner", "eve"}).exit, 1);
  EXPECT_EQ(fixture_.run({"list", "nix"}).exit, 1);
}

TEST_F(Listing, WithoutANameItChoosesFromAllOfThem) {
  EXPECT_EQ(values({"--expiring", "48h"}), "b.example d.example 192.0.2.7 e.example ");
  EXPECT_EQ(values({"--expiring", "48h", "--sort", "expires"}),
            "d.example e.example 192.0.2.7 b.example ");
  EXPECT_EQ(fixture_.run({"list", "--owner", "bob"}).out,
            fixture_.run({"list", "campaign", "--owner", "bob"}).out);
  EXPECT_EQ(fixture_.run({"list", "--owner", "eve"}).exit, 1);
}

TEST_F(Listing, ShowsAPage) {
  EXPECT_EQ(values({"campaign", "--from", "2", "--most", "2"}), "b.example c.example ");
  EXPECT_EQ(values({"campaign", "--from", "9"}), "");
  EXPECT_TRUE(has(fixture_.run({"list", "campaign", "--most", "3"}).out,
                  "\n1 more: --from 4, or --most NUMBER\n"));
}

TEST_F(Listing, ACommaOrAQuoteIsNoEndOfAField) {
  fixture_.folder.write("lists/campaign.txt", "a.example reason=\"one, \\\"two\\\"\"\n");
  EXPECT_TRUE(has(fixture_.run({"list", "campaign", "--csv"}).out,
                  "\"campaign\",\"a.example\",\"one, \"\"two\"\"\",\"\",\"\",\"0\",\"\","));
}

TEST_F(Listing, BehindTheLastEntryItSaysHowManyThereAre) {
  EXPECT_EQ(fixture_.run({"list", "campaign", "--from", "5"}).out, "there are only 4\n");
  EXPECT_EQ(fixture_.run({"list", "campaign", "--owner", "eve", "--from", "5"}).exit, 1);
}

TEST_F(Listing, PruneTellsProgramsAlsoThatNothingHasExpired) {
  EXPECT_TRUE(has(fixture_.run({"prune", "--json"}).out, R"({"entries":[{"list":"campaign")"));
  EXPECT_EQ(fixture_.run({"prune", "--json"}).out,
            R"({"entries":[],"dry_run":false,"notes":["nothing has expired"],"daemons":[]})"
            "\n");
}

TEST_F(Listing, PruneTakesOutWhatHasExpired) {
  const auto result = fixture_.run({"prune"});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_TRUE(has(result.out, "lists/campaign.txt:5: removed: d.example expires=2026-11-01\n"));
  EXPECT_TRUE(has(result.out, "lists/clients.txt:1: removed: 192.0.2.7 expires=2026-11-02\n"));
  EXPECT_TRUE(has(result.out, "in force since generation 13"));
  EXPECT_EQ(fixture_.read("lists/clients.txt"), "198.51.100.0/24\n");
  EXPECT_TRUE(has(fixture_.read("lists/campaign.txt"),
                  "c.example owner=ann expires=2027-01-01   # later\n"));
  EXPECT_EQ(fixture_.run({"prune"}).out, "nothing has expired\n");
}

TEST_F(Listing, PruneOfOneListLeavesTheOthers) {
  EXPECT_EQ(fixture_.run({"prune", "clients"}).exit, 0);
  EXPECT_EQ(fixture_.read("lists/campaign.txt"), kCampaign);
  const auto dry = fixture_.run({"prune", "campaign", "--dry-run"});
  EXPECT_TRUE(has(dry.out, "lists/campaign.txt:5: would be removed: d.example"));
  EXPECT_EQ(fixture_.read("lists/campaign.txt"), kCampaign);
  const auto inside = fixture_.run({"prune", "inside"});
  EXPECT_EQ(inside.exit, 1);
  EXPECT_TRUE(has(inside.err, "stand in the rule file itself"));
}

TEST_F(Listing, ThatIsMadeOutOfSpfIsNobodysToEdit) {
  fixture_.folder.write(
      "rules.yaml",
      "version: 1\nlists:\n  big: { kind: network, spf: a.example, entries: [{ entry: 192.0.2.1, "
      "expires: 2026-11-01 }] }\nrules:\n  - { name: r, when: { client: big }, then: reject }\n");
  const auto one = fixture_.run({"prune", "big"});
  EXPECT_EQ(one.exit, 1);
  EXPECT_TRUE(has(one.err, "the networks of list 'big' are those that its domains publish"))
      << one.err;
  EXPECT_EQ(fixture_.run({"prune"}).exit, 0) << "the others go on";
  const auto add = fixture_.run({"block", "192.0.2.9", "--list", "big"});
  EXPECT_NE(add.exit, 0);
  EXPECT_TRUE(has(add.err, "its own stand in 'entries:' beside 'spf:'")) << add.err;
}

}  // namespace
}  // namespace postern::ctl::list_test
