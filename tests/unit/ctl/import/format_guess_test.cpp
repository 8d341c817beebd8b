#include <gtest/gtest.h>

#include "ctl/import/formats.h"

namespace postern::import::format_guess_test {
namespace {

std::string guessed(std::string_view file, std::string_view text) {
  const auto guess = guess_format(file, text);
  return guess ? std::string(guess->format->name) : "none";
}

TEST(FormatGuess, ByTheName) {
  EXPECT_EQ(guessed("/etc/postfix/helo_access.pcre", ""), "postfix-pcre");
  EXPECT_EQ(guessed("x.regexp", ""), "postfix-regexp");
  EXPECT_EQ(guessed("control/badmailfrom", ""), "badmailfrom");
  EXPECT_EQ(guessed("control/badrcptto.txt", ""), "badmailfrom");
  EXPECT_EQ(guessed("postgrey_whitelist_clients.local", ""), "postgrey-clients");
}

// Whether they are refused or let in, lists of addresses look alike.
TEST(FormatGuess, AListOfAddressesIsAPlainList) {
  constexpr std::string_view kAddresses = "# people\njoe@a.example\n@b.example\n";
  EXPECT_EQ(guessed("sender_whitelist", kAddresses), "domain-list");
  EXPECT_EQ(guessed("not_in_badmailfrom", kAddresses), "domain-list");
  EXPECT_EQ(guessed("badmailfrom-exceptions", kAddresses), "domain-list");
  EXPECT_EQ(guessed("postgrey_whitelist_recipients", kAddresses), "domain-list");
  EXPECT_EQ(guessed("badmailfrom", kAddresses), "badmailfrom");
}

TEST(FormatGuess, CommentsAtTheEndsOfAPlainList) {
  EXPECT_EQ(guessed("drop.txt", "; a list\n192.0.2.0/24 ; SBL1\n198.51.100.0/24 ; SBL2\n"),
            "domain-list");
  EXPECT_EQ(guessed("t", "a.example # one\nb.example\n"), "domain-list");
  EXPECT_EQ(guessed("t", "127.0.0.1\n198.51.100.\n192.0.\n"), "domain-list");
  EXPECT_EQ(guessed("t", "/^a;b$/ REJECT\n/x@y;z/ OK\n"), "postfix-pcre");
}

TEST(FormatGuess, ByTheLines) {
  EXPECT_EQ(guessed("t", "From:a.example REJECT\nb.example OK\n"), "sendmail-access");
  EXPECT_EQ(guessed("t", "a.example REJECT\n192.0.2 OK\njoe@b.example 550 no\n"), "postfix-access");
  EXPECT_EQ(guessed("t", "192.0.2.0/24 REJECT\n192.0.2.1 OK\n"), "postfix-cidr");
  EXPECT_EQ(guessed("t", "192.0.2.0/24 permit\n192.0.2.1 reject\n"), "postscreen-access");
  EXPECT_EQ(guessed("t", "[2001:db8::2] REJECT\n[2001:db8:1::]/48 REJECT\n"), "postfix-cidr");
  EXPECT_EQ(guessed("t", "if /x/\n/^mx/ OK\n/a b/ REJECT with / in it\nendif\n"), "postfix-pcre");
  EXPECT_EQ(guessed("t", "a.example\n/^mx\\d+\\.b$/\n192.0.2.1\n"), "postgrey-clients");
  EXPECT_EQ(guessed("t", "a.example\nb.example\n*.c.example\n"), "domain-list");
  EXPECT_EQ(guessed("t", "127.0.0.1 localhost\n0.0.0.0 a.example\n0.0.0.0 b.example\n"),
            "hosts-file");
  EXPECT_EQ(guessed("t", "a.example\nb.example 2.0\n"), "rspamd-map");
}

TEST(FormatGuess, APostfixTableGoesOnInItsNextLine) {
  EXPECT_EQ(guessed("client_names", "/^dsl-/\n    REJECT dynamic\n\n/^ppp-/\n    REJECT dynamic\n"),
            "postfix-pcre");
  EXPECT_EQ(guessed("t", "a.example\n  REJECT\nb.example\n\tOK\n"), "postfix-access");
  EXPECT_EQ(guessed("t", "192.0.2.0/24\n  550 no\n"), "postfix-cidr");
  // Elsewhere a blank at the beginning of a line is nothing.
  EXPECT_EQ(guessed("t", "a.example\n  b.example\n  c.example\n"), "domain-list");
  EXPECT_EQ(guessed("t", "127.0.0.1 localhost\n  0.0.0.0 a.example\n"), "hosts-file");
}

TEST(FormatGuess, PostscreensPermit) {
  EXPECT_EQ(guessed("t", "192.0.2.0/24 permit # ours\n192.0.2.1 permit\n"), "postscreen-access");
  EXPECT_EQ(guessed("postscreen_access.cidr", "192.0.2.0/24 reject\n"), "postscreen-access");
  // What is only refused, smtpd refuses as well.
  EXPECT_EQ(guessed("t", "192.0.2.0/24 REJECT\n192.0.2.1 REJECT\n"), "postfix-cidr");
}

TEST(FormatGuess, RestrictionsAndHeaderChecks) {
  EXPECT_EQ(guessed("t", "a.example permit_auth_destination, reject\n"), "postfix-access");
  EXPECT_EQ(guessed("header_checks", "/x/ HOLD\n"), "postfix-pcre");
  EXPECT_EQ(guessed("t", "/^X-Mailer:/ IGNORE\n/^Received:/ STRIP\n"), "postfix-pcre");
}

TEST(FormatGuess, ASampleIsWhatItsCommentsShow) {
  EXPECT_EQ(guessed("access.sample", "# How to\n#From:a.example REJECT\n#Connect:192.0.2 OK\n"),
            "sendmail-access");
}

TEST(FormatGuess, SomethingElseIsNone) {
  EXPECT_EQ(guessed("t", ""), "none");
  EXPECT_EQ(guessed("greylist.conf", "pidfile \"/run/x.pid\"\nlist \"my\" addr { 10.0.0.0/8 }\n"),
            "none");
  EXPECT_EQ(guessed("t", "{ \"json\": true }\n"), "none");
}

TEST(AboutFromName, TheUsualNamesOfPostfixTables) {
  EXPECT_EQ(about_from_name("/etc/postfix/sender_access"), "sender");
  EXPECT_EQ(about_from_name("check_helo_access.pcre"), "helo");
  EXPECT_EQ(about_from_name("client-access"), "client");
  EXPECT_EQ(about_from_name("reverse_client_access"), "reverse_client_name");
  EXPECT_EQ(about_from_name("rcpt"), "recipient");
  EXPECT_EQ(about_from_name("/etc/client/access"), "");
}

}  // namespace
}  // namespace postern::import::format_guess_test
