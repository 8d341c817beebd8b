// The same sessions through both doors, made up from a fixed seed: clients, names, senders,
// recipients, users, TLS and states of DNS in all mixtures. What rules see, what is decided and
// what is remembered has to be the same at every stage.
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "tests/scenarios/milter_side.h"
#include "tests/support/rules_from.h"

namespace postern::parity_test {
namespace {

constexpr int kSessions = 400;
constexpr std::uint32_t kSeed = 20261121;

constexpr const char* kRules = R"(version: 1
capture_domains: cap.example
lists:
  partners: { kind: network, entries: [192.0.2.0/25, "2001:db8:25::/48"] }
  slow: { kind: network, entries: [198.51.100.0/24] }
  campaign:
    kind: domain
    entries:
      - .campaign.example
      - { entry: "*.trap.example", reason: ticket 1, then: discard "trap" }
      - mass.*
      - '~^[0-9]{6}\.example$'
      - { entry: gone.example, expires: 2026-01-01 }
  senders: { kind: address, entries: [ 'odd one@a.example', 'joe"q@a.example', "<>", "boss@" ] }
rules:
  - { name: dialup, when: { client_name: "~dyn", not: { client: partners } }, then: 'reject 554 5.7.1 "No {client}"' }
  - { name: slow-down, when: { client: slow }, then: delay 4s }
  - { name: helo, when: { helo: [.bad-helo.example, "~^localhost$"] }, then: 'defer "HELO {rule}"' }
  - { name: user, when: { sasl_username: [ann, "bob smith"] }, then: pass }
  - { name: postmaster, when: { recipient: 'postmaster@' }, then: pass }
  - { name: partners-do-without, when: { client: partners }, then: skip sender_mx }
  - { name: ptr, when: { reverse_client_name: .dyn.example }, then: log }
  - { name: campaign, when: { sender_domain: campaign }, then: 'reject 550 5.7.1 "{sender_domain}"' }
  - { name: sampled, when: { sender_domain: sampled.example }, then: copy copies@cap.example }
  - { name: taken, when: { sender_domain: taken.example }, then: redirect taken@cap.example }
  - { name: look, when: { sender: senders }, then: hold "look" }
  - { name: plain-text, when: { tls: no, sender_domain: bank.example }, then: { prepend: "X-Tls: no" } }
  - { name: trial, when: { recipient_domain: d.example }, then: reject, mode: log }
  - { name: no-entry, when: { recipient: [closed@d.example, '~\+spam@'] }, then: reject "Closed" }
  - { name: sender-must-exist, check: sender_mx, preset: standard }
  - { name: grey, check: greylist, delay: 1m, preset: standard }
  - { name: encrypted-only, stage: data, when: { tls: no, recipient_domain: secret.example }, then: reject "TLS" }
)";

constexpr const char* kZone = R"(
zone:
  a.example:        { MX: [10 mx.a.example] }
  mx.a.example:     { A: [198.51.100.25] }
  bank.example:     { MX: [10 mx.a.example] }
  aonly.example:    { A: [198.51.100.30] }
  nullmx.example:   { MX: [0 .] }
  loop.example:     { MX: [10 to-loop.example] }
  to-loop.example:  { A: [127.0.0.1] }
  servfail.example: { fault: servfail }
  silent.example:   { fault: timeout }
  refused.example:  { fault: refused }
  alias.example:    { CNAME: a.example }
  empty.example:    { A: [198.51.100.31], MX: { fault: servfail } }
)";

const std::vector<std::string> kClients = {"192.0.2.7",        "192.0.2.200",    "198.51.100.9",
                                           "203.0.113.5",      "2001:db8:25::7", "2001:db8:26::7",
                                           "::ffff:192.0.2.7", "unknown"};
const std::vector<std::string> kNames = {"unknown", "mx.a.example", "Host1.Dyn.Example.",
                                         "dyn-7.isp.example"};
const std::vector<std::string> kHelos = {"mx.a.example", "LOCALHOST",        "x.Bad-Helo.example",
                                         "[192.0.2.7]",  "\xC3\xA4.example", "a b"};
const std::vector<std::string> kSenders = {
    "",
    "s@a.example",
    "S@A.EXAMPLE",
    "x@deep.campaign.example",
    "x@Campaign.Example",
    "x@y.trap.example",
    "x@mass.any.example",
    "x@123456.example",
    "x@gone.example",
    "x@sampled.example",
    "x@taken.example",
    "odd one@a.example",
    "joe\"q@a.example",
    "Boss@anywhere.example",
    "postmaster",
    "x@[192.0.2.1]",
    "x@bank.example",
    "x@aonly.example",
    "x@nullmx.example",
    "x@missing.example",
    "x@loop.example",
    "x@servfail.example",
    "x@silent.example",
    "x@refused.example",
    "x@alias.example",
    "x@empty.example",
    "x@-bad-.example",
    "j\xC3\xB6rg@b\xC3\xBC"
    "cher.example",
    "two@at@a.example",
};
const std::vector<std::string> kRecipients = {
    "r@d.example",       "R@D.Example",      "postmaster@d.example", "closed@d.example",
    "me+spam@d.example", "v@secret.example", "a b@d.example",        "taken@cap.example"};
