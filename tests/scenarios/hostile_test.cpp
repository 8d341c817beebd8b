// Texts that want to be more than text, at every place where a stranger, DNS or a rule can put one:
// the reply stays one line, headers and reasons stay what libmilter takes, the log line stays one
// line with the fields that Postern gave it, and JSON stays JSON.
#include <gtest/gtest.h>

#include <memory>
#include <sstream>

#include "common/base/escape.h"
#include "common/json/parse_json.h"
#include "milter/reply.h"
#include "rules/explain/decision_line.h"
#include "server/control/control_json.h"
#include "tests/scenarios/milter_side.h"
#include "tests/scenarios/sound_output.h"
#include "tests/support/rules_from.h"

namespace postern::hostile_test {
namespace {

using namespace std::string_literals;

constexpr const char* kForged = "decision door=policy stage=rcpt rule=forged action=reject";

struct Hostile {
  const char* name;
  std::string text;
};

const std::vector<Hostile>& hostile_texts() {
  static const std::vector<Hostile> texts = {
      {"CRLF", "x\r\n250 2.0.0 Ok"},
      {"LF", "x\nrule=forged"},
      {"emptyLine", "x\n\naction=OK"},
      {"forgedLine", "x\n"s + kForged},
      {"NUL", "x\0y"s},
      {"formats", "%s%n%5$s%%%"},
      {"Latin1",
       "b\xfc"
       "cher"},
      {"invalidUtf8", "\xff\xfe\xc3"},
      {"overlong", "x\xc0\x8a\xe0\x80\x8a\xf0\x80\x80\x8a"},
      {"surrogate", "\xed\xa0\x80"},
      {"lineSeparator", "x\xe2\x80\xa8"s + kForged + "\xe2\x80\xa9"},
      {"NEL", "x\xc2\x85"s + kForged},
      {"escapes", "\x1b[2J\x1b]0;owned\x07\x08\x7f"},
      {"C1",
       "\xc2\x9b"
       "2J"},
      {"turnedRound",
       "\xe2\x80\xae"
       "elur\xe2\x81\xa6"},
      {"fields", "x rule=forged action=pass"},
      {"otherBlanks", "x\xc2\xa0rule=forged\xe2\x80\x83rule=forged\trule=forged"},
      {"quotes", "\" rule=forged \\\" \\\\\" rule=forged"},
      {"braces", "{rule}{client}{sender_domain}{"},
      {"brackets", "<>><@,@:;\"@"},
      {"UTF8", "j\xc3\xb6rg\xf0\x9f\x92\xa3"},
      {"long", std::string(4000, 'a')},
      {"longUtf8",
       [] {
         std::string text;
         for (int i = 0; i < 2000; ++i) text += "\xc3\xa4";
         return text;
       }()},
      {"longSpaces", std::string(4000, ' ')},
      {"longName", std::string(60, 'a') + "." + std::string(60, 'b') + "." + std::string(60, 'c') +
                       "." + std::string(60, 'd')},
  };
  return texts;
}

std::string line_of(std::string_view door, const Outcome& outcome,
                    const std::vector<DnsEvidence>& evidence = {}) {
  return explain::decision_line(
      {door, outcome.transaction, outcome.verdict, evidence, outcome.reply, {}});
}

constexpr std::chrono::sys_days kNow{std::chrono::year{2026} / 11 / 21};

// What a rule says of a transaction, in every way that goes over the wire.
const std::vector<std::string> kActions = {
    R"('reject 554 5.7.1 "{sender_domain} from {client} by {rule} 100%s"')",
    R"('defer "{sender_domain} {client}"')",
    R"('discard "{sender_domain}"')",
    R"('hold "{sender_domain} %n"')",
    R"({ prepend: "X-From: {sender_domain} {client} %n" })",
    "log",
};

std::shared_ptr<const Snapshot> rules_that(const std::string& action, Door door) {
  return rules_from("version: 1\nrules: [{ name: honest, stage: rcpt, then: " + action + " }]\n",
                    {}, {door, DoorSet::all()});
}

const Attributes kPlain = {{"protocol_state", "RCPT"},
                           {"client_address", "192.0.2.1"},
                           {"client_name", "mx.a.example"},
                           {"reverse_client_name", "mx.a.example"},
                           {"helo_name", "mx.a.example"},
                           {"sender", "s@a.example"},
                           {"recipient", "r@b.example"},
                           {"sasl_username", "ann"},
                           {"queue_id", "4F2"},
                           {"instance", "1a.2b"}};

// Where a stranger's text can stand: the attribute, and what stands around it.
struct Place {
  const char* attribute;
  const char* before = "";
  const char* behind = "";
};

const std::vector<Place> kPlaces = {
    {"client_address"},
    {"client_name"},
    {"reverse_client_name"},
    {"helo_name"},
    {"helo_name", "rule="},
    {"sender"},
    {"sender", "s@"},
    {"sender", "s@", ".a.org"},
    {"sender", "", "@a.example"},
    {"recipient"},
    {"recipient", "r@"},
    {"recipient", "", "@b.example"},
    {"sasl_username"},
    {"queue_id"},
    {"instance"},
    {"encryption_protocol"},
};

class HostileText : public testing::TestWithParam<std::size_t> {
 protected:
  [[nodiscard]] static const std::string& text() { return hostile_texts().at(GetParam()).text; }

