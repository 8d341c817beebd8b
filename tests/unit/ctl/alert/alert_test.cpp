// posternctl alert: what goes out, by which program, and what is remembered of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "common/json/parse_json.h"
#include "ctl/alert/alert.h"
#include "ctl/alert/signature.h"
#include "ctl/alert/web_post.h"
#include "ctl/radar/radar_feed.h"
#include "tests/unit/ctl/alert/strong_campaign.h"
#include "tests/unit/ctl/cli/installation_fixture.h"

namespace postern::ctl::alert_test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr auto kDoors = "policyd: { listen: \"inet:127.0.0.1:10040\" }\n";

class Alerts : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(at_.folder.path("state"));
    program("hook",
            "cat >" + at_.folder.path("got") + "; echo \"$0 $*\" >" + at_.folder.path("words"));
    hooks("alert_command: " + at_.folder.path("hook"));
  }

  void program(const std::string& name, const std::string& lines) {
    at_.folder.write(name, "#!/bin/sh\n" + lines + "\n");
    std::filesystem::permissions(at_.folder.path(name), std::filesystem::perms::owner_all);
  }
  void hooks(const std::string& keys) {
    at_.settings(std::string(kDoors) + "radar: { " + keys + " }\n");
  }
  void propose(int number) {
    add_strong_campaign(feed_, "2026-11-21T11:00", number);
    at_.folder.write("state/radar-proposals", strong_proposals_text(feed_));
  }
  std::string got() const { return at_.read("got"); }

  InstallationFixture at_;
  RadarFeed feed_{{}, KeyedHash::Secret{}};
};

TEST_F(Alerts, ACommandIsGivenJsonOnItsInputAndNothingElse) {
  propose(1);
  const CtlResult run = at_.run({"alert"});
  EXPECT_EQ(run.exit, 0) << run.err;
  EXPECT_TRUE(has(run.out, " by command: sent, 1 proposal\n"));
  EXPECT_EQ(at_.read("words"), at_.folder.path("hook") + " \n");
  const auto body = json::parse_json(got()).value();
  const auto& campaign = body.at("campaigns").as_array().at(0);
  EXPECT_EQ(body.at("v"), 1);
  EXPECT_EQ(campaign.at("id"), "C1");
  EXPECT_EQ(campaign.at("command"), "posternctl block 11.0.1.0/24 --for 7d --reason 'radar C1'");
  EXPECT_EQ(campaign.at("proposals").as_array().at(0).at("refused"), 3);
}

TEST_F(Alerts, IsSentOnce) {
  propose(1);
  at_.run({"alert"});
  std::filesystem::remove(at_.folder.path("got"));
  for (int i = 0; i < 3; ++i) {
    at_.now += 1h;
    const CtlResult again = at_.run({"alert"});
    EXPECT_EQ(again.exit, 0);
    EXPECT_EQ(again.out, "");
  }
  EXPECT_FALSE(std::filesystem::exists(at_.folder.path("got")));
  propose(2);
  EXPECT_TRUE(has(at_.run({"alert"}).out, "1 proposal"));
  EXPECT_THAT(got(), HasSubstr("11.0.2.0/24"));
}

TEST_F(Alerts, AFailureIsSaidAndTriedAgain) {
  program("hook", "exit 7");
  propose(1);
  const CtlResult failed = at_.run({"alert"});
  EXPECT_EQ(failed.exit, 3);
  EXPECT_TRUE(
      has(failed.err, "the alert by command has failed 1 time since 2026-11-21T12:00:00Z: "));
  EXPECT_TRUE(has(failed.err, "ended with status 7; next try 2026-11-21T12:01:00Z"));
  EXPECT_TRUE(has(at_.run({"radar"}).err, "note: the alert by command has failed 1 time"));
  program("hook", "cat >" + at_.folder.path("got"));
  EXPECT_EQ(at_.run({"alert"}).exit, 3) << "not yet";
  EXPECT_EQ(got(), "");
  at_.now += 1min;
  EXPECT_EQ(at_.run({"alert"}).exit, 0);
  EXPECT_THAT(got(), HasSubstr("11.0.1.0/24"));
  EXPECT_EQ(at_.run({"radar"}).err.find("has failed"), std::string::npos);
}

TEST_F(Alerts, OneHookThatFailsDoesNotKeepTheOthers) {
  program("sendmail", "exit 75");
  hooks("alert_command: " + at_.folder.path("hook") +
        ", alert_mail: root, sendmail: " + at_.folder.path("sendmail"));
  propose(1);
  const CtlResult run = at_.run({"alert"});
  EXPECT_EQ(run.exit, 3);
  EXPECT_TRUE(has(run.out, " by command: sent"));
  EXPECT_TRUE(has(run.err, "the alert by mail has failed"));
}