const std::vector<std::string> kUsers = {"", "", "", "ann", "bob smith", "zoe"};
const std::vector<std::string> kTls = {"", "TLSv1.3"};

class Parity : public testing::Test {
 protected:
  const std::string& any(const std::vector<std::string>& of) {
    return of[std::uniform_int_distribution<std::size_t>(0, of.size() - 1)(random_)];
  }

  static DoorsFixture fixture(Door door) {
    auto zone = ZoneMap::parse(kZone);
    if (!zone) throw std::runtime_error(zone.error().text);
    return {rules_from(kRules, {}, {door, DoorSet::all()}), *zone, kNow};
  }

  // What has to be the same, and what is the same in the words of each.
  void step(Attributes attributes, const std::string& state) {
    attributes["protocol_state"] = state;
    SCOPED_TRACE(policy_request(attributes));
    const Outcome policy = policy_.step(attributes);
    last_ = milter_.step(attributes, {});
    // Postfix takes no header any more there, a milter adds them there.
    if (state == "END-OF-MESSAGE") {
      last_.verdict.prepend.clear();
      last_.verdict.also = policy.verdict.also;
    }
    EXPECT_EQ(in_words(policy.transaction), in_words(last_.transaction));
    EXPECT_EQ(in_words(policy.verdict), in_words(last_.verdict));
    EXPECT_EQ(milter_words_for(policy.reply), last_.reply);
    EXPECT_EQ(policy.asked, last_.asked);
    EXPECT_EQ(policy_fixture_.state->in_words(), milter_fixture_.state->in_words());
    seen_.insert(std::string(to_string(last_.verdict.action)) + " at " + state);
    if (!last_.verdict.finding.empty()) findings_.insert(std::string(last_.verdict.finding));
  }

  void session(int number) {
    policy_ = PolicySide(policy_fixture_);
    milter_ = MilterSide(milter_fixture_);
    policy_fixture_.state->pass(std::chrono::minutes{2});
    milter_fixture_.state->pass(std::chrono::minutes{2});
    Attributes told = {{"client_address", any(kClients)},
                       {"client_name", "unknown"},
                       {"reverse_client_name", "unknown"},
                       {"encryption_protocol", ""}};
    if (told["client_address"] != "unknown") {
      told["client_name"] = any(kNames);
      told["reverse_client_name"] = any(kNames);
    }
    step(told, "CONNECT");
    told["helo_name"] = any(kHelos);
    step(told, "EHLO");
    told["sender"] = any(kSenders);
    told["sasl_username"] = any(kUsers);
    told["encryption_protocol"] = any(kTls);
    step(told, "MAIL");
    told["instance"] = "i" + std::to_string(number);
    std::set<std::string> taken;
    for (int recipients = 1 + number % 3; recipients > 0; --recipients) {
      told["recipient"] = any(kRecipients);
      step(told, "RCPT");
      if (lets_in(last_.verdict)) taken.insert(told["recipient"]);
    }
    // With several, a policy request does not say who they are: stages.yaml.
    if (taken.size() != 1) return;
    told["recipient"] = *taken.begin();
    told["recipient_count"] = "1";
    step(told, "DATA");
    step(told, "END-OF-MESSAGE");
  }

  static constexpr std::chrono::sys_days kNow{std::chrono::year{2026} / 11 / 21};
  std::mt19937 random_{kSeed};
  const DoorsFixture policy_fixture_ = fixture(Door::policy);
  const DoorsFixture milter_fixture_ = fixture(Door::milter);
  PolicySide policy_{policy_fixture_};
  MilterSide milter_{milter_fixture_};
  Outcome last_;
  std::set<std::string> seen_;
  std::set<std::string> findings_;
};

TEST_F(Parity, GeneratedSessionsAreJudgedAlike) {
  for (int number = 0; number < kSessions && !HasFailure(); ++number) session(number);
  // Else the sessions would show less than they are there for.
  for (const char* wanted :
       {"pass at CONNECT", "reject at CONNECT", "defer at EHLO", "pass at RCPT", "reject at RCPT",
        "defer at RCPT", "discard at RCPT", "hold at RCPT", "redirect at RCPT", "redirect at DATA",
        "reject at DATA", "pass at END-OF-MESSAGE"}) {
    EXPECT_TRUE(seen_.contains(wanted)) << wanted;
  }
  for (const char* wanted : {"missing", "null_mx", "unknown", "new"}) {
    EXPECT_TRUE(findings_.contains(wanted)) << wanted;
  }
  const std::string known = policy_fixture_.state->in_words();
  EXPECT_NE(known.find("us a.example "), std::string::npos) << "nobody came back: " << known;
}

}  // namespace
}  // namespace postern::parity_test
