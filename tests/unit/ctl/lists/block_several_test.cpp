#include <gtest/gtest.h>

#include "tests/unit/ctl/cli/installation_fixture.h"

namespace postern::ctl::block_several_test {
namespace {

constexpr const char* kRules = R"(version: 1
lists:
  trusted: { kind: network, file: lists/trusted.txt }
  campaign: { kind: domain, file: lists/campaign.txt }
  campaign-senders: { kind: address, file: lists/campaign-senders.txt }
  campaign-clients: { kind: network, file: other/clients.txt }
  campaign-helo: { kind: domain, file: lists/campaign-helo.txt }
  subjects: { kind: text, file: lists/subjects.txt }
  spammers: { kind: domain, file: lists/campaign.txt }
  popular: { kind: domain, entries: [gmail.com] }
well_known: [popular]
rules:
  - { name: trusted, when: { client: trusted }, then: pass }
  - { name: campaign, when: { sender_domain: campaign }, then: reject }
  - { name: senders, when: { sender: campaign-senders }, then: reject }
  - { name: clients, when: { client: campaign-clients }, then: reject }
  - { name: helo, when: { helo: campaign-helo }, then: reject }
  - { name: subjects, when: { header.subject: subjects }, then: reject }
  - { name: from, when: { header.from_domain: spammers }, then: reject }
)";

class BlockSeveral : public testing::Test {
 protected:
  BlockSeveral() {
    std::filesystem::create_directory(fixture_.folder.path("other"));
    fixture_.folder.write("rules.yaml", kRules);
    for (const std::string& file : files_) fixture_.folder.write(file, "");
    fixture_.start(InstallationFixture::reloads("done", 13));
  }

  [[nodiscard]] CtlResult piped(std::vector<std::string> words, const std::string& text) const {
    std::istringstream in(text);
    return fixture_.run(std::move(words), in, Terminal::none);
  }

  void expect_nothing_written() const {
    for (const std::string& file : files_) EXPECT_EQ(fixture_.read(file), "") << file;
  }