TEST_F(Alerts, AMailHasTheCommandAndNothingThatIsNotShown) {
  hooks("alert_mail: mail+alerts@example.org, sendmail: " + at_.folder.path("hook"));
  propose(1);
  EXPECT_EQ(at_.run({"alert"}).exit, 0);
  EXPECT_EQ(at_.read("words"), at_.folder.path("hook") + " -i -- mail+alerts@example.org\n");
  const std::string mail = got();
  EXPECT_TRUE(mail.starts_with("To: mail+alerts@example.org\nSubject: Postern radar: C1 on "));
  EXPECT_THAT(mail, HasSubstr("\nAuto-Submitted: auto-generated\n"));
  EXPECT_THAT(mail, HasSubstr("\n    posternctl block 11.0.1.0/24 --for 7d --reason 'radar C1'\n"));
  EXPECT_THAT(mail, HasSubstr("\n    accepted 0, refused 3, deferred 0; 1 recipient; "));
}

TEST_F(Alerts, ATestGoesByEachHookAndIsNotRemembered) {
  hooks("alert_command: " + at_.folder.path("hook") + ", alert_mail: root, sendmail: /bin/false");
  const CtlResult run = at_.run({"alert", "--test"});
  EXPECT_EQ(run.exit, 3);
  EXPECT_EQ(run.out, "command: a test was sent\n");
  EXPECT_TRUE(has(run.err, "mail: /bin/false ended with status 1"));
  EXPECT_THAT(got(), HasSubstr("\"test\":true"));
  EXPECT_FALSE(std::filesystem::exists(at_.folder.path("state/radar-alerts")));
}

TEST(CurlConfig, HasEachValueAsOneLineOfText) {
  const std::string config = curl_config(
      {"https://a.example/x?y", {{"Postern-Alert", "a\nurl = b"}}, "{\"a\\b\":1}\n"}, 30s);
  EXPECT_THAT(config, HasSubstr("\nurl = \"https://a.example/x?y\"\n"));
  EXPECT_THAT(config, HasSubstr("\nmax-time = \"30\"\n"));
  EXPECT_THAT(config, HasSubstr("\nheader = \"Postern-Alert: a\\nurl = b\"\n"));
  EXPECT_TRUE(config.ends_with("\ndata-raw = \"{\\\"a\\\\b\\\":1}\\n\"\n")) << config;
}

TEST_F(Alerts, WithoutAHookThereIsNothingToDo) {
  at_.settings(kDoors);
  EXPECT_EQ(at_.run({"alert"}).exit, 1);
  EXPECT_EQ(at_.run({"alert", "--test"}).exit, 1);
}

TEST_F(Alerts, WhatCannotBeRememberedIsNotSent) {
  propose(1);
  std::filesystem::create_directories(at_.folder.path("state/radar-alerts/in-the-way"));
  EXPECT_EQ(at_.run({"alert"}).exit, 3);
  EXPECT_EQ(got(), "");
}

TEST_F(Alerts, AKeyThatEverybodyCanReadIsNone) {
  hooks("alert_webhook: 'http://127.0.0.1:1/', webhook_key: " + at_.folder.path("key"));
  const auto refused = [&](const std::string& text, int mode) {
    at_.folder.write("key", text);
    std::filesystem::permissions(at_.folder.path("key"), static_cast<std::filesystem::perms>(mode));
    return at_.run({"alert", "--test"}).err;
  };
  const std::string key(32, 'k');
  EXPECT_TRUE(has(refused(key, 0644), "can be read by everybody, want mode 0640"));
  EXPECT_TRUE(has(refused("short\n", 0640), "found 5 bytes, want 32 or more"));
  EXPECT_TRUE(has(refused(key + "\n", 0640), "webhook: curl ended with status 7"));
}

TEST(Alert, AHostileHostNameIsNoHeader) {
  const std::string mail = alert_mail({"id", "mx\r\nBcc: x@y.example\r\n\r\nhi", {}, {}}, "root");
  EXPECT_EQ(mail.find("\nBcc"), std::string::npos);
  EXPECT_EQ(mail.find('\r'), std::string::npos);
}

TEST(Alert, HasTheSameIdWheneverItIsSent) {
  const auto id = [](const std::string& proposal, const std::string& host, UtcTime time) {
    return alert_of({}, {{proposal, UtcTime{}}}, host, time).id;
  };
  const UtcTime later{1h};
  EXPECT_EQ(id("a", "mx1", UtcTime{}), id("a", "mx1", later));
  EXPECT_NE(id("a", "mx1", UtcTime{}), id("b", "mx1", UtcTime{}));
  EXPECT_NE(id("a", "mx1", UtcTime{}), id("a", "mx2", UtcTime{}));
}

// Made with: printf '1795871642.{"v":1}' | openssl dgst -sha256 -hmac KEY
TEST(AlertSignature, IsTheOneThatOthersCompute) {
  EXPECT_EQ(signature_of(std::string(32, 'k'), UtcTime{1795871642s}, "{\"v\":1}"),
            "v1=766f987a1ea720e17098ab734cfa8b4454127ea52cd95c7373d09a12529790f9");
}

}  // namespace
}  // namespace postern::ctl::alert_test