  [[nodiscard]] static Attributes with(const Place& place) {
    Attributes told = kPlain;
    told[place.attribute] = place.before + text() + place.behind;
    return told;
  }

  // A request that cannot be read gets no reply at all, and its error shows nothing of it.
  static void ask_policy(const std::shared_ptr<const Snapshot>& rules, const Attributes& told) {
    Outcome outcome;
    try {
      outcome = PolicySide({rules, {}, kNow}).step(told);
    } catch (const std::runtime_error& error) {
      EXPECT_TRUE(is_visible_ascii(error.what())) << error.what();
      return;
    }
    EXPECT_TRUE(is_visible_ascii(outcome.reply)) << outcome.reply;
    EXPECT_LE(outcome.reply.size(), 998U);
    expect_good_line(line_of("policy", outcome), outcome.transaction, outcome.verdict);
  }

  static void ask_milter(const std::shared_ptr<const Snapshot>& rules, Attributes told,
                         const MilterExtras& extras = {}) {
    MilterSide milter({rules, {}, kNow});
    for (const char* stage : {"RCPT", "DATA", "END-OF-MESSAGE"}) {
      told["protocol_state"] = stage;
      const Outcome outcome = milter.step(told, extras);
      expect_good_reply(milter::reply_for(outcome.verdict));
      expect_good_line(line_of("milter", outcome), outcome.transaction, outcome.verdict);
      if (outcome.verdict.action == Disposition::reject) break;
    }
    expect_good_actions(milter.actions());
  }
};

TEST_P(HostileText, OfAStrangerStaysText) {
  for (const std::string& action : kActions) {
    const auto policy = rules_that(action, Door::policy);
    const auto milter = rules_that(action, Door::milter);
    for (const Place& place : kPlaces) {
      SCOPED_TRACE(action + " " + place.attribute + " behind " + place.before);
      ask_policy(policy, with(place));
      ask_milter(milter, with(place));
    }
  }
}

TEST_P(HostileText, InAHeaderStaysText) {
  for (const std::string& action : kActions) {
    const std::string then = ", then: " + action + " }\n";
    const auto rules =
        rules_from("version: 1\nrules:\n  - { name: a, when: { header.subject: \"~.\" }" + then +
                       "  - { name: b, when: { header.from_domain: \"~.\" }" + then +
                       "  - { name: c, when: { header.x-list: \"~.\" }" + then,
                   {}, {Door::milter, DoorSet::all()});
    for (const char* name : {"Subject", "From", "X-List"}) {
      SCOPED_TRACE(action + " " + name);
      ask_milter(rules, kPlain, {{}, {{name, " " + text()}}});
      ask_milter(rules, kPlain, {{}, {{text(), " x"}}});
    }
  }
}

// As decode_reply() never gives it: that escapes what no host name has.
TEST_P(HostileText, OfDnsStaysText) {
  const auto rules =
      rules_from("version: 1\nrules: [{ name: honest, check: sender_mx, preset: standard }]\n");
  dns::DnsAnswer hostile{dns::DnsStatus::found, dns::DnsReason::answer, {}, SharedText(text()), {}};
  hostile.records.add_mx(10, text());
  hostile.records.add_name(text());
  Transaction transaction;
  transaction.stage = Stage::rcpt;
  transaction.sender = MailAddress::from_envelope("s@a.example");
  Decision decision(rules, transaction, nullptr, kNow);
  for (int round = 0; decision.step() == Decision::Step::need_facts && round < 10; ++round) {
    for (const dns::DnsQuestion& question : std::vector(decision.questions())) {
      decision.add(question, {std::make_shared<const dns::DnsAnswer>(hostile)});
    }
  }
  const Verdict& verdict = decision.verdict();
  Outcome outcome{transaction, verdict, verdict.reply.to_string(), {}};
  expect_good_reply(milter::reply_for(verdict));
  expect_good_line(line_of("policy", outcome, decision.evidence()), transaction, verdict);
}

// As no rule that loads has it: the doors do not rely on that.
TEST_P(HostileText, OfAVerdictStaysText) {
  const auto rules = rules_that("log", Door::policy);
  for (const Disposition action : {Disposition::reject, Disposition::defer, Disposition::discard,
                                   Disposition::hold, Disposition::pass}) {
    SCOPED_TRACE(to_string(action));
    const int code = action == Disposition::defer ? 4 : 5;
    Verdict verdict;
    verdict.action = action;
    verdict.reply = {100 * code + 50, {code, 7, 1}, text()};
    verdict.text = text();
    verdict.rule = "honest";
    verdict.detail = verdict.entry.entry = text();
    verdict.entry.list = verdict.entry.reason = verdict.entry.file = text();
    const DoorsFixture fixture{rules, {}, kNow, [&](const Transaction&) { return verdict; }};
    const Outcome milter = MilterSide(fixture).step(kPlain, {});
    expect_good_reply(milter::reply_for(milter.verdict));
    expect_good_line(line_of("milter", milter), milter.transaction, verdict);
    milter::EndOfMessageActions actions;
    actions.note(verdict);
    expect_good_actions(actions);
    verdict.prepend = {{"X-A", text()}};
    const Outcome policy = PolicySide(fixture).step(kPlain);
    EXPECT_TRUE(is_visible_ascii(policy.reply)) << policy.reply;
    EXPECT_LE(policy.reply.size(), 998U);
    expect_good_line(line_of("policy", policy), policy.transaction, verdict);
  }
}

// `text` in double quotes of YAML, byte for byte.
std::string yaml_quoted(const std::string& text) {
  std::ostringstream out;
  out << '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') out << '\\';
    if (byte >= ' ' && byte != 0x7f) {
      out << c;
    } else {
      constexpr const char* kDigits = "0123456789abcdef";
      out << "\\x" << kDigits[byte >> 4] << kDigits[byte & 0xf];
    }
  }
  out << '"';
  return out.str();
}

