// A rollback by root out of a state folder that belongs to the account of the daemons: what it
// alone has had there is not written by a yes, and nothing is written that was not shown.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/rollback/vouched_texts.h"
#include "tests/unit/ctl/rollback/kept_generations.h"

namespace postern::ctl::rollback_trust_test {
namespace {

constexpr const char* kDiscardAll = "version: 1\nrules: [{ name: all, then: discard }]\n";

class RollbackTrust : public KeptGenerations {
 protected:
  // Generation 1 is `first`, 2 what is in place; both are vouched for.
  void keep_two() {
    keep("a.example\n");
    keep("b.example\n");
  }
  void expect_nothing_written() const {
    EXPECT_EQ(fixture_.read("rules.yaml"), kKeptRules);
    EXPECT_EQ(fixture_.read("lists/l.txt"), "b.example\n");
  }
  // The last word of what is told, without its line end.
  static std::string digest_in(const std::string& told) {
    const std::size_t at = told.rfind("--vouch ");
    return at == std::string::npos ? "" : told.substr(at + 8, 64);
  }
};

TEST_F(RollbackTrust, WhatTheAccountOfTheDaemonsWroteIsNotInstalledByAYes) {
  keep_two();
  forge(1, "rules.yaml", kDiscardAll);
  for (const auto& result :
       {fixture_.run({"rollback", "1", "--yes"}), fixture_.run({"rollback", "--yes"}),
        fixture_.run_at_terminal({"rollback", "1"}, "yes\n"),
        fixture_.run({"rollback", "1", "--yes", "--json"})}) {
    EXPECT_EQ(result.exit, 1) << result.out << result.err;
    expect_nothing_written();
  }
  const auto told = fixture_.run({"rollback", "1", "--yes"});
  EXPECT_TRUE(has(told.out, "NOBODY VOUCHES FOR THIS"));
  EXPECT_TRUE(has(told.out, " + rules: [{ name: all, then: discard }]\n"));
  EXPECT_TRUE(has(told.err, "posternctl rollback 1 --vouch " + digest_in(told.err)));
  EXPECT_TRUE(has(fixture_.run({"rollback", "--list"}).out, "(nobody vouches for it)"));
}

TEST_F(RollbackTrust, WhoHasReadItCanSaySo) {
  keep_two();
  forge(1, "rules.yaml", kDiscardAll);
  const std::string digest = digest_in(fixture_.run({"rollback", "1"}).err);
  ASSERT_EQ(digest.size(), 64U);
  forge(1, "rules.yaml", std::string(kDiscardAll) + "# and more\n");
  const auto other = fixture_.run({"rollback", "1", "--vouch", digest});
  EXPECT_EQ(other.exit, 1);
  EXPECT_TRUE(has(other.err, "is not what --vouch was said of"));
  expect_nothing_written();
  forge(1, "rules.yaml", kDiscardAll);
  EXPECT_EQ(fixture_.run({"rollback", "1", "--vouch", digest}).exit, 3) << "no daemon, but written";
  EXPECT_EQ(fixture_.read("rules.yaml"), kDiscardAll);
  EXPECT_TRUE(VouchedTexts::beside(fixture_.folder.path("rules.yaml"))
                  .has(fixture_.folder.path("rules.yaml"), kKeptRules))
      << "so that it can be taken back";
}

TEST_F(RollbackTrust, AtATerminalItIsAskedForAnotherWord) {
  keep_two();
  forge(1, "rules.yaml", kDiscardAll);
  const auto result = fixture_.run_at_terminal({"rollback", "1"}, "vouch\n");
  EXPECT_TRUE(has(result.err, "do you vouch for what is marked?"));
  EXPECT_EQ(fixture_.read("rules.yaml"), kDiscardAll);
}

TEST_F(RollbackTrust, OfWhatNobodyVouchesForEveryLineIsShown) {
  keep_two();
  std::string list;
  for (int i = 0; i < 400; ++i) list += "harmless" + std::to_string(i) + ".example\n";
  forge(1, "lists/l.txt", list + ".com\n");
  const auto result = fixture_.run({"rollback", "1"});
  EXPECT_TRUE(has(result.out, " + harmless399.example\n    401 + .com\n"));
  EXPECT_FALSE(has(result.out, "more lines"));
}

TEST_F(RollbackTrust, WhatCannotBeShownCannotBeVouchedForHere) {
  std::string order;
  std::string turned;
  for (int i = 0; i < 600; ++i) {
    order += "d" + std::to_string(i) + ".example\n";
    turned = "d" + std::to_string(i) + ".example\n" + turned;
  }
  keep("a.example\n");
  keep(order);
  for (const std::string& text : {turned, order + order + order, std::string(2'000'001, '\n'),
                                  "#" + std::string(70 << 20, 'x') + "\n"}) {
    forge(1, "lists/l.txt", text);
    for (const auto& result : {fixture_.run({"rollback", "1", "--yes"}),
                               fixture_.run_at_terminal({"rollback", "1"}, "vouch\nyes\n")}) {
      EXPECT_EQ(result.exit, 1) << result.out.substr(0, 1000);
      EXPECT_EQ(digest_in(result.err), "") << result.err;
      EXPECT_EQ(fixture_.read("lists/l.txt"), order);
    }
  }
}

TEST_F(RollbackTrust, AnEndOfTheLastLineThatComesOrGoesIsShown) {
  keep_two();
  forge(1, "lists/l.txt", "b.example");
  EXPECT_TRUE(has(fixture_.run({"rollback", "1"}).out, "the last line loses its end\n"));
}

TEST_F(RollbackTrust, WithoutAPersonOrAYesNothingIsWritten) {
  keep_two();
  for (const auto& result :
       {fixture_.run({"rollback"}), fixture_.run({"rollback", "--json"}),
        fixture_.run_at_terminal({"rollback"}, "no\n"), fixture_.run_at_terminal({"rollback"}, ""),
        fixture_.run_at_terminal({"rollback", "--json"}, "yes\n")}) {
    EXPECT_EQ(result.exit, 1) << result.out << result.err;
    expect_nothing_written();
  }
  EXPECT_TRUE(has(fixture_.run({"rollback"}).err, "want --yes"));
  EXPECT_TRUE(has(fixture_.run({"rollback"}).out, "    1 + a.example\n"));
}

TEST_F(RollbackTrust, WhatIsVouchedForComesBackByAYes) {
  keep_two();
  EXPECT_EQ(fixture_.run({"rollback", "--yes"}).exit, 3);
  EXPECT_EQ(fixture_.read("lists/l.txt"), "a.example\n");
  EXPECT_EQ(fixture_.run_at_terminal({"rollback", "2"}, "yes\n").exit, 3);
  EXPECT_EQ(fixture_.read("lists/l.txt"), "b.example\n");
}

TEST_F(RollbackTrust, WithNothingToWriteNobodyIsAsked) {
  keep_two();
  const auto result = fixture_.run({"rollback", "2"});
  EXPECT_EQ(result.exit, 3) << "no daemon";
  EXPECT_TRUE(has(result.out, "the files are like that already"));
}

// Changes a file when it is asked for an answer.
class Interloper : public std::streambuf {
 public:
  Interloper(const TemporaryFolder& folder, std::string name)
      : folder_(folder), name_(std::move(name)) {}

