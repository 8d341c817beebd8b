// Days of records replayed: by their own rules all come out as recorded. One record alone:
// judge_record_test.cpp.
#include "rules/replay/recorded.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "rules/journal/journal_line.h"
#include "rules/model/token.h"
#include "tests/support/rules_from.h"
#include "tests/support/transaction_builder.h"
#include "tests/support/zone_map.h"

namespace postern::replay::recorded_test {
namespace {

using journal::JournalRecord;
using Kind = Fidelity::Kind;

// Rules of every kind, and a zone with every answer.
const std::string kRules = R"(version: 1
lists:
  trusted: { kind: network, entries: [192.0.2.0/28] }
  campaign:
    kind: domain
    entries:
      - a.example
      - { entry: c.example, then: discard gone }
      - { entry: e.example, expires: 2026-11-29 }
rules:
  - { name: late, stage: connect, when: { client: 203.0.113.0/30 }, then: delay 2s }
  - { name: trusted, when: { client: trusted }, then: pass }
  - { name: users, when: { authenticated: yes }, then: pass }
  - { name: open, when: { recipient: [postmaster@, abuse@] }, then: pass }
  - { name: helo, when: { helo: ["~^h[0-3]"], tls: no }, then: 'defer 450 4.7.1 "Later {sender_domain}"' }
  - { name: campaign, when: { sender_domain: campaign }, then: 'reject 550 5.7.1 "No {token}"' }
  - { name: name, when: { client_name: .dyn.example, not: { sender_domain: b.example } }, then: hold odd }
  - { name: would, mode: log, when: { sender: user1@ }, then: reject 550 5.7.1 No }
  - { name: mx, check: sender_mx, preset: standard }
  - { name: bl, check: dnsbl, zones: [{ zone: bl.example, key: s3cret }], preset: standard }
)";
const std::string kForMilters =
    "  - { name: subject, when: { header.subject: ['~lottery'] }, then: "
    "reject 550 5.7.1 Content }\n";
const std::string kZone = R"(zone:
  b.example: { MX: [10 mx.b.example] }
  mx.b.example: { A: [198.51.100.10] }
  d.example: { MX: [0 .] }
  f.example: { fault: servfail }
  2.0.0.127.s3cret.bl.example: { A: [127.0.0.2] }
  5.113.0.203.s3cret.bl.example: { A: [127.0.0.4] }
)";

constexpr std::uint64_t kTime = 1795871642;  // 2026-11-28

class Day {
 public:
  Day(Door door, std::uint32_t seed)
      : rules_(rules_from(kRules + (door == Door::milter ? kForMilters : ""), {}, {door})),
        zone_(ZoneMap::parse(kZone).value()),
        random_(seed) {}

  // A decision as the journal has it, read back from its line.
  JournalRecord next(const std::vector<std::string>& headers = {"subject"}) {
    JournalRecord record;
    record.time = journal::JournalTime(std::chrono::seconds(kTime + ++number_));
    record.door = rules_->door();
    record.transaction = transaction();
    decide(record);
    keep_headers(record, headers);
    std::string line;
    append_line(line, record);
    line.pop_back();
    EXPECT_EQ(line.find("s3cret"), std::string::npos) << line;
    return std::get<JournalRecord>(journal::read_line(line).value());
  }

  [[nodiscard]] const std::shared_ptr<const Snapshot>& rules() const { return rules_; }