// Rules with the text at one place each; what does not load is refused in lines that can be shown.
std::vector<std::string> rules_with(const std::string& text) {
  const std::string quoted = yaml_quoted(text);
  const std::string list =
      "version: 1\nlists:\n  l: { kind: domain, entries: [{ entry: a.example, ";
  const std::string hit =
      " }] }\nrules: [{ name: honest, when: { sender_domain: l }, then: reject }]";
  const std::string then = "version: 1\nrules: [{ name: honest, stage: rcpt, then: ";
  const std::string reject = yaml_quoted("reject 550 5.7.1 \"" + text + "\"");
  return {
      list + "reason: " + quoted + hit,
      list + "owner: " + quoted + hit,
      list + "then: " + reject + hit,
      "version: 1\nlists: { l: { kind: text, entries: [" + quoted + ", a] } }\nrules: [{ name: " +
          "honest, when: { helo: [\"~a\", l, " + quoted + "] }, then: reject }]",
      "version: 1\nrules: [{ name: " + quoted + ", stage: rcpt, then: reject }]",
      "version: 1\nrules: [{ name: honest, note: " + quoted + ", stage: rcpt, then: reject }]",
      then + reject + " }]",
      then + yaml_quoted("defer \"" + text + "\"") + " }]",
      then + yaml_quoted("hold \"" + text + "\"") + " }]",
      then + yaml_quoted("discard \"" + text + "\"") + " }]",
      then + yaml_quoted("log \"" + text + "\"") + " }]",
      then + "{ prepend: " + yaml_quoted("X-A: " + text) + " } }]",
      then + "{ prepend: " + yaml_quoted(text + ": x") + " } }]",
  };
}

