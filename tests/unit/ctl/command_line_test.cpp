#include "ctl/command_line.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <sstream>

#include "tests/unit/ctl/cli/installation_fixture.h"

namespace postern::ctl::command_line_test {
namespace {

class CtlCommandLine : public testing::Test {
 protected:
  // What the daemons offer. Whoever waits for a completion waits for a tenth of a second, in which
  // on a busy machine they may not have had their turn.
  std::string offered(std::vector<std::string> what) {
    what.insert(what.begin(), "completion");
    std::string out;
    for (int turn = 0; out.empty() && turn < kTurns; ++turn) out = fixture_.run(what).out;
    return out;
  }

  InstallationFixture fixture_;

 private:
  static constexpr int kTurns = 300;
};

TEST_F(CtlCommandLine, AloneItShowsTheWay) {
  const auto result = fixture_.run({});
  EXPECT_EQ(result.exit, 0);
  EXPECT_TRUE(has(result.out, "posternctl block phish.example"));
  EXPECT_LT(result.out.size(), 1200U);
}

// Lines behind `Examples:` that run the command.
int examples_in(const std::string& help, const std::string& command) {
  std::istringstream lines(help.substr(std::min(help.find("Examples:\n"), help.size())));
  int examples = 0;
  for (std::string line; std::getline(lines, line);) {
    examples += line.starts_with("  ") && has(line, "posternctl " + command) ? 1 : 0;
  }
  return examples;
}

TEST_F(CtlCommandLine, HelpTeaches) {
  const auto result = fixture_.run({"--help"});
  EXPECT_EQ(result.exit, 0);
  for (const char* part : {"Exit codes:", "posternctl(8)", "rollback", "--json"}) {
    EXPECT_TRUE(has(result.out, part));
  }
  for (const CommandShape& command : command_shapes()) {
    const auto help = fixture_.run({command.name, "--help"});
    EXPECT_EQ(help.exit, 0) << command.name;
    EXPECT_GE(examples_in(help.out, command.name), 2) << help.out;
    EXPECT_TRUE(has(help.out, command.about));
  }
}

TEST_F(CtlCommandLine, WhatIsNotOne) {
  EXPECT_EQ(fixture_.run({"bloc"}).exit, 2);
  EXPECT_EQ(fixture_.run({"block"}).exit, 2);
  EXPECT_EQ(fixture_.run({"block", "a.example", "--nix"}).exit, 2);
  EXPECT_EQ(fixture_.run({"rules", "--never"}).exit, 2);
}

TEST_F(CtlCommandLine, NamesWhatWasMeant) {
  EXPECT_EQ(fixture_.run({"blok", "a.example"}).err,
            "posternctl: there is no command 'blok'; did you mean 'block'? All of them: posternctl "
            "help\n");
  EXPECT_EQ(fixture_.run({"a.example"}).err,
            "posternctl: there is no command 'a.example'; all of them: posternctl help\n");
  EXPECT_TRUE(has(fixture_.run({"block", "a.example", "--reson", "x"}).err,
                  "there is no option '--reson'; did you mean '--reason'?"));
  EXPECT_EQ(fixture_.run({"blo\nck"}).err.find("blo\nck"), std::string::npos);
}

TEST_F(CtlCommandLine, AWordInThePlaceOfANumber) {
  const auto result = fixture_.run({"diff", "yesterday"});
  EXPECT_EQ(result.exit, 2);
  EXPECT_EQ(result.err, "posternctl: FROM|GENERATION = yesterday, which is no number\n");
}

TEST_F(CtlCommandLine, WhatWasPastedIsEscaped) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"tail", "--door", "\x1b[31mx"},
        {"block", "a", "--until", "\x1b"},
        {"diff", "\x1b[2J"},
        {"diff", "1", "2", "\x1b]0;x\x07"},
        {"find", "a", "--nix\x1b"}}) {
    const auto result = fixture_.run(words);
    EXPECT_EQ(result.exit, 2) << words.front();
    EXPECT_TRUE(has(result.err, "\\x1b"));
    EXPECT_EQ(result.err.find('\x1b'), std::string::npos) << words.front();
  }
}