 private:
  std::size_t below(std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_);
  }
  std::string letter() { return std::string(1, static_cast<char>('a' + below(7))); }

  Transaction transaction() {
    const Stage stage =
        rules_->door() == Door::policy ? Stage::rcpt : kStages[below(kStages.size())];
    TransactionBuilder builder(stage);
    builder.client(below(2) == 0 ? "192.0.2." + std::to_string(below(40))
                                 : "203.0.113." + std::to_string(below(8)));
    if (below(2) == 0) builder.client_name("x" + std::to_string(below(9)) + ".dyn.example");
    if (stage >= Stage::helo) builder.helo("h" + std::to_string(below(9)) + ".example");
    if (stage >= Stage::mail) {
      builder.sender(
          below(9) == 0 ? "" : "user" + std::to_string(below(4)) + "@" + letter() + ".example");
      builder.tls(below(2) == 0 ? TlsState::encrypted : TlsState::plain);
      if (below(20) == 0) builder.user("joe");
    }
    if (stage >= Stage::rcpt)
      builder.recipient((below(9) == 0 ? "abuse" : "joe") + std::string("@box.example"));
    if (stage == Stage::eom) {
      builder.transaction.header.emplace();
      builder.transaction.header->fields.push_back(
          {"subject", below(3) == 0 ? "a lottery" : "hello"});
    }
    builder.transaction.instance = std::to_string(number_ / 2);
    builder.transaction.token = "p7k3f2";
    return builder.transaction;
  }

  void decide(JournalRecord& record) {
    Decision decision(rules_, record.transaction, nullptr, record.time);
    while (decision.step() == Decision::Step::need_facts) {
      if (below(30) == 0) {
        decision.give_up(dns::DnsReason::deadline);
        continue;
      }
      const auto questions = decision.questions();
      for (const dns::DnsQuestion& question : questions) {
        decision.add(question, {std::make_shared<const dns::DnsAnswer>(zone_.answer(question))});
      }
    }
    record.dns = decision.evidence();
    const Verdict& verdict = decision.verdict();
    record.verdict.action = verdict.action;
    if (verdict.action == Disposition::reject || verdict.action == Disposition::defer) {
      record.verdict.reply = verdict.reply.to_string();
    }
    record.verdict.rule = verdict.rule;
    record.verdict.pending_rule = verdict.pending_rule;
    record.verdict.generation = verdict.generation;
  }

  static void keep_headers(JournalRecord& record, const std::vector<std::string>& names) {
    record.header_names = names;
    if (!record.transaction.header) return;
    std::erase_if(record.transaction.header->fields, [&](const HeaderField& field) {
      return std::ranges::find(names, field.name) == names.end();
    });
  }

  std::shared_ptr<const Snapshot> rules_;
  ZoneMap zone_;
  std::mt19937 random_;
  std::size_t number_ = 0;
};

class Recorded : public testing::TestWithParam<Door> {
 protected:
  Fidelity compare(const JournalRecord& record) {
    facts_.use(&record);
    return compare_with_record(own_, record);
  }

  Day day_{GetParam(), 11};
  RecordedFacts facts_;
  Judge own_{day_.rules(), &facts_};
};
INSTANTIATE_TEST_SUITE_P(Doors, Recorded, testing::Values(Door::policy, Door::milter),
                         [](const auto& door) { return std::string(to_string(door.param)); });

TEST_P(Recorded, ADayUnderItsOwnRulesIsAsRecorded) {
  std::map<Disposition, int> actions;
  for (int i = 0; i < 10'000; ++i) {
    const JournalRecord record = day_.next();
    ++actions[record.verdict.action];
    const Fidelity found = compare(record);
    ASSERT_EQ(found.kind, Kind::same) << i << ": " << found.what;
  }
  EXPECT_EQ(actions.size(), 5U) << "all but redirect";
}

TEST_P(Recorded, AnotherDecisionThanRecordedIsSeen) {
  JournalRecord record = day_.next();
  record.verdict.action = Disposition::reject;
  record.verdict.rule = "nobody";
  record.verdict.pending_rule.clear();
  EXPECT_EQ(compare(record).kind, Kind::other);
}

TEST_P(Recorded, WithoutItsDnsADecisionIsIncompleteAndNeverAnother) {
  std::size_t incomplete = 0;
  for (int i = 0; i < 2000; ++i) {
    JournalRecord record = day_.next();
    const bool asked = !record.dns.empty();
    record.dns.clear();
    const Fidelity found = compare(record);
    ASSERT_NE(found.kind, Kind::other) << found.what;
    EXPECT_EQ(found.kind == Kind::incomplete, asked) << found.what;
    incomplete += asked ? 1 : 0;
  }
  EXPECT_GT(incomplete, 100U);
}

TEST_P(Recorded, AnAnswerThatTheRecordLeavesOutIsNotKnown) {
  std::size_t incomplete = 0;
  for (int i = 0; i < 2000; ++i) {
    JournalRecord record = day_.next();
    for (DnsEvidence& one : record.dns) one.fact.answer.reset();
    const Fidelity found = compare(record);
    ASSERT_NE(found.kind, Kind::other) << found.what;
    EXPECT_EQ(found.kind == Kind::incomplete, !record.dns.empty()) << found.what;
    incomplete += record.dns.empty() ? 0 : 1;
  }
  EXPECT_GT(incomplete, 100U);
}

TEST(RecordedHeaders, OneThatIsNotKeptIsNotKnown) {
  Day day(Door::milter, 3);
  RecordedFacts facts;
  Judge own(day.rules(), &facts);
  std::size_t incomplete = 0;
  for (int i = 0; i < 2000; ++i) {
    const JournalRecord record = day.next({});
    facts.use(&record);
    const Fidelity found = compare_with_record(own, record);
    ASSERT_NE(found.kind, Kind::other) << found.what;
    if (found.kind == Kind::incomplete) ++incomplete;
  }
  EXPECT_GT(incomplete, 10U);
}

}  // namespace
}  // namespace postern::replay::recorded_test
