#include "tests/scenarios/recorded_day.h"

#include <fstream>
#include <stdexcept>
#include <thread>
#include <utility>

#include "milter/dialogue.h"
#include "policyd/dialogue.h"
#include "rules/explain/decision_line.h"
#include "server/config/configuration.h"
#include "server/service/random_tokens.h"
#include "tests/scenarios/milter_side.h"

namespace postern {
namespace {

using std::chrono::system_clock;

constexpr std::uint64_t kAhead = 2000;  // records that may wait to be written

const std::string kRules = R"(version: 1
capture_domains: box.example
lists:
  trusted: { kind: network, entries: [192.0.2.0/28] }
  campaign: { kind: domain, file: lists/campaign.txt }
  traps: { kind: address, entries: [trap@, spamtrap@box.example] }
rules:
  - { name: late, stage: connect, when: { client: 203.0.113.0/30 }, then: delay 2s }
  - { name: bot, when: { client: 198.51.100.66 }, then: reject 554 5.7.1 "Go away" }
  - { name: trusted, when: { client: trusted }, then: pass }
  - { name: users, when: { authenticated: yes }, then: pass }
  - { name: desk, when: { recipient: [postmaster@, abuse@] }, then: pass }
  - { name: trap, when: { recipient: traps }, then: reject 550 5.1.1 "No such person" }
  - { name: helo, when: { helo: ["~^h[0-3]"], tls: no }, then: 'defer 450 4.7.1 "Later {sender_domain}"' }
  - { name: campaign, when: { sender_domain: campaign }, then: 'reject 550 5.7.1 "No, {token}"' }
  - { name: samples, when: { sender: user3@ }, then: redirect samples@box.example }
  - { name: dynamic, when: { client_name: .dyn.example, not: { sender_domain: b.example } }, then: hold odd }
  - { name: mark, when: { helo: h5.example }, then: { prepend: 'X-Rule: {rule}' } }
  - { name: would, mode: log, when: { sender: user1@ }, then: reject 550 5.7.1 No }
  - { name: mx, check: sender_mx, preset: standard }
  - { name: subject, when: { header.subject: ['~lottery'] }, then: reject 550 5.7.1 Content }
)";

const std::string kZone = R"(zone:
  b.example: { MX: [10 mx.b.example] }
  mx.b.example: { A: [198.51.100.10] }
  d.example: { MX: [0 .] }
  f.example: { fault: servfail }
  g.example: { A: [198.51.100.11] }
)";

// What this hour's campaign is; one entry ends in the middle of it.
std::string campaign_of(int hour, system_clock::time_point now) {
  const auto end = std::chrono::floor<std::chrono::seconds>(now + std::chrono::minutes(30));
  return "a.example\nc.example then=\"discard gone\"\nn" + std::to_string(hour) +
         ".example\ne.example expires=" + format_utc(end) + "\n";
}

config::SourceFile written(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
  return {path, text, {}};
}

}  // namespace

std::optional<dns::DnsFact> DayFacts::find(const dns::DnsQuestion& question) {
  if (happens(question, 30)) return std::nullopt;
  return dns::DnsFact{std::make_shared<const dns::DnsAnswer>(zone_.answer(question)),
                      std::chrono::seconds(chance_ % 3600), dns::DnsFact::Source::cache};
}

bool DayFacts::happens(const dns::DnsQuestion& question, unsigned percent) const {
  const std::size_t hash = std::hash<std::string>{}(question.name.text() + std::to_string(chance_));
  return hash % 100 < percent;
}

void DayFacts::settle(Decision& decision) {
  while (decision.step() == Decision::Step::need_facts) {
    const auto questions = decision.questions();
    if (happens(questions.front(), 3)) {
      decision.give_up(dns::DnsReason::deadline);
      continue;
    }
    for (const dns::DnsQuestion& question : questions) {
      decision.add(question, {std::make_shared<const dns::DnsAnswer>(zone_.answer(question))});
    }
  }
}

// One daemon: its rules and its journal.
struct RecordedDay::Door {
  Door(postern::Door which, const std::string& folder)
      : door(which),
        log(std::move(*os::DaemonLog::open({LogLevel::warning, folder + "/log"}))),
        settings([&] {
          Diagnostics diagnostics;
          return config::read_settings(folder + "/postern.yaml", which, diagnostics).value();
        }()),
        journal({.door = which, .version = "1", .settings = settings, .log = *log}) {}

