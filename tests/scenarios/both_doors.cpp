#include "tests/scenarios/both_doors.h"

#include <sstream>
#include <stdexcept>

#include "milter/reply.h"
#include "policyd/request.h"

namespace postern {
Verdict judge(const DoorsFixture& fixture, const Transaction& transaction,
              std::vector<std::string>& asked, ConditionMemory* judged,
              const MessageEffects& done) {
  if (fixture.decide) return fixture.decide(transaction);
  MessageFacts facts(*fixture.state, done, transaction);
  Decision decision(fixture.snapshot, transaction, &facts, fixture.now, {judged, nullptr});
  while (decision.step() == Decision::Step::need_facts) {
    const std::vector<dns::DnsQuestion> questions = decision.questions();
    for (const dns::DnsQuestion& question : questions) {
      asked.push_back(std::string(to_string(question.type)) + " " + question.name.text());
      decision.add(question,
                   {std::make_shared<const dns::DnsAnswer>(fixture.zone.answer(question))});
    }
  }
  return decision.verdict();
}

std::string value(const Attributes& attributes, const std::string& key) {
  const auto found = attributes.find(key);
  return found == attributes.end() ? "" : found->second;
}

std::string policy_request(const Attributes& attributes) {
  std::string bytes = "request=smtpd_access_policy\n";
  for (const auto& [key, text] : attributes) bytes += key + "=" + text + "\n";
  return bytes + "\n";
}

Outcome PolicySide::step(const Attributes& attributes) {
  const std::string bytes = policy_request(attributes);
  policyd::PolicyRequestReader reader({});
  if (reader.read(bytes) != policyd::PolicyRequestReader::State::complete) {
    throw std::runtime_error(reader.error());
  }
  if (dialogue_.ask(reader.request()) == policyd::Dialogue::Step::reply)
    throw std::runtime_error("no stage");
  Outcome outcome;
  outcome.transaction = dialogue_.transaction();
  outcome.verdict =
      judge(fixture_, outcome.transaction, outcome.asked, &dialogue_.judged(), dialogue_.effects());
  outcome.reply = dialogue_.answer(outcome.verdict);
  fixture_.state->apply(outcome.verdict.effects);
  const std::string& reply = dialogue_.reply();
  if (reply != "action=" + outcome.reply + "\n\n") throw std::runtime_error("reply: " + reply);
  dialogue_.replied();
  return outcome;
}

std::string in_words(const Verdict& verdict) {
  std::ostringstream out;
  out << to_string(verdict.action) << " rule=" << verdict.rule
      << " reply=" << milter::reply_in_words(verdict) << " text=" << verdict.text
      << " delay=" << verdict.delay.count() << "ms check=" << verdict.check
      << " finding=" << verdict.finding << " detail=" << verdict.detail
      << " entry=" << verdict.entry.list << "/" << verdict.entry.entry
      << " pending_rule=" << verdict.pending_rule;
  for (const Header& header : verdict.prepend) out << " + " << header.name << ": " << header.value;
  out << " redirect=" << verdict.redirect;
  for (const std::string& copy : verdict.copies) out << " copy=" << copy;
  for (std::string_view rule : verdict.also) out << " also=" << rule;
  for (const WouldHave& one : verdict.would) {
    out << " would=" << one.rule << ":" << to_string(one.action);
  }
  return out.str();
}

std::string in_words(const Transaction& transaction) {
  std::ostringstream out;
  const auto address = [](const std::optional<MailAddress>& one) {
    return one ? "<" + one->text() + "> kind " + std::to_string(static_cast<int>(one->kind()))
               : std::string("none");
  };
  out << to_string(transaction.stage)
      << " client=" << (transaction.client ? transaction.client->to_string() : "none")
      << " client_name=" << transaction.client_name
      << " reverse_client_name=" << transaction.reverse_client_name << " helo=" << transaction.helo
      << " sender=" << address(transaction.sender)
      << " recipient=" << address(transaction.recipient);
  if (transaction.stage >= known_from(Attribute::tls)) {
    out << " user=" << transaction.sasl_username << " tls=" << static_cast<int>(transaction.tls);
  }
  return out.str();
}

std::string milter_words_for(const std::string& action) {
  if (action == "DUNNO" || action.starts_with("PREPEND ") || action.starts_with("BCC ")) {
    return "CONTINUE";
  }
  if (action.starts_with("DISCARD")) return "DISCARD";
  if (action.starts_with("HOLD")) return "QUARANTINE" + action.substr(4);
  return action;
}

}  // namespace postern
