// Where the daemons listen and whom they ask, as the settings file says it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/server/config/settings_text.h"

namespace postern::config::settings_addresses_test {
namespace {

using testing::HasSubstr;

dns::DnsServer server(const char* address, std::uint16_t port) {
  return {IpAddress::parse(address).value(), port};
}

TEST(SettingsFile, Upstreams) {
  const Settings s =
      good(with("dns",
                "upstreams: [[127.0.0.1, '127.0.0.1:5353'], [::1, '[2001:db8::53]:5353', "
                "'[2001:db8::1]'], 192.0.2.53]"));
  const std::vector<dns::DnsServerGroup> wanted = {
      {server("127.0.0.1", 53), server("127.0.0.1", 5353)},
      {server("::1", 53), server("2001:db8::53", 5353), server("2001:db8::1", 53)},
      {server("192.0.2.53", 53)}};
  EXPECT_EQ(s.dns.upstreams, wanted);
  EXPECT_TRUE(good(with("dns", "upstreams: system")).dns.upstreams.empty());
}

TEST(SettingsFile, UpstreamsWithAZone) {
  const Settings s = good(with("dns",
                               "upstreams: [['fe80::53%eth0', '[fe80::53%eth0]:5353'], "
                               "['fe80::53%3', 'fe80::53%eth0#54', '2001:db8::1%eth0']]"));
  std::vector<std::string> servers;
  for (const dns::DnsServerGroup& group : s.dns.upstreams) {
    for (const dns::DnsServer& one : group) servers.push_back(one.to_string());
  }
  EXPECT_THAT(servers,
              testing::ElementsAre("[fe80::53%eth0]:53", "[fe80::53%eth0]:5353", "[fe80::53%3]:53",
                                   "[fe80::53%eth0]:54", "[2001:db8::1]:53"));
}

TEST(SettingsFile, UpstreamsOnThisHost) {
  const std::vector<dns::DnsServerGroup> wanted = {{server("127.0.0.1", 53), server("::1", 5353)}};
  EXPECT_EQ(good(with("dns", "upstreams: [[0.0.0.0, '[::]:5353']]")).dns.upstreams, wanted);
}

TEST(SettingsFile, AnUpstreamThatLacksItsZoneIsAWarning) {
  EXPECT_THAT(said(with("dns", "upstreams: [[127.0.0.1, 'fe80::53']]")),
              testing::AllOf(HasSubstr(": warning: upstreams: found 'fe80::53', which is "
                                       "link-local, want the interface that leads there as well: "
                                       "'fe80::53%eth0'"),
                             testing::Not(HasSubstr("error"))));
}

TEST(SettingsFile, UpstreamsThatAreNone) {
  for (const char* value : {"127.0.0.1",
                            "[]",
                            "[[]]",
                            "[[127.0.0.1], []]",
                            "{ a: b }",
                            "[[localhost]]",
                            "[['127.0.0.1:0']]",
                            "[['127.0.0.1:65536']]",
                            "[['127.0.0.1:']]",
                            "[['127.0.0.1:x']]",
                            "[['127.0.0.1:53x']]",
                            "[['[::1']]",
                            "[['[::1]53']]",
                            "[['[::1]:']]",
                            "[['[]:53']]",
                            "[['[::1]:0']]",
                            "[['']]",
                            "[[[127.0.0.1]]]",
                            "[['127.0.0.1 53']]",
                            "[['127.0.0.1:-1']]",
                            "[['fe80::1%']]",
                            "[['fe80::1%eth0/x']]",
                            "[['fe80::1%a-name-too-long-for-one']]",
                            "[['fe80::1%eth0:5353']]",
                            "[['[fe80::1]%eth0']]",
                            "[['192.0.2.1%eth0']]",
                            "[['127.0.0.1#']]",
                            "[['127.0.0.1#53#53']]",
                            "[['127.0.0.1:53#53']]",
                            "[['127.0.0.1:53:53']]",
                            "~",
                            "sytem"}) {
    EXPECT_THAT(said(with("dns", std::string("upstreams: ") + value)),
                HasSubstr("upstreams: found"))
        << value;
  }
}

TEST(SettingsFile, TcpListeners) {
  const Settings s = good(with_listen("[inet:127.0.0.1:10040, 'inet:[::1]:0']"));
  ASSERT_EQ(s.policyd.listen.size(), 2U);
  EXPECT_EQ(s.policyd.listen[0].to_string(), "inet:127.0.0.1:10040");
  EXPECT_EQ(s.policyd.listen[1].to_string(), "inet:[::1]:0");
}

TEST(SettingsFile, UnixListeners) {
  const Settings s = good(with_listen(
      "[unix:/run/a, { unix: /run/b, owner: postern, group: postfix, mode: 0600 }, { unix: /c }]"));
  ASSERT_EQ(s.policyd.listen.size(), 3U);
  for (const ListenAddress& address : s.policyd.listen) {
    EXPECT_EQ(address.kind, ListenAddress::Kind::unix_socket);
  }
  EXPECT_EQ(s.policyd.listen[0].path, "/run/a");
  EXPECT_EQ(s.policyd.listen[0].mode, 0660U);
  EXPECT_EQ(s.policyd.listen[0].owner, "");
  EXPECT_EQ(s.policyd.listen[1].path, "/run/b");
  EXPECT_EQ(s.policyd.listen[1].owner, "postern");
  EXPECT_EQ(s.policyd.listen[1].group, "postfix");
  EXPECT_EQ(s.policyd.listen[1].mode, 0600U);
  EXPECT_EQ(s.policyd.listen[2].to_string(), "unix:/c");
}

TEST(SettingsFile, ListenersThatAreNone) {
  for (const char* value : {"[]",
                            "''",
                            "~",
                            "10040",
                            "127.0.0.1:10040",
                            "inet:10040",
                            "inet:127.0.0.1",
                            "'inet:::1:10040'",
                            "inet:127.0.0.1:65536",
                            "inet:localhost:1",
                            "unix:run/a",
                            "'unix:'",
                            "[[unix:/a]]",
                            "{}",
                            "{ unix: a }",
                            "{ unix: [/a] }",
                            "{ unix: /a, mode: 0888 }",
                            "{ unix: /a, mode: rw }",
                            "{ unix: /a, mode: 01777 }",
                            "{ unix: /a, mode: '' }",
                            "{ unix: /a, mode: -1 }",
                            "{ unix: /a, owner: [x] }",
                            "{ unix: /a, color: red }",
                            "{ owner: x }",
                            "[inet:127.0.0.1:1, nonsense]"}) {
    EXPECT_THAT(said(with_listen(value)), HasSubstr("postern.yaml:3:")) << value;
  }
}

TEST(SettingsFile, TheMilterHasOneListener) {
  EXPECT_EQ(good(with_milter_listen("'inet:[::1]:0'")).milter.listen.value().to_string(),
            "inet:[::1]:0");
  EXPECT_EQ(good(with_milter_listen("unix:/run/m")).milter.listen.value().to_string(),
            "unix:/run/m");
  const Settings s =
      good(with_milter_listen("{ unix: /run/m, owner: postern, group: smmta, mode: 0600 }"));
  ListenAddress wanted;
  wanted.kind = ListenAddress::Kind::unix_socket;
  wanted.path = "/run/m";
  wanted.owner = "postern";
  wanted.group = "smmta";
  wanted.mode = 0600;
  EXPECT_EQ(s.milter.listen, wanted);
  for (const char* list : {"[]", "[unix:/run/m]", "[unix:/run/m, inet:127.0.0.1:1]"}) {
    EXPECT_EQ(said(with_milter_listen(list)),
              "postern.yaml:3:19: error: listen: found a list, want one address: libmilter has one "
              "socket\n")
        << list;
  }
}

TEST(SettingsFile, WhatIsWrongWithTheListenerOfTheMilterNamesItsOwn) {
  EXPECT_EQ(said(with_milter_listen("inet:localhost:1")),
            "postern.yaml:3:19: error: listen: found 'inet:localhost:1', want "
            "inet:127.0.0.1:10050, 'inet:[::1]:10050', unix:/run/postern/milter or a map "
            "with 'unix:', 'owner:', 'group:' and 'mode:'\n");
  for (const char* value : {"''", "~", "10050", "unix:run/m", "{}", "{ unix: m }",
                            "{ unix: /m, mode: 0888 }", "{ unix: /m, color: red }"}) {
    EXPECT_THAT(said(with_milter_listen(value)), HasSubstr("postern.yaml:3:")) << value;
  }
}

TEST(SettingsFile, BothDoorsInOneFile) {
  const Settings s = good(kLeast + "milter: { listen: unix:/run/m }\n");
  EXPECT_EQ(s.policyd.listen.size(), 1U);
  EXPECT_TRUE(s.milter.listen);
}

TEST(SettingsFile, ASocketPathFitsSunPath) {
  const std::string longest = "/" + std::string(106, 'x');
  EXPECT_EQ(good(with_listen("unix:" + longest)).policyd.listen[0].path, longest);
  EXPECT_EQ(good(with_listen("{ unix: " + longest + " }")).policyd.listen[0].path, longest);
  EXPECT_NE(said(with_listen("unix:" + longest + "x")), "");
  EXPECT_NE(said(with_listen("{ unix: " + longest + "x }")), "");
}

}  // namespace
}  // namespace postern::config::settings_addresses_test
