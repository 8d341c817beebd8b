#include "server/config/configuration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temporary_folder.h"

namespace postern::config::configuration_test {
namespace {

using testing::HasSubstr;

const std::string kHead = "version: 1\nrules: rules.yaml\ndns: { upstreams: [[127.0.0.1]] }\n";
const std::string kPolicyd = "policyd: { listen: inet:127.0.0.1:1 }\n";
const std::string kMilter = "milter: { listen: inet:127.0.0.1:2 }\n";

class Configuration : public testing::Test {
 protected:
  std::optional<Settings> settings(const std::string& text, Door door) {
    return read_settings(folder_.write("postern.yaml", text), door, diagnostics_);
  }

  TemporaryFolder folder_;
  Diagnostics diagnostics_;
};

TEST_F(Configuration, ADoorNeedsItsSection) {
  EXPECT_TRUE(settings(kHead + kPolicyd, Door::policy));
  EXPECT_TRUE(settings(kHead + kMilter, Door::milter));
  EXPECT_EQ(diagnostics_.to_string(), "");
  EXPECT_FALSE(settings(kHead + kPolicyd, Door::milter));
  EXPECT_EQ(diagnostics_.to_string(),
            folder_.path("postern.yaml") +
                ": error: settings: found no section 'milter:', want one: postern-milter needs "
                "it\n");
}

TEST_F(Configuration, ThePolicyDoorNeedsItsSectionToo) {
  EXPECT_FALSE(settings(kHead + kMilter, Door::policy));
  EXPECT_THAT(diagnostics_.to_string(),
              HasSubstr("'policyd:', want one: postern-policyd needs it"));
}

TEST_F(Configuration, WithoutAnyDoorThatIsSaidOnce) {
  EXPECT_FALSE(settings(kHead, Door::milter));
  EXPECT_EQ(diagnostics_.errors(), 1) << diagnostics_.to_string();
}

TEST_F(Configuration, KnowsTheDoorsOfTheInstallation) {
  EXPECT_EQ(doors_of(*settings(kHead + kPolicyd, Door::policy)), DoorSet{Door::policy});
  EXPECT_EQ(doors_of(*settings(kHead + kMilter, Door::milter)), DoorSet{Door::milter});
  EXPECT_EQ(doors_of(*settings(kHead + kPolicyd + kMilter, Door::policy)), DoorSet::all());
  EXPECT_EQ(doors_of(Settings{}), DoorSet{});
}

class Places : public Configuration {
 protected:
  std::optional<Settings> read(const std::string& file, const std::string& rules) {
    folder_.write("postern.yaml", "version: 1\nrules: " + rules +
                                      "\nlog: { file: postern.log }\n"
                                      "dns: { upstreams: [[127.0.0.1]] }\n" +
                                      kPolicyd);
    return read_settings(file, Door::policy, diagnostics_);
  }
};

TEST_F(Places, AreAbsoluteHoweverTheSettingsAreNamed) {
  const std::string file = folder_.path("postern.yaml");
  for (const std::string& named : {file, std::filesystem::relative(file).string()}) {
    for (const char* rules : {"rules.yaml", "./lists/../rules.yaml"}) {
      const auto settings = read(named, rules);
      ASSERT_TRUE(settings) << diagnostics_.to_string();
      EXPECT_EQ(settings->rules_file, folder_.path("rules.yaml")) << named;
      EXPECT_EQ(settings->log.file, folder_.path("postern.log")) << named;
    }
    EXPECT_EQ(read(named, "/srv/rules.yaml")->rules_file, "/srv/rules.yaml");
    EXPECT_EQ(read_what_can_be_read(named).settings.rules_file, "/srv/rules.yaml");
  }
}

TEST_F(Places, WithoutAFileTheLogIsStandardError) {
  EXPECT_EQ(settings(kHead + kPolicyd, Door::policy)->log.file, "");
}

TEST_F(Places, OfSettingsWithFaultsAreAbsoluteToo) {
  const std::string file =
      std::filesystem::relative(folder_.write("postern.yaml", "rules: [\n")).string();
  EXPECT_EQ(read_what_can_be_read(file).settings.rules_file, folder_.path("rules.yaml"));
}

class SystemDnsServers : public Configuration {
 protected:
  std::vector<dns::DnsServerGroup> upstreams(
      const std::vector<dns::DnsServerGroup>& otherwise = {}) {
    const auto read =
        read_settings(folder_.write("postern.yaml", "version: 1\nrules: rules.yaml\n" + kPolicyd),
                      Door::policy, diagnostics_, {folder_.path("resolv.conf"), otherwise});
    return read ? read->dns.upstreams : std::vector<dns::DnsServerGroup>{};
  }