  void record(const Transaction& transaction, const Verdict& verdict,
              const std::vector<DnsEvidence>& evidence, std::string_view reply,
              system_clock::time_point began, Judged judged = Judged::deciding,
              const JudgedRecipients* recipients = nullptr) {
    journal.record({.door = to_string(door),
                    .transaction = transaction,
                    .verdict = verdict,
                    .evidence = evidence,
                    .reply = reply,
                    .took = std::chrono::microseconds(50),
                    .began = began,
                    .judged = judged,
                    .recipients = recipients});
    ++records;
  }

  postern::Door door;
  std::unique_ptr<os::DaemonLog> log;
  config::LiveSettings settings;
  std::shared_ptr<const Snapshot> rules;
  journal::Journal journal;
  std::uint64_t records = 0;
  std::unique_ptr<policyd::Dialogue> policy;
  std::unique_ptr<milter::Dialogue> milter;
};

struct RecordedDay::Mail {
  std::string client;
  std::string client_name;
  std::string helo;
  std::string sender;
  std::vector<std::string> recipients;
  std::string user;
  std::string subject;
  TlsState tls = TlsState::plain;
};

RecordedDay::RecordedDay(std::string folder, system_clock::time_point begin)
    : folder_(std::move(folder)),
      now_(begin),
      facts_(ZoneMap::parse(kZone).value()),
      generations_(config::GenerationStore::open(folder_ + "/state").value()),
      policy_(std::make_unique<Door>(postern::Door::policy, folder_)),
      milter_(std::make_unique<Door>(postern::Door::milter, folder_)) {}

RecordedDay::~RecordedDay() = default;

void RecordedDay::reload(int hour) {
  const config::SourceFile rules = written(folder_ + "/rules.yaml", kRules);
  const config::SourceFile list = written(folder_ + "/lists/campaign.txt", campaign_of(hour, now_));
  const auto generation =
      generations_.save({rules, list}, std::chrono::floor<std::chrono::seconds>(now_)).value();
  for (Door* door : {policy_.get(), milter_.get()}) {
    auto read = config::RuleSource::files(rules.path)
                    .load(config::load_target(door->settings.current(), door->door), generation,
                          door->rules.get());
    if (!read.snapshot) throw std::runtime_error(read.diagnostics.to_string());
    door->journal.rules_coming(generation, config::fingerprint_of_files(read.files));
    door->rules = read.snapshot;
  }
}

RecordedDay::Mail RecordedDay::mail() {
  static const std::vector<std::string> kMailboxes = {
      "joe@box.example", "ann@box.example",   "trap@box.example",
      "bob@box.example", "abuse@box.example", "postmaster@box.example"};
  static const std::vector<std::string> kDomains = {"a", "b", "b", "b", "c", "d", "e", "f", "g"};
  Mail mail;
  const bool near = below(2) == 0;
  mail.client = near
                    ? "192.0.2." + std::to_string(below(60))
                    : (below(40) == 0 ? "198.51.100.66" : "203.0.113." + std::to_string(below(99)));
  if (below(3) == 0) mail.client_name = "c" + std::to_string(below(9)) + ".dyn.example";
  mail.helo = "h" + std::to_string(below(9)) + ".example";
  const std::string domain =
      below(4) == 0 ? "n" + std::to_string(below(24)) : kDomains[below(kDomains.size())];
  if (below(12) != 0) mail.sender = "user" + std::to_string(below(9)) + "@" + domain + ".example";
  for (std::size_t i = below(3) == 0 ? 1 + below(4) : 1; i > 0; --i) {
    mail.recipients.push_back(kMailboxes[below(below(2) == 0 ? 2 : kMailboxes.size())]);
  }
  if (below(15) == 0) mail.user = "joe";
  mail.subject = below(5) == 0 ? "a lottery" : "hello";
  if (below(2) == 0) mail.tls = TlsState::encrypted;
  return mail;
}

// One session, one request for each recipient, then DATA and the end, as a Postfix that asks at all
// of them.
void RecordedDay::through_policy_door(const Mail& mail) {
  Door& door = *policy_;
  if (!door.policy || below(50) == 0) {
    door.policy = std::make_unique<policyd::Dialogue>([&door] { return door.rules; });
  }
  Transaction transaction;
  transaction.client = IpAddress::parse(mail.client).value();
  transaction.client_name = transaction.reverse_client_name = mail.client_name;
  transaction.helo = mail.helo;
  transaction.sender = MailAddress::from_envelope(mail.sender);
  transaction.sasl_username = mail.user;
  transaction.tls = mail.tls;
  transaction.instance = "p" + std::to_string(++number_);
  std::size_t accepted = 0;
  const auto ask = [&](Stage stage) {
    transaction.stage = stage;
    transaction.token = service::random_tokens().next();
    facts_.shuffle(random_());
    door.policy->ask(transaction);
    Decision decision(door.policy->rules(), door.policy->transaction(), &facts_, now_,
                      {&door.policy->judged(), nullptr});
    facts_.settle(decision);
    door.record(transaction, decision.verdict(), decision.evidence(),
                door.policy->answer(decision.verdict()), decision.now());
    const bool comes_in = lets_in(decision.verdict());
    door.policy->replied();
    tick();
    return comes_in;
  };
  for (const std::string& recipient : mail.recipients) {
    transaction.recipient = MailAddress::from_envelope(recipient);
    if (ask(Stage::rcpt)) ++accepted;
  }
  if (accepted == 0) return;
  transaction.recipient_count = accepted;
  if (accepted > 1) transaction.recipient.reset();
  if (ask(Stage::data)) ask(Stage::eom);
}