TEST_P(HostileText, OfARuleIsRefusedOrStaysText) {
  for (const std::string& yaml : rules_with(text())) {
    SCOPED_TRACE(printable(yaml.substr(0, 200)));
    Diagnostics diagnostics;
    const auto snapshot = load::load_rules(yaml, "rules.yaml", reader_of({}), 7,
                                           {Door::policy, DoorSet::all()}, diagnostics);
    std::istringstream complaints(diagnostics.to_string());
    for (std::string line; std::getline(complaints, line);) expect_one_line(line);
    EXPECT_EQ(snapshot == nullptr, diagnostics.has_errors());
    if (!snapshot) continue;
    ask_policy(snapshot, kPlain);
    ask_milter(snapshot, kPlain);
  }
}

TEST_P(HostileText, OfAListFileIsRefusedOrStaysText) {
  const std::string rules =
      "version: 1\nlists: { l: { kind: domain, file: l.txt } }\n"
      "rules: [{ name: honest, when: { sender_domain: l }, then: reject }]\n";
  for (const std::string& line :
       {"a.example reason=\"" + text() + "\"", "a.example owner=\"" + text() + "\"",
        "a.example then=\"reject 550 5.7.1 " + text() + "\"", "a.example # " + text(),
        "a.example\n" + text(), text() + " reason=x\na.example"}) {
    SCOPED_TRACE(printable(line.substr(0, 200)));
    Diagnostics diagnostics;
    const auto snapshot = load::load_rules(rules, "rules.yaml", reader_of({{"l.txt", line + "\n"}}),
                                           7, {Door::policy, DoorSet::all()}, diagnostics);
    std::istringstream complaints(diagnostics.to_string());
    for (std::string said; std::getline(complaints, said);) expect_one_line(said);
    if (!snapshot) continue;
    ask_policy(snapshot, kPlain);
    ask_milter(snapshot, kPlain);
  }
}

TEST_P(HostileText, InJsonStaysText) {
  const std::string json = boost::json::serialize(boost::json::value(control::json_text(text())));
  expect_one_line(json);
  const auto back = json::parse_json(json);
  ASSERT_TRUE(back) << back.error().text;
  EXPECT_EQ(back->as_string(), printable(text()));
}

std::vector<std::size_t> all_of_them() {
  std::vector<std::size_t> indexes(hostile_texts().size());
  for (std::size_t i = 0; i < indexes.size(); ++i) indexes[i] = i;
  return indexes;
}

INSTANTIATE_TEST_SUITE_P(Texts, HostileText, testing::ValuesIn(all_of_them()),
                         [](const auto& one) { return hostile_texts().at(one.param).name; });

}  // namespace
}  // namespace postern::hostile_test
