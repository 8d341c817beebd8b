#include "server/config/configuration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include "tests/support/temporary_folder.h"

namespace postern::config {
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

  std::shared_ptr<const Snapshot> rules(const std::string& text, const LoadTarget& target) {
    return read_rules(folder_.write("rules.yaml", text), 1, target, nullptr, diagnostics_).snapshot;
  }

  RulesRead read(const std::string& text) {
    return read_rules(folder_.write("rules.yaml", text), 1, {}, nullptr, diagnostics_);
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

TEST_F(Configuration, ReadsTheRulesForTheDoorThatJudges) {
  const std::string text =
      "version: 1\nrules: [{ name: a, when: { header.subject: spam.example }, then: reject }]\n";
  EXPECT_TRUE(rules(text, {Door::milter, DoorSet::all()}));
  EXPECT_TRUE(rules(text, {Door::policy, DoorSet::all()}));
  EXPECT_EQ(diagnostics_.errors(), 0) << diagnostics_.to_string();
  EXPECT_FALSE(rules(text, {Door::policy, {Door::policy}}));
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

constexpr const char* kTwoLists =
    "version: 1\nlists:\n  a: { kind: domain, file: a.txt }\n"
    "  b: { kind: domain, file: a.txt }\n  c: { kind: domain, file: sub/c.txt }\n"
    "rules: [{ name: a, when: { sender_domain: [a, b], helo: c }, then: reject }]\n";

std::vector<std::string> paths_of(const RulesRead& read) {
  std::vector<std::string> paths;
  for (const SourceFile& file : read.files) paths.push_back(file.path);
  return paths;
}

TEST_F(Configuration, TellsWhichFilesItRead) {
  const std::string a = folder_.write("a.txt", "a.example\n");
  std::filesystem::create_directory(folder_.path("sub"));
  const std::string c = folder_.write("sub/c.txt", "x.example\n");
  const auto result = read(kTwoLists);
  ASSERT_TRUE(result.snapshot) << diagnostics_.to_string();
  EXPECT_THAT(paths_of(result), testing::ElementsAre(folder_.path("rules.yaml"), a, c));
  EXPECT_EQ(result.files[0].text, kTwoLists);
  EXPECT_EQ(result.files[1].text, "a.example\n");
  EXPECT_EQ(result.files[1].identity, os::identify_file(a));
  EXPECT_EQ(identities_of(result.files).at(c), os::identify_file(c));
}

TEST_F(Configuration, NamesFilesThatCouldNotBeReadToo) {
  const std::string a = folder_.write("a.txt", "a.example\n");
  ASSERT_EQ(::chmod(a.c_str(), 0666), 0);
  const auto result = read(kTwoLists);
  EXPECT_FALSE(result.snapshot);
  EXPECT_THAT(paths_of(result),
              testing::ElementsAre(folder_.path("rules.yaml"), a, folder_.path("sub/c.txt")));
  EXPECT_FALSE(result.files[1].identity.there);
  EXPECT_EQ(result.files[1].looked_at, os::identify_file(a));
  EXPECT_FALSE(result.files[2].looked_at.there);
}

TEST_F(Configuration, ARuleFileThatIsNotThereIsNamed) {
  const auto result = read_rules(folder_.path("none.yaml"), 1, {}, nullptr, diagnostics_);
  EXPECT_FALSE(result.snapshot);
  EXPECT_THAT(paths_of(result), testing::ElementsAre(folder_.path("none.yaml")));
  EXPECT_EQ(diagnostics_.errors(), 1);
}

// A deployment: all files change at once, again and again. What is read is of one of them.
TEST_F(Configuration, ReadsOneStateOfAllFilesAndNoneInBetween) {
  namespace fs = std::filesystem;
  const auto deploy = [this](int round) {
    const std::string release = "release-" + std::to_string(round);
    fs::create_directory(folder_.path(release));
    for (const char* name : {"/a.txt", "/c.txt"}) {
      folder_.write(release + name, "w" + std::to_string(round) + ".example\n");
    }
    fs::create_symlink(release, folder_.path("next"));
    fs::rename(folder_.path("next"), folder_.path("current"));
  };
  deploy(0);
  fs::create_directory(folder_.path("sub"));
  fs::create_symlink("current/a.txt", folder_.path("a.txt"));
  fs::create_symlink("../current/c.txt", folder_.path("sub/c.txt"));
  const std::string file = folder_.write("rules.yaml", kTwoLists);
  std::atomic<bool> enough{false};
  std::thread writer([&] {
    for (int round = 1; !enough; ++round) {
      deploy(round);
      std::this_thread::sleep_for(std::chrono::milliseconds(round % 40));
    }
  });
  int read_well = 0;
  for (int round = 0; round < 200 && read_well < 20; ++round) {
    Diagnostics diagnostics;
    const auto result = read_rules(file, 1, {}, nullptr, diagnostics);
    if (!result.snapshot) {
      EXPECT_THAT(diagnostics.to_string(), HasSubstr("changes while it is read"));
      continue;
    }
    ++read_well;
    EXPECT_EQ(result.files[1].text, result.files[2].text);
  }
  enough = true;
  writer.join();
  EXPECT_GT(read_well, 0);
}

TEST_F(Configuration, AFileThatNeverRestsIsAnError) {
  const std::string file = folder_.write("rules.yaml", "version: 1\nrules: []\n");
  std::atomic<bool> enough{false};
  std::promise<void> has_begun;
  std::thread writer([&] {
    for (int round = 0; !enough; ++round) {
      std::ofstream(file, std::ios::app) << "#\n";
      if (round == 0) has_begun.set_value();
    }
  });
  has_begun.get_future().wait();
  // Once more while it was the writer's bad luck that it had no turn during a whole reading.
  RulesRead result;
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  do {
    result = read_rules(file, 1, {}, nullptr, diagnostics_);
  } while (result.snapshot && std::chrono::steady_clock::now() < until);
  enough = true;
  writer.join();
  EXPECT_FALSE(result.snapshot);
  EXPECT_THAT(diagnostics_.to_string(), HasSubstr("found a file that changes while it is read"));
  EXPECT_EQ(diagnostics_.errors(), 1);
}

TEST_F(Configuration, ListsThatDidNotChangeAreShared) {
  folder_.write("a.txt", "a.example\n");
  std::filesystem::create_directory(folder_.path("sub"));
  folder_.write("sub/c.txt", "x.example\n");
  const auto before = read(kTwoLists).snapshot;
  ASSERT_TRUE(before) << diagnostics_.to_string();
  folder_.write("sub/c.txt", "x.example\ny.example\n");
  const auto after =
      read_rules(folder_.path("rules.yaml"), 2, {}, before.get(), diagnostics_).snapshot;
  ASSERT_TRUE(after);
  EXPECT_EQ(after->lists()[0], before->lists()[0]);
  EXPECT_NE(after->lists()[2], before->lists()[2]);
}

TEST(ResolveBeside, KeepsAbsolutePathsAndJoinsOthers) {
  EXPECT_EQ(resolve_beside("/etc/postern/postern.yaml", "rules.yaml"), "/etc/postern/rules.yaml");
  EXPECT_EQ(resolve_beside("/etc/postern/postern.yaml", "/srv/rules.yaml"), "/srv/rules.yaml");
  EXPECT_EQ(resolve_beside("postern.yaml", "rules.yaml"), "rules.yaml");
}

}  // namespace
}  // namespace postern::config