TEST_F(CtlCommandLine, HelpAsACommand) {
  EXPECT_EQ(fixture_.run({"help"}).out, fixture_.run({"--help"}).out);
  EXPECT_EQ(fixture_.run({"help", "block"}).out, fixture_.run({"block", "--help"}).out);
  const auto unknown = fixture_.run({"help", "blok"});
  EXPECT_EQ(unknown.exit, 2);
  EXPECT_TRUE(has(unknown.err, "did you mean 'block'?"));
}

TEST_F(CtlCommandLine, ForProgramsAFaultIsAnObjectToo) {
  EXPECT_EQ(
      fixture_.run({"--json", "blok"}).out,
      "{\"error\":\"there is no command 'blok'; did you mean 'block'? All of them: posternctl "
      "help\",\"exit\":2}\n");
  const auto refused = fixture_.run({"block", "a..b", "--json"});
  EXPECT_EQ(refused.exit, 1) << "no rules";
  EXPECT_TRUE(refused.out.starts_with("{\"error\":\"")) << refused.out;
  EXPECT_TRUE(refused.out.ends_with(",\"exit\":1}\n"));
  EXPECT_EQ(refused.err, "");
  // What has an answer keeps it.
  const auto status = fixture_.run({"status", "--json"});
  EXPECT_TRUE(status.out.starts_with("{\"well\":false")) << status.out;
}

TEST_F(CtlCommandLine, SaysItsVersion) {
  EXPECT_EQ(fixture_.run({"--version"}).out, "posternctl 1.2.3\n");
}

TEST_F(CtlCommandLine, SettingsThatAreNotThere) {
  std::filesystem::remove(fixture_.folder.path("postern.yaml"));
  for (const char* command : {"status", "reload", "rules", "rollback"}) {
    const auto result = fixture_.run({command});
    EXPECT_EQ(result.exit, 3) << command;
    EXPECT_TRUE(has(result.err, "postern.yaml"));
  }
}

// What bash offers for the last of these words.
std::string completed(const std::string& script, const std::string& words) {
  const std::string command = "bash --norc -c 'source " + script + "; COMP_WORDS=(" + words +
                              "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _posternctl; "
                              "echo \"${COMPREPLY[*]}\"' 2>&1";
  std::FILE* pipe = ::popen(command.c_str(), "r");
  std::string out;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) out += static_cast<char>(c);
  ::pclose(pipe);
  return out;
}

TEST_F(CtlCommandLine, BashCompletesFromTheSameTable) {
  const auto script = fixture_.folder.write("completion", fixture_.run({"completion", "bash"}).out);
  EXPECT_EQ(completed(script, "posternctl rol"), "rollback\n");
  EXPECT_EQ(completed(script, "posternctl --json blo"), "block\n");
  EXPECT_EQ(completed(script, "posternctl block --dis"), "--discard\n");
  EXPECT_EQ(completed(script, "posternctl block --list \"\""), "\n");
  EXPECT_EQ(completed(script, "posternctl explain --stage e"), "eom\n");
  EXPECT_EQ(completed(script, "posternctl completion z"), "zsh\n");
  EXPECT_EQ(completed(script, "posternctl check " + script), script + "\n");
  EXPECT_EQ(completed(script, "posternctl replay --against " + script), script + "\n");
  EXPECT_EQ(completed(script, "posternctl journal show --from " + script), script + "\n");
}

TEST_F(CtlCommandLine, BashCompletesFromWhatThereIs) {
  const auto script =
      fixture_.folder.write("completion", "posternctl() { echo \"$2-1 mail.* $2-2\"; }\n" +
                                              fixture_.run({"completion", "bash"}).out);
  EXPECT_EQ(completed(script, "posternctl rules --list l"), "lists-1 lists-2\n");
  EXPECT_EQ(completed(script, "posternctl tail --rule rules-2"), "rules-2\n");
  EXPECT_EQ(completed(script, "posternctl rollback g"), "generations-1 generations-2\n");
  EXPECT_EQ(completed(script, "posternctl rules --list m"), "mail.*\n") << "and no file";
  EXPECT_EQ(completed(script, "posternctl allow --token t"), "tokens-1 tokens-2\n");
  EXPECT_EQ(completed(script, "posternctl journal tokens-1"), "tokens-1\n");
  EXPECT_EQ(completed(script, "posternctl why tokens-1"), "tokens-1\n") << "beside files";
  EXPECT_EQ(completed(script, "posternctl export l"), "lists-1 lists-2\n");
  EXPECT_EQ(completed(script, "posternctl find e"), "entries-1 entries-2\n");
  EXPECT_EQ(completed(script, "posternctl diff generations-1 g"), "generations-1 generations-2\n");
}

