// For tests of why and allow: an installation whose log has one refusal, of k7m3f2.
#pragma once

#include "tests/unit/ctl/cli/installation_fixture.h"

namespace postern::ctl {

inline const std::string kWhyRules = R"(version: 1
lists:
  trusted: { kind: network, file: lists/trusted.txt }
  friends: { kind: address, file: lists/friends.txt }
  campaign: { kind: domain, file: lists/campaign.txt }
  late: { kind: network, file: lists/late.txt }
rules:
  - { name: trusted-clients, when: { client: trusted }, then: pass }
  - { name: friends, when: { sender: friends }, then: pass }
  - { name: campaign, when: { sender_domain: campaign }, then: reject 550 5.7.1 "Sender domain banned here" }
  - { name: late, when: { client: late }, then: pass }
)";

inline std::string decision(const std::string& fields) {
  return "2026-11-21T11:40:02.118+00:00 info decision door=policy stage=rcpt " + fields +
         " generation=1 us=53\n";
}

inline const std::string kEnvelope =
    "client=203.0.113.9 client_name=mta7.phish.example helo=mta7.phish.example "
    "sender=hr@www1.phish.example recipient=joe@box.example instance=1.2";
inline const std::string kBanned =
    "rule=campaign action=reject reply=\"550 5.7.1 Sender domain banned here\" list=campaign "
    "entry=.phish.example reason=\"ticket 4711\" at=lists/campaign.txt:1 ";

class LoggedRefusal : protected InstallationFixture {
 protected:
  LoggedRefusal() {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
    folder.write("rules.yaml", kWhyRules);
    for (const char* name : {"trusted", "friends", "late"}) {
      folder.write("lists/" + std::string(name) + ".txt", "");
    }
    folder.write("lists/campaign.txt", ".phish.example reason=\"ticket 4711\" owner=ann\n");
    write_log(decision(kBanned + kEnvelope + " token=k7m3f2"));
    settings("policyd: { listen: \"inet:127.0.0.1:10040\" }\nlog: { file: " +
             folder.path("postern.log") + " }\n");
  }

  void write_log(const std::string& text) const { folder.write("postern.log", text); }
};

}  // namespace postern::ctl