// Some sessions have several messages, of which each begins with the rules of then.
void RecordedDay::through_milter(const Mail& mail) {
  Door& door = *milter_;
  const config::MilterSettings& settings = door.settings.current().milter;
  milter::Negotiated agreed = negotiated_for(*door.rules, milter::SessionState::Tls::told);
  const bool new_session = !door.milter || below(3) == 0;
  if (new_session) {
    door.milter = std::make_unique<milter::Dialogue>(door.rules, service::random_tokens());
    door.milter->begin(agreed, door.rules, settings);
  }
  milter::Dialogue& dialogue = *door.milter;
  const auto judge = [&] {
    facts_.shuffle(random_());
    Decision decision(dialogue.rules(), dialogue.transaction(), &facts_, now_,
                      {&dialogue.conditions(), nullptr});
    facts_.settle(decision);
    return milter::Dialogue::Judgement{
        decision.take_verdict(), decision.take_evidence(), {}, decision.now()};
  };
  const auto comes_in = [&](milter::Dialogue::Next next) {
    const auto answer = dialogue.settle(std::move(next), judge);
    if (const auto* decided = answer.decided) {
      const bool again =
          dialogue.transaction().stage == Stage::mail && decided == dialogue.refusal_at_mail();
      const Judged judged = again                    ? Judged::again
                            : dialogue.decides_now() ? Judged::deciding
                                                     : Judged::noting;
      if (decided->recipients.each.size() > 1) ++several_;
      door.record(dialogue.transaction(), decided->verdict, decided->evidence,
                  milter::reply_in_words(decided->verdict), again ? now_ : decided->began, judged,
                  &decided->recipients);
      tick();
    }
    return answer.reply.status == milter::MilterReply::Status::proceed ||
           answer.reply.status == milter::MilterReply::Status::unanswered;
  };
  if (new_session) {
    comes_in(dialogue.connect(mail.client_name.empty() ? "[" + mail.client + "]" : mail.client_name,
                              IpAddress::parse(mail.client).value(), mail.client_name));
    comes_in(dialogue.helo(mail.helo));
  } else if (dialogue.rules() != door.rules) {
    dialogue.adopt(agreed, door.rules, settings);
  }
  dialogue.set_mixed_recipients(below(2) == 0 ? MixedRecipients::split : MixedRecipients::mildest);
  const std::string id = "m" + std::to_string(++number_);
  if (comes_in(dialogue.mail("<" + mail.sender + ">", {.queue_id = id}))) {
    std::size_t accepted = 0;
    for (const std::string& recipient : mail.recipients) {
      if (comes_in(dialogue.rcpt("<" + recipient + ">", RecipientState::accepted, id, std::nullopt,
                                 now_))) {
        ++accepted;
      }
    }
    if (accepted > 0 && comes_in(dialogue.data(id))) {
      dialogue.header("Subject", mail.subject);
      comes_in(dialogue.end_of_message(id));
    }
  }
  dialogue.end_message();
}

// The journal drops rather than waits; this day does not go on before it is written.
void RecordedDay::pace(Door& door) {
  while (door.records > door.journal.status().records + door.journal.status().dropped + kAhead) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void RecordedDay::run(std::uint64_t decisions) {
  constexpr int kHours = 24;
  step_ = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::hours(kHours)) /
          static_cast<std::int64_t>(decisions);
  const auto begin = now_;
  for (int hour = 0; hour < kHours; ++hour) {
    reload(hour);
    while (now_ < begin + std::chrono::hours(hour + 1)) {
      through_policy_door(mail());
      through_milter(mail());
      pace(*policy_);
      pace(*milter_);
    }
  }
  decisions_ = policy_->records + milter_->records;
}

void RecordedDay::finish() {
  policy_->journal.finish();
  milter_->journal.finish();
}

std::uint64_t RecordedDay::dropped() const {
  return policy_->journal.status().dropped + milter_->journal.status().dropped;
}

}  // namespace postern
