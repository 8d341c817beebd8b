#include "ctl/lists/commands.h"
#include "tests/unit/ctl/lists/block_fixture.h"

namespace postern::ctl::unblock_and_allow_test {
namespace {

class Unblock : public BlockFixture {};
class Allow : public BlockFixture {};

TEST_F(Unblock, RemovesTheLineAndNothingElse) {
  const auto result = fixture_.run({"unblock", "OLD.example."});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_EQ(campaign(), "# what runs now\n\ngone.example expires=2026-11-01\n");
  EXPECT_TRUE(has(result.out, "lists/campaign.txt:3: removed: old.example"));
  EXPECT_TRUE(has(result.out, "in force since generation 13"));
}

TEST_F(Unblock, OfWhatIsNotThere) {
  expect_refused({"unblock", "new.example"}, "list 'campaign' has no entry new.example");
}

TEST_F(Unblock, NamesWhatRefusesItAllTheSame) {
  fixture_.folder.write("lists/campaign.txt", "a.wide.example\n");
  const auto result = fixture_.run({"unblock", "a.wide.example"});
  EXPECT_EQ(result.exit, 1);
  EXPECT_EQ(campaign(), "");
  EXPECT_TRUE(has(result.out, "still refused by .wide.example ("));
  EXPECT_TRUE(has(result.out, "rules.yaml:5), rule 'campaign'"));
}

TEST_F(Allow, FindsTheListThatPassesIt) {
  const auto result = fixture_.run({"allow", "192.0.2.7", "--reason", "partner"});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_EQ(fixture_.read("lists/trusted.txt"), "192.0.2.7 reason=partner owner=drj\n");
  EXPECT_TRUE(has(result.out, "rule 'trusted'"));
}

TEST_F(Allow, ForOneCheck) {
  EXPECT_EQ(fixture_.run({"allow", "partner.example", "--check", "sender_mx"}).exit, 0);
  EXPECT_EQ(fixture_.read("lists/no-mx-check.txt"), "partner.example owner=drj\n");
}

TEST_F(Allow, WithoutAListForItSaysWhatToWrite) {
  const auto domain = fixture_.run({"allow", "partner.example"});
  EXPECT_EQ(domain.exit, 1);
  EXPECT_TRUE(has(domain.err, "when: { sender_domain: allowed }\n    then: pass\n"));
  const auto check = fixture_.run({"allow", "192.0.2.7", "--check", "sender_mx"});
  EXPECT_EQ(check.exit, 1);
  EXPECT_TRUE(has(check.err, "then: skip sender_mx\n"));
}

TEST_F(Allow, DoesNotUseAListThatDoesSomethingElse) {
  EXPECT_TRUE(has(fixture_.run({"allow", "partner.example", "--list", "campaign"}).err,
                  "no rule passes mail, or skips a check, by list 'campaign'"));
  EXPECT_TRUE(
      has(fixture_.run({"allow", "192.0.2.7", "--list", "trusted", "--check", "sender_mx"}).err,
          "no rule skips sender_mx by list 'trusted'; want --list no-mx-check"));
  EXPECT_EQ(fixture_.read("lists/trusted.txt"), "");
}

}  // namespace
}  // namespace postern::ctl::unblock_and_allow_test
