#include "ctl/import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/support/temporary_folder.h"

namespace postern::ctl::import_test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

struct Told {
  CtlExit exit = CtlExit::ok;
  std::string out;
  std::string err;
};

class Import : public testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& text) {
    return folder_.write(name, text);
  }

  Told run(const ImportOptions& chosen, Output output = Output::text,
           const std::string& input = {}) {
    std::istringstream in(input);
    std::ostringstream out;
    std::ostringstream err;
    const CommandContext context{folder_.path("none.yaml"), Console(out, err, output), in, {}};
    Told told;
    told.exit = run_import(chosen, context);
    told.out = out.str();
    told.err = err.str();
    return told;
  }

  static ImportOptions options(const std::string& file, const std::string& then = {}) {
    ImportOptions options;
    options.file = file;
    options.then = then;
    return options;
  }

  static ImportOptions into(const std::string& file, const std::string& folder) {
    ImportOptions options;
    options.file = file;
    options.into = folder;
    return options;
  }

  [[nodiscard]] std::string read(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(folder_.path(name)).rdbuf();
    return text.str();
  }

  TemporaryFolder folder_;
};

TEST_F(Import, FormatAndSubjectAreGuessedAndSaid) {
  const auto table = write("sender_access", "a.example REJECT no\nb.example OK\n");
  const Told told = run(options(table));
  EXPECT_EQ(told.exit, CtlExit::ok);
  EXPECT_THAT(told.err, HasSubstr("postfix-access, guessed by what its lines look like"));
  EXPECT_THAT(told.out, HasSubstr("sender_domain: sender_access-domains"));
  EXPECT_THAT(told.out, HasSubstr("# ---- lists/sender_access-domains.txt\n.a.example\n"));
}

TEST_F(Import, FilesGoIntoAFolderAndNeverOverOthers) {
  const auto table = write("t.cidr", "192.0.2.0/24 REJECT\n198.51.100.0/24 OK\n");
  const std::string folder = folder_.path("new/here");
  const Told told = run(into(table, folder));
  EXPECT_EQ(told.exit, CtlExit::ok);
  EXPECT_THAT(told.out, HasSubstr("To take it over: look at " + folder));
  EXPECT_THAT(read("new/here/rules.yaml"), HasSubstr("file: lists/t.txt"));
  EXPECT_EQ(read("new/here/lists/t.txt"), "192.0.2.0/24\n198.51.100.0/24 then=pass\n");
  const Told again = run(into(table, folder));
  EXPECT_EQ(again.exit, CtlExit::failed);
  EXPECT_THAT(again.err, HasSubstr("is there already"));
}

TEST_F(Import, RefusedLinesAreNamedAndTheRestIsThere) {
  const auto table = write("t.cidr", "192.0.2.0/24 FILTER x:y\n198.51.100.0/24 REJECT\n");
  const Told told = run(options(table));
  EXPECT_EQ(told.exit, CtlExit::no);
  EXPECT_THAT(told.err, HasSubstr(table + ":1:14: error: filter is the MTA's business"));
  EXPECT_THAT(told.out, HasSubstr("198.51.100.0/24"));
}

TEST_F(Import, WithoutALineThatCanBeImportedNothingIsWritten) {
  const auto table = write("t.cidr", "192.0.2.1/24 REJECT\n");
  const std::string folder = folder_.path("new");
  const Told told = run(into(table, folder));
  EXPECT_EQ(told.exit, CtlExit::no);
  EXPECT_FALSE(std::filesystem::exists(folder));
}

// 150 lines that are refused, below one that is not.
std::string many_refused() {
  std::string text = "a.example\n";
  for (int i = 0; i < 150; ++i) text += "192.0.2." + std::to_string(i) + "-9\n";
  return text;
}

TEST_F(Import, MessagesThatAreCutAreAllInAFileBesideTheResult) {
  const auto table = write("t", many_refused());
  ImportOptions chosen = into(table, folder_.path("new"));
  chosen.format = "domain-list";
  const Told told = run(chosen);
  EXPECT_EQ(told.exit, CtlExit::no);
  EXPECT_THAT(told.err, HasSubstr("and 52 more\nall 152 messages: see " +
                                  folder_.path("new/import-messages.txt")));
  const std::string all = read("new/import-messages.txt");
  EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 152);
  EXPECT_THAT(all, HasSubstr(table + ":151:1: error: '192.0.2.149-9' is meant as addresses"));
  EXPECT_THAT(read("new/rules.yaml"), HasSubstr("version: 1"));
}

TEST_F(Import, WithoutAFolderTheCutSaysHowToSeeAllMessages) {
  ImportOptions chosen = options(write("t", many_refused()));
  chosen.format = "domain-list";
  EXPECT_THAT(run(chosen).err, HasSubstr("with --into FOLDER, in FOLDER/import-messages.txt"));
}

TEST_F(Import, MessagesThatAreCutAreKeptEvenWhenNothingIsImported) {
  ImportOptions chosen =
      into(write("t", many_refused().substr(std::string("a.example\n").size())), folder_.path("n"));
  chosen.format = "domain-list";
  EXPECT_EQ(run(chosen).exit, CtlExit::no);
  EXPECT_THAT(read("n/import-messages.txt"), HasSubstr(":150:1: error: "));
  EXPECT_FALSE(std::filesystem::exists(folder_.path("n/rules.yaml")));
}

TEST_F(Import, MessagesThatAreShownNeedNoFile) {
  const auto table = write("t.cidr", "192.0.2.0/24 FILTER x:y\n198.51.100.0/24 REJECT\n");
  EXPECT_THAT(run(into(table, folder_.path("new"))).err, Not(HasSubstr("import-messages")));
  EXPECT_FALSE(std::filesystem::exists(folder_.path("new/import-messages.txt")));
}

