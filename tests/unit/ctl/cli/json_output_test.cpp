// What --json writes may be looked at on a terminal, and names what strangers have sent.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <ostream>

#include "ctl/cli/daemons.h"
#include "ctl/cli/json_errors.h"
#include "tests/unit/ctl/cli/installation_fixture.h"

namespace postern::ctl::json_output_test {
namespace {

constexpr const char* kBad =
    "\xc2\x9b"
    "31m\x7f\xe2\x80\xae"
    "evil\xe2\x80\xac\xd8\x9c";

// Nothing but ASCII that shows, and line ends.
testing::AssertionResult is_harmless(const std::string& text) {
  for (const char c : text) {
    if (c == '\n' || (c >= 0x20 && c < 0x7f)) continue;
    return testing::AssertionFailure()
           << "byte " << int{static_cast<unsigned char>(c)} << " in " << text;
  }
  return testing::AssertionSuccess();
}

class JsonOutput : public testing::Test {
 protected:
  JsonOutput() {
    fixture_.folder.write("rules.yaml",
                          "version: 1\nlists: { l: { kind: text, file: lists/l.txt } }\n"
                          "rules: [{ name: r, when: { helo: l }, then: reject }]\n");
    fixture_.folder.write("lists/l.txt", "");
  }
  InstallationFixture fixture_;
};

TEST_F(JsonOutput, WhatADaemonSaysIsEscapedInEveryCommand) {
  fixture_.start([](const http::HttpRequest&) {
    boost::json::object diagnostic{{"severity", "error"}, {"file", kBad}, {"message", kBad}};
    return http::HttpResponse{
        200, boost::json::serialize(boost::json::object{
                 {"outcome", "refused"},
                 {"state", kBad},
                 {"rules_file", kBad},
                 {"lists", {boost::json::object{{"name", kBad}, {"kind", kBad}}}},
                 {"rules", {boost::json::object{{"name", kBad}, {"mode", kBad}}}},
                 {"shown", {boost::json::object{{"entry", kBad}, {"reason", kBad}}}},
                 {"answers", {boost::json::object{{"type", kBad}, {"server", kBad}}}},
                 {"traces", {boost::json::object{{"id", 1}, {"client", kBad}}}},
                 {"diagnostics", {diagnostic}},
                 {"reload", {{"last", {{"diagnostics", {diagnostic}}}}}}})};
  });
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"status"},
                                             {"reload"},
                                             {"rules"},
                                             {"rules", "--list", "l"},
                                             {"cache", "a.example"},
                                             {"trace", "--list"},
                                             {"block", "b.example", "--list", "l"}}) {
    auto with_json = words;
    with_json.emplace_back("--json");
    const auto result = fixture_.run(with_json);
    EXPECT_TRUE(is_harmless(result.out)) << words.front();
    EXPECT_NO_THROW(boost::json::parse(result.out)) << result.out << result.err;
  }
}

TEST_F(JsonOutput, AProgramReadsTheSameText) {
  fixture_.start([](const http::HttpRequest&) {
    return http::HttpResponse{
        200, boost::json::serialize(boost::json::object{{"outcome", "done"}, {"told", kBad}})};
  });
  const auto result = fixture_.run({"reload", "--json"});
  const auto told = boost::json::parse(result.out);
  EXPECT_EQ(told.at("daemons").at(0).at("reload").at("told").as_string(), kBad);
}

TEST_F(JsonOutput, AnErrorIsEscaped) {
  const auto result = fixture_.run({"explain", "--json", "--generation", "1", "--sender", kBad});
  EXPECT_NE(result.exit, 0);
  EXPECT_TRUE(is_harmless(result.out)) << result.out;
}

// As a stream hands it on, in pieces.
TEST(JsonBuffer, ACharacterInPiecesIsOne) {
  std::ostringstream sink;
  {
    JsonBuffer buffer(sink.rdbuf());
    std::ostream out(&buffer);
    for (const char c : std::string("\"\xe2\x80\xae\xc3\xa4\xf0\x9f\x93\xae\"")) {
      out << c << std::flush;
    }
    out << "\xe2\x80";
  }
  EXPECT_EQ(sink.str(), "\"\\u202e\xc3\xa4\xf0\x9f\x93\xae\"\\ufffd\\ufffd");
}

TEST_F(JsonOutput, AnAnswerIsNoLongerThanItCanBe) {
  for (const std::string target : {"/v1/reload", "/v1/cache?name=a.example", "/v1/trace"}) {
    EXPECT_LE(answer_limit(target), std::size_t{4} << 20) << target;
  }
  EXPECT_GT(answer_limit("/v1/trace/lines?after=1"), answer_limit("/v1/trace"));
  fixture_.start([](const http::HttpRequest&) {
    return http::HttpResponse{
        200, "{\"outcome\": \"" + std::string(answer_limit("/v1/reload"), 'x') + "\"}"};
  });
  const auto result = fixture_.run({"reload"});
  EXPECT_EQ(result.exit, 3);
  EXPECT_TRUE(has(result.out, "an answer of more than 4194304 bytes")) << result.err;
}

}  // namespace
}  // namespace postern::ctl::json_output_test