  const std::vector<dns::DnsServerGroup> in_use_{{{IpAddress::from_v4(0xc0000235), 53}}};
};

TEST_F(SystemDnsServers, AreThoseOfResolvConf) {
  folder_.write("resolv.conf", "nameserver 192.0.2.1\nnameserver 192.0.2.2\n");
  const std::vector<dns::DnsServerGroup> named{
      {{IpAddress::from_v4(0xc0000201), 53}, {IpAddress::from_v4(0xc0000202), 53}}};
  EXPECT_EQ(upstreams(), named);
  EXPECT_EQ(upstreams(in_use_), named);
  EXPECT_EQ(diagnostics_.to_string(), "");
}

TEST_F(SystemDnsServers, StayWhileResolvConfIsNotThere) {
  EXPECT_EQ(upstreams(in_use_), in_use_);
  EXPECT_EQ(diagnostics_.errors(), 0);
  EXPECT_THAT(diagnostics_.to_string(),
              testing::AllOf(HasSubstr(folder_.path("resolv.conf") + ": warning: "),
                             HasSubstr("; asking the servers from before\n")));
}

TEST_F(SystemDnsServers, StayWhileResolvConfIsWrittenAnew) {
  for (const char* half : {"", "# made by", "search a.example\nnames"}) {
    folder_.write("resolv.conf", half);
    EXPECT_EQ(upstreams(in_use_), in_use_) << half;
  }
  EXPECT_THAT(diagnostics_.to_string(),
              HasSubstr("names no server that can be asked; asking the servers"));
}

TEST_F(SystemDnsServers, WithNoneBeforeItIsTheOneOfTheHost) {
  const std::vector<dns::DnsServerGroup> host{{{IpAddress::from_v4(0x7f000001), 53}}};
  EXPECT_EQ(upstreams(), host);
  EXPECT_THAT(diagnostics_.to_string(), HasSubstr("; asking 127.0.0.1, as resolv.conf(5) has it"));
  folder_.write("resolv.conf", "");
  EXPECT_EQ(upstreams(), host);
}

TEST_F(SystemDnsServers, AreAskedThroughTheirInterface) {
  folder_.write("resolv.conf", "nameserver fe80::53%lo\n");
  const std::vector<dns::DnsServerGroup> scoped{{*dns::DnsServer::parse("fe80::53%lo")}};
  EXPECT_EQ(upstreams(), scoped);
  EXPECT_EQ(diagnostics_.to_string(), "");
}

TEST_F(SystemDnsServers, OfAnInterfaceThatIsNotThereAreAWarning) {
  folder_.write("resolv.conf", "nameserver fe80::53%no-such-0\n");
  const std::vector<dns::DnsServerGroup> scoped{{*dns::DnsServer::parse("fe80::53%no-such-0")}};
  EXPECT_EQ(upstreams(), scoped) << "it may come";
  EXPECT_EQ(diagnostics_.to_string(),
            folder_.path("resolv.conf") +
                ": warning: DNS server [fe80::53%no-such-0]:53: this machine has no interface "
                "'no-such-0' now\n");
}

// No server of our own choice without a word.
TEST_F(SystemDnsServers, ThatCannotBeAskedAreSaidOneByOne) {
  const std::vector<dns::DnsServerGroup> host{{{IpAddress::from_v4(0x7f000001), 53}}};
  folder_.write("resolv.conf", "nameserver fe80::53\nnameserver ns.example\n");
  EXPECT_EQ(upstreams(), host);
  const std::string file = folder_.path("resolv.conf");
  EXPECT_THAT(diagnostics_.to_string(),
              testing::AllOf(HasSubstr(file + ":1:12: warning: nameserver: found 'fe80::53'"),
                             HasSubstr(file + ":2:12: warning: nameserver: found 'ns.example'"),
                             HasSubstr(file + ": warning: names no server that can be asked; "
                                              "asking 127.0.0.1")));
  EXPECT_EQ(upstreams(in_use_), in_use_);
}

TEST_F(SystemDnsServers, AreNotAskedWhenTheSettingsNameSome) {
  const auto named = settings(kHead + kPolicyd, Door::policy);
  ASSERT_TRUE(named);
  EXPECT_EQ(named->dns.upstreams.size(), 1U);
  EXPECT_EQ(diagnostics_.to_string(), "");
}

}  // namespace
}  // namespace postern::config::configuration_test