TEST_F(Import, AListOfAddressesIsNotTakenForOneOfTheRefused) {
  const auto table = write("sender_whitelist", "boss@partner.example\n@friends.example\n");
  const Told told = run(options(table));
  EXPECT_EQ(told.exit, CtlExit::ok);
  EXPECT_THAT(told.err, HasSubstr("domain-list, guessed by what its lines look like"));
  EXPECT_THAT(told.err, HasSubstr("say what it should do with --then"));
  EXPECT_THAT(told.out, HasSubstr("then: 'log'"));
  EXPECT_EQ(run(options(table, "pass")).exit, CtlExit::no);
}

TEST_F(Import, WhetherRecipientsAreBlockedIsAnOption) {
  ImportOptions chosen =
      options(write("access", "info@shop.example\tERROR:5.1.1:550 User unknown\n"));
  chosen.format = "sendmail-access";
  EXPECT_THAT(run(chosen).err,
              HasSubstr("access:1:1: warning: with FEATURE(`blocklist_recipients')"));
  chosen.blocklist_recipients = "on";
  const Told told = run(chosen);
  EXPECT_EQ(told.exit, CtlExit::ok);
  EXPECT_THAT(told.out, HasSubstr("recipient: access-to"));
  chosen.format = "domain-list";
  EXPECT_EQ(run(chosen).exit, CtlExit::usage);
}

TEST_F(Import, OptionsThatAreNoneAreRefused) {
  const auto table = write("t", "a.example\n");
  EXPECT_EQ(run(options(table, "refuse")).exit, CtlExit::usage);
  EXPECT_EQ(run(options(table, "skip something")).exit, CtlExit::usage);
  EXPECT_EQ(run(options(write("t.cidr", "192.0.2.1 OK\n"), "pass")).exit, CtlExit::usage);
  ImportOptions named = options(table);
  named.name = "a b";
  EXPECT_EQ(run(named).exit, CtlExit::usage);
  EXPECT_EQ(run(options(write("x", "{ }\n"))).exit, CtlExit::usage);
  EXPECT_EQ(run(options(table + ".missing")).exit, CtlExit::failed);
}

TEST_F(Import, TheDelimiterIsOfPostfixsIndexedTables) {
  ImportOptions chosen = options(write("sender_access", "joe@a.example REJECT\n"));
  const Told asked = run(chosen);
  EXPECT_EQ(asked.exit, CtlExit::ok);
  EXPECT_THAT(asked.err, HasSubstr("--recipient-delimiter"));
  chosen.recipient_delimiter = "+";
  const Told told = run(chosen);
  EXPECT_EQ(told.exit, CtlExit::ok);
  EXPECT_THAT(told.out, HasSubstr("~^joe[\\+].*@a\\.example$"));
  for (const char* none : {"@", "a", "+ "}) {
    chosen.recipient_delimiter = none;
    EXPECT_EQ(run(chosen).exit, CtlExit::usage) << none;
  }
  ImportOptions networks = options(write("t.cidr", "192.0.2.1 OK\n"));
  networks.recipient_delimiter = "+";
  EXPECT_EQ(run(networks).exit, CtlExit::usage);
}

TEST_F(Import, HeaderChecksAreNamedAndNotImported) {
  const auto table =
      write("header_checks", "/^Subject:.*lottery/ REJECT no\n/^X-Mailer:/ IGNORE\n");
  const Told told = run(options(table));
  EXPECT_EQ(told.exit, CtlExit::no);
  EXPECT_THAT(told.err, HasSubstr("this is a table of header_checks(5)"));
  EXPECT_THAT(told.out, IsEmpty());
}

TEST_F(Import, StandardInput) {
  const Told told =
      run(options("-", "reject 550 5.7.1 \"listed\""), Output::text, "a.example\nb.example\n");
  EXPECT_EQ(told.exit, CtlExit::ok);
  EXPECT_THAT(told.out, HasSubstr("- name: imported\n"));
  EXPECT_THAT(told.err, HasSubstr("standard input: domain-list"));
}

TEST_F(Import, JsonSaysTheSame) {
  const auto table =
      write("t.cidr", "192.0.2.0/24 REJECT\n192.0.2.1 OK\n192.0.2.2 REJECT\nx REJECT\n\n");
  ImportOptions named = options(table);
  named.format = "postfix-cidr";
  const Told told = run(named, Output::json);
  EXPECT_EQ(told.exit, CtlExit::no);
  EXPECT_THAT(told.err, IsEmpty());
  const auto json = boost::json::parse(told.out).as_object();
  EXPECT_EQ(json.at("format").as_string(), "postfix-cidr");
  const auto& lines = json.at("lines").as_object();
  for (const char* status : {"comment", "imported", "repeated", "idle", "refused"}) {
    EXPECT_EQ(lines.at(status).as_int64(), 1) << status;
  }
  EXPECT_EQ(lines.at("all").as_int64(), 5);
  EXPECT_EQ(json.at("left_out").as_array().size(), 3U);
  EXPECT_THAT(std::string(json.at("files").as_object().at("rules.yaml").as_string()),
              HasSubstr("\nversion: 1\n"));
  EXPECT_EQ(json.at("files").as_object().at("lists/t.txt").as_string(), "192.0.2.0/24\n");
}

TEST_F(Import, EveryFormatHasAName) {
  EXPECT_THAT(import_formats(), Contains("sendmail-access"));
  EXPECT_EQ(import_formats().size(), 12U);
}

}  // namespace
}  // namespace postern::ctl::import_test