  std::vector<std::string> files_{"lists/trusted.txt",          "lists/campaign.txt",
                                  "lists/campaign-senders.txt", "other/clients.txt",
                                  "lists/campaign-helo.txt",    "lists/subjects.txt"};
  InstallationFixture fixture_;
};

TEST_F(BlockSeveral, PutsEachWhereItWorks) {
  const auto result =
      fixture_.run({"block", ".phish.example", "x@b.example", "news@", "192.0.2.0/24",
                    "helo:mail.phish.example", "subject:You have won", "--for", "7d"});
  EXPECT_EQ(result.exit, 0) << result.err;
  const std::string words = " owner=drj expires=2026-11-28T12:00:00Z\n";
  EXPECT_EQ(fixture_.read("lists/campaign.txt"), ".phish.example" + words);
  EXPECT_EQ(fixture_.read("lists/campaign-senders.txt"), "x@b.example" + words + "news@" + words);
  EXPECT_EQ(fixture_.read("other/clients.txt"), "192.0.2.0/24" + words);
  EXPECT_EQ(fixture_.read("lists/campaign-helo.txt"), "mail.phish.example" + words);
  EXPECT_EQ(fixture_.read("lists/subjects.txt"), "\"~You have won\"" + words);
  EXPECT_TRUE(has(result.out, "lists/campaign-senders.txt:2: added: news@"));
  EXPECT_TRUE(has(result.out, "rule 'helo' (" + fixture_.folder.path("rules.yaml") +
                                  ":17:5), by helo: reject"));
}

TEST_F(BlockSeveral, IsOneReload) {
  int reloads = 0;
  fixture_.start([&](const http::HttpRequest& request) {
    if (request.method == "POST") ++reloads;
    return InstallationFixture::reloads("done", 13)(request);
  });
  EXPECT_EQ(fixture_.run({"block", "a.example", "b.example", "192.0.2.7"}).exit, 0);
  EXPECT_EQ(reloads, 2) << "of each daemon one";
}

TEST_F(BlockSeveral, OneThatIsWrongKeepsAllFromBeingWritten) {
  const auto result =
      fixture_.run({"block", "a.example", "gmail.com", "0.0.0.0/0", "x@b.example", "127.0.0.1"});
  EXPECT_EQ(result.exit, 1);
  EXPECT_TRUE(has(result.err, "gmail.com hits gmail.com"));
  EXPECT_TRUE(has(result.err, "0.0.0.0/0: it is more than anybody owns"));
  EXPECT_TRUE(has(result.err, "127.0.0.1 hits 127.0.0.0/8"));
  EXPECT_TRUE(has(result.err, "\nnothing is written\n"));
  expect_nothing_written();
}

TEST_F(BlockSeveral, AnyThatCanBeNoEntryIsAWrongCommandLine) {
  EXPECT_EQ(fixture_.run({"block", "a.example", "not a name"}).exit, 2);
  EXPECT_EQ(fixture_.run({"block", "gmail.com", "not a name"}).exit, 2);
  expect_nothing_written();
}

TEST_F(BlockSeveral, TheSameValueTwiceIsOneEntry) {
  const auto result = fixture_.run({"block", "a.example", "A.example."});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_EQ(fixture_.read("lists/campaign.txt"), "a.example owner=drj\n");
  EXPECT_TRUE(has(result.out, "lists/campaign.txt:1: already there: a.example"));
}

TEST_F(BlockSeveral, ListsThatShareAFileAreEditedOneAfterTheOther) {
  EXPECT_EQ(fixture_.run({"block", "a.example"}).exit, 0);
  EXPECT_EQ(fixture_.run({"block", "b.example", "--list", "spammers"}).exit, 0);
  EXPECT_EQ(fixture_.read("lists/campaign.txt"), "a.example owner=drj\nb.example owner=drj\n");
}

TEST_F(BlockSeveral, ReadsStandardInput) {
  const auto result = piped({"block", "-", "c.example"}, "a.example, <x@b.example>\n# later\n");
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_EQ(fixture_.read("lists/campaign.txt"), "a.example owner=drj\nc.example owner=drj\n");
  EXPECT_EQ(fixture_.read("lists/campaign-senders.txt"), "x@b.example owner=drj\n");
}

TEST_F(BlockSeveral, NothingOnStandardInputIsSaid) {
  const auto result = piped({"block", "-"}, "# nothing\n");
  EXPECT_EQ(result.exit, 2);
  EXPECT_TRUE(has(result.err, "found no value on standard input"));
}

TEST_F(BlockSeveral, ANamedListTakesAll) {
  EXPECT_EQ(fixture_.run({"block", "a.example", "192.0.2.7", "--list", "campaign-helo"}).exit, 0);
  EXPECT_EQ(fixture_.read("lists/campaign-helo.txt"), "a.example owner=drj\n192.0.2.7 owner=drj\n");
}

TEST_F(BlockSeveral, HoldsOrOnlyLogs) {
  EXPECT_EQ(fixture_.run({"block", "a.example", "--hold"}).exit, 0);
  const auto logged = fixture_.run({"block", "b.example", "--mode", "log"});
  EXPECT_TRUE(has(logged.out, "by sender_domain: log\n"));
  EXPECT_TRUE(has(logged.out, "log (such mail still comes in)\n"));
  EXPECT_EQ(fixture_.read("lists/campaign.txt"),
            "a.example owner=drj then=hold\nb.example owner=drj then=log\n");
  EXPECT_EQ(fixture_.run({"block", "a.example", "b.example", "--mode", "enforce"}).exit, 0);
  EXPECT_EQ(fixture_.read("lists/campaign.txt"), "a.example owner=drj\nb.example owner=drj\n");
  EXPECT_EQ(fixture_.run({"block", "a.example", "--hold", "--discard"}).exit, 2);
}

TEST_F(BlockSeveral, UntilADay) {
  EXPECT_EQ(fixture_.run({"block", "a.example", "--until", "2026-12-24"}).exit, 0);
  EXPECT_EQ(fixture_.read("lists/campaign.txt"),
            "a.example owner=drj expires=2026-12-25T00:00:00Z\n");
  const auto past = fixture_.run({"block", "b.example", "--until", "2026-11-20"});
  EXPECT_EQ(past.exit, 2);
  EXPECT_TRUE(has(past.err, "want a time to come"));
  EXPECT_EQ(fixture_.run({"block", "b.example", "--until", "soon"}).exit, 2);
  EXPECT_EQ(fixture_.run({"block", "b.example", "--until", "2026-12-24", "--for", "1d"}).exit, 2);
}

TEST_F(BlockSeveral, UnblockTakesOutWhereBlockPutsIn) {
  const std::vector<std::string> values{"a.example", "x@b.example", "192.0.2.7", "helo:a.example",
                                        "subject:You have won"};
  std::vector<std::string> words{"block"};
  words.insert(words.end(), values.begin(), values.end());
  ASSERT_EQ(fixture_.run(words).exit, 0);
  words.front() = "unblock";
  const auto result = fixture_.run(words);
  EXPECT_EQ(result.exit, 0) << result.err;
  expect_nothing_written();
}

TEST_F(BlockSeveral, UnblockNamesTheLinesAsTheyWere) {
  fixture_.folder.write("lists/campaign.txt", "a.example\nb.example\nc.example\n");
  const auto result = fixture_.run({"unblock", "a.example", "c.example", "d.example"});
  EXPECT_EQ(result.exit, 1) << "one of them is not there";
  EXPECT_TRUE(has(result.err, "list 'campaign' has no entry d.example"));
  EXPECT_TRUE(has(result.out, "lists/campaign.txt:1: removed: a.example\n"));
  EXPECT_TRUE(has(result.out, "lists/campaign.txt:3: removed: c.example\n"));
  EXPECT_EQ(fixture_.read("lists/campaign.txt"), "b.example\n");
}

TEST_F(BlockSeveral, WithoutARuleItSaysWhatToWrite) {
  fixture_.folder.write("rules.yaml",
                        "version: 1\nrules:\n"
                        "  - { name: nobody, when: { sender_domain: n.example }, then: reject }\n");
  const auto result = fixture_.run({"block", "192.0.2.7"});
  EXPECT_EQ(result.exit, 1);
  EXPECT_TRUE(has(result.err,
                  "lists:\n"
                  "  campaign-clients: { kind: network, file: lists/campaign-clients.txt }\n"
                  "rules:\n"
                  "  - name: campaign-clients\n"
                  "    when: { client: campaign-clients }\n"
                  "    then: reject 550 5.7.1 \"Banned here\"\n"));
}

}  // namespace
}  // namespace postern::ctl::block_several_test