// Through bash and the program that it starts, from the daemon: nothing in between is made up.
TEST_F(CtlCommandLine, BashCompletesTheTokenOfARefusal) {
  fixture_.start([](const http::HttpRequest& request) {
    return http::HttpResponse{
        200, request.target == "/v1/tokens"
                 ? R"json({"tokens": [{"token": "k7m3f2"}, {"token": "p0x8da"}]})json"
                 : "{}"};
  });
  fixture_.folder.write("tokens", offered({"tokens"}));
  const auto script =
      fixture_.folder.write("completion", "posternctl() { cat " + fixture_.folder.path("$2") +
                                              "; }\n" + fixture_.run({"completion", "bash"}).out);
  EXPECT_EQ(completed(script, "posternctl allow --token k7"), "k7m3f2\n");
  EXPECT_EQ(completed(script, "posternctl allow --token x"), "\n");
}

TEST_F(CtlCommandLine, CompletionSaysWhatATokenIsOf) {
  fixture_.start([](const http::HttpRequest&) {
    return http::HttpResponse{200, R"json({"tokens": [
        {"token": "p0x8da", "action": "defer", "sender_domain": ""},
        {"token": "k7m3f2", "action": "reject", "sender_domain": "phish.example\n"},
        {"token": "$(x)", "action": "reject", "sender_domain": "a.example"}]})json"};
  });
  EXPECT_EQ(offered({"tokens"}), "k7m3f2\np0x8da\n");
  EXPECT_EQ(offered({"tokens", "--about"}), "k7m3f2\treject phish.example\\x0a\np0x8da\tdefer -\n");
  EXPECT_TRUE(has(fixture_.run({"completion", "fish"}).out,
                  "-l token -d 'The mail whose refusal has this token, as narrowly as the lists "
                  "can' -x -a '(posternctl completion tokens --about 2>/dev/null)'"));
}

TEST_F(CtlCommandLine, CompletionAsksTheDaemons) {
  fixture_.start([](const http::HttpRequest& request) {
    if (request.target == "/v1/rules") {
      return http::HttpResponse{200, R"json({"rules": [{"name": "r1"}, {"name": "r0"}],
          "lists": [{"name": "campaign"}, {"name": "x$(reboot)"}]})json"};
    }
    const bool hit = request.target == "/v1/entries?list=campaign&hit=yes&limit=1000";
    return http::HttpResponse{
        200, hit ? R"json({"shown": [{"entry": "mail.*"}, {"entry": "a b"}, {"entry": "`x`"}]})json"
                 : "{}"};
  });
  EXPECT_EQ(offered({"rules"}), "r0\nr1\n");
  EXPECT_EQ(offered({"lists"}), "campaign\n") << "only plain words";
  EXPECT_EQ(offered({"entries"}), "mail.*\n");
  EXPECT_TRUE(has(fixture_.run({"completion", "checks"}).out, "sender_mx\n"));
}

TEST_F(CtlCommandLine, CompletionOfWhatNobodyTellsIsEmpty) {
  for (const char* kind : {"rules", "lists", "entries", "generations", "tokens"}) {
    const auto result = fixture_.run({"completion", kind});
    EXPECT_EQ(result.exit, 0) << kind;
    EXPECT_EQ(result.out + result.err, "") << kind;
  }
}

TEST_F(CtlCommandLine, EveryShellHasEveryCommand) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const auto result = fixture_.run({"completion", shell});
    EXPECT_EQ(result.exit, 0);
    for (const CommandShape& command : command_shapes()) {
      EXPECT_TRUE(has(result.out, command.name)) << shell;
    }
    EXPECT_TRUE(has(result.out, "accept-shrunk")) << shell;
  }
  EXPECT_EQ(fixture_.run({"completion", "tcsh"}).exit, 2);
}

}  // namespace
}  // namespace postern::ctl::command_line_test