 protected:
  int_type underflow() override {
    folder_.write(name_, "somebody else\n");
    setg(answer_.data(), answer_.data(), answer_.data() + answer_.size());
    return answer_.front();
  }

 private:
  const TemporaryFolder& folder_;
  std::string name_;
  std::string answer_ = "yes\n";
};

TEST_F(RollbackTrust, WhatHasChangedSinceItWasShownStays) {
  keep_two();
  Interloper interloper(fixture_.folder, "lists/l.txt");
  std::istream in(&interloper);
  const auto result = fixture_.run({"rollback"}, in, Terminal::both_ways);
  EXPECT_EQ(result.exit, 3);
  EXPECT_TRUE(has(result.err, "somebody has changed the files since they were shown"));
  EXPECT_EQ(fixture_.read("lists/l.txt"), "somebody else\n");
}

TEST_F(RollbackTrust, WhatIsExchangedWhileThePersonReadsIsNotWritten) {
  keep_two();
  Interloper interloper(fixture_.folder, "state/generations/1/lists/l.txt");
  std::istream in(&interloper);
  EXPECT_EQ(fixture_.run({"rollback"}, in, Terminal::both_ways).exit, 3) << "no daemon";
  EXPECT_EQ(fixture_.read("lists/l.txt"), "a.example\n") << "as it was shown";
}

// A manifest that claims to have what is in place would have it lost.
TEST_F(RollbackTrust, WhatIsThereIsSavedUnlessACopyOfItIsReallyKept) {
  keep_two();
  ASSERT_TRUE(std::filesystem::remove(copy(2, "lists/l.txt")));
  fixture_.folder.write("state/generations/2/lists/l.txt", "B.example\n");
  EXPECT_EQ(fixture_.run({"rollback", "1", "--yes"}).exit, 3);
  EXPECT_EQ(fixture_.read("lists/l.txt.before-rollback"), "b.example\n");
}

TEST_F(RollbackTrust, OneBrokenGenerationIsALine) {
  keep_two();
  std::filesystem::create_directories(fixture_.folder.path("state/generations/3"));
  fixture_.folder.write("state/generations/3/manifest.json", "{\xc2\x9b}\n");
  ASSERT_EQ(::truncate(copy(2, "lists/l.txt").c_str(), off_t{1} << 40), 0) << "a hole, no disk";
  const auto result = fixture_.run({"rollback", "--list"});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_TRUE(has(result.out, "\n2  -  ") && has(result.out, "  generation 2 in "));
  EXPECT_TRUE(has(result.out, "\n3  -  ") && has(result.out, "  generation 3 in "));
  EXPECT_TRUE(has(result.out, "1  2026-11-21T"));
  EXPECT_EQ(fixture_.run({"rollback", "1", "--yes"}).exit, 3);
  EXPECT_EQ(fixture_.read("lists/l.txt"), "a.example\n");
}

TEST_F(RollbackTrust, ACopyOfManyBytesIsNotReadForItsSize) {
  keep_two();
  forge(1, "lists/l.txt", "c.example\n");
  const auto size = static_cast<off_t>(config::kMaxListFile) + 1;
  ASSERT_EQ(::truncate(copy(1, "lists/l.txt").c_str(), size), 0);
  set_bytes(1, "lists/l.txt", static_cast<std::size_t>(size));
  const auto result = fixture_.run({"rollback", "1", "--yes"});
  EXPECT_EQ(result.exit, 1);
  EXPECT_TRUE(has(result.err, "want at most " + std::to_string(config::kMaxListFile)));
}

}  // namespace
}  // namespace postern::ctl::rollback_trust_test
