#include "milter/session.h"

#include <string>
#include <utility>

#include "rules/decision.h"
#include "server/service/random_tokens.h"
#include "server/service/waiting_decision.h"

namespace postern::milter {

MilterSession::MilterSession(const MilterServices& services)
    : services_(services),
      service_(services.service),
      dialogue_(service_.state().snapshots.current(), service::random_tokens()),
      kept_(services.messages) {}

Result<Negotiated> MilterSession::begin(const MilterOffer& offer) {
  if (services_.stopping.is_set()) return failure("stopping");
  if (!permit_) permit_ = services_.sessions.take();
  if (!permit_) return failure("max_connections are open");
  const auto rules = service_.state().snapshots.current();
  const config::MilterSettings& settings = service_.settings().milter;
  auto negotiated = negotiate(rules->needs(), settings.refuse_clients, services_.transport, offer);
  if (!negotiated) {
    service_.log().error("connection of an MTA refused: " + negotiated.error().text);
    return negotiated;
  }
  if (negotiated->does_less()) {
    service_.warnings().warn("MTA",
                             "the MTA does not offer to change recipients: what rules redirect or "
                             "copy goes to its recipients alone",
                             Clock::now());
  }
  offer_ = offer;
  dialogue_.begin(*negotiated, rules, settings);
  return negotiated;
}

void MilterSession::begin_unasked() {
  service_.warnings().warn(
      "MTA", "a connection goes on after SMFIC_QUIT_NC, or began without negotiation: not judged",
      Clock::now());
}

MilterReply MilterSession::connect(std::string_view name, const std::optional<IpAddress>& client,
                                   std::string_view ptr) {
  kept_.give_up();
  return answer(dialogue_.connect(name, client, ptr));
}

MilterReply MilterSession::helo(std::string_view name) {
  kept_.give_up();
  return answer(dialogue_.helo(name));
}

MilterReply MilterSession::mail(std::string_view sender, const MailMacros& macros) {
  kept_.give_up();
  adopt_rules();
  dialogue_.set_mixed_recipients(service_.settings().milter.mixed_recipients);
  return answer(dialogue_.mail(sender, macros));
}

MilterReply MilterSession::rcpt(std::string_view recipient, RecipientState state,
                                std::string_view queue_id, MtaReading reading) {
  return within_budget(Step::rcpt, answer(dialogue_.rcpt(recipient, state, queue_id, reading,
                                                         std::chrono::system_clock::now())));
}

MilterReply MilterSession::data(std::string_view queue_id) {
  return answer(dialogue_.data(queue_id));
}

MilterReply MilterSession::header(std::string_view name, std::string_view value) {
  return within_budget(Step::header, dialogue_.header(name, value));
}

// A message for which there is no room is not judged by half of it: it is deferred.
MilterReply MilterSession::within_budget(Step step, MilterReply reply) {
  return kept_.grow(dialogue_.kept_bytes()) ? std::move(reply) : dialogue_.lose_message(step);
}

MilterReply MilterSession::end_of_message(std::string_view queue_id) {
  auto next = dialogue_.end_of_message(queue_id);
  if (!dialogue_.transaction().header->cut.empty()) service_.state().hits.record_cut_header();
  MilterReply reply = answer(std::move(next));
  const bool comes_in = reply.status == MilterReply::Status::proceed;
  if (comes_in && dialogue_.is_not_captured()) service_.state().hits.record_not_captured();
  return reply;
}

void MilterSession::end_message() {
  dialogue_.end_message();
  kept_.give_up();
}

// A message is judged by the rules of the day, unless they need what this connection's MTA was told
// to leave out.
void MilterSession::adopt_rules() {
  if (!offer_) return;
  auto current = service_.state().snapshots.current();
  const std::uint64_t generation = current->generation();
  if (current == dialogue_.rules() || generation == turned_down_) return;
  const auto wanted =
      negotiate(current->needs(), dialogue_.refuse_clients(), services_.transport, *offer_);
  if (wanted && dialogue_.adopt(*wanted, std::move(current), service_.settings().milter)) return;
  turned_down_ = generation;
  service_.log().info("an open session stays with generation " +
                      std::to_string(dialogue_.rules()->generation()) +
                      ": its MTA was not asked for what " + std::to_string(generation) + " needs");
}

MilterSession::Span MilterSession::span_from_now() const {
  const auto now = Clock::now();
  const config::DecisionSettings& settings = service_.settings().decision;
  const auto deadline = now + settings.deadline;
  return {now, deadline, service::DecisionTime(settings.max_work, deadline)};
}

MilterReply MilterSession::answer(Dialogue::Next next) {
  if (std::holds_alternative<Dialogue::NeedVerdict>(next)) {
    Span span = span_from_now();
    next = dialogue_.settle(std::move(next), [&] { return judge(span); });
  }
  auto& [reply, decided] = std::get<Dialogue::Answer>(next);
  if (decided == nullptr) return std::move(reply);
  if (dialogue_.transaction().stage == Stage::connect) hold_back(decided->verdict.delay);
  const Judged judged = judged_as(*decided);
  service_.decisions().record(
      {.door = to_string(Door::milter),
       .transaction = dialogue_.transaction(),
       .verdict = decided->verdict,
       .evidence = decided->evidence,
       .reply = reply_in_words(decided->verdict),
       .took = decided->took,
       .began = judged == Judged::again ? std::chrono::system_clock::now() : decided->began,
       .judged = judged,
       .recipients = &decided->recipients,
       .state = decided->state});
  return std::move(reply);
}

MilterSession::Judgement MilterSession::judge(Span& span) {
  MessageFacts facts(service_.facts(), dialogue_.effects(), dialogue_.transaction());
  Decision decision(dialogue_.rules(), dialogue_.transaction(), &facts,
                    std::chrono::system_clock::now(), {&dialogue_.conditions(), &span.time});
  if (service_.state().store) decision.ask_for_records();
  if (decision.step() == Decision::Step::need_facts) wait_for(decision, facts, span.deadline);
  const auto took =
      std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - span.began);
  if (dialogue_.decides_now()) {
    service_.decisions().trace(to_string(Door::milter), decision, dialogue_.transaction());
  }
  return {decision.take_verdict(),       decision.take_evidence(), took, decision.now(), {},
          decision.take_state_evidence()};
}

// Every wait is a thread of libmilter's, of which there is no other bound. An asker that has its
// share of them is not waited for any more, so that it cannot keep the others from being asked.
void MilterSession::wait_for(Decision& decision, const MessageFacts& facts,
                             Clock::time_point deadline) {
  std::optional<service::AskedStore> asked;
  if (service_.state().store) asked.emplace(*service_.state().store, facts);
  do {
    const Asker asker = decision.asker();
    const dns::DnsName name = decision.name_of(asker);
    if (const auto permit = services_.waiting.take({}, name.text())) {
      const auto wait = services_.wakeup.waiting();
      service::wait_for_verdict(decision, service_.resolver(), services_.executor, deadline,
                                asked ? &*asked : nullptr);
      return;
    }
    decision.give_up_records();
    if (decision.questions().empty()) continue;
    service_.resolver().note_shed(name);
    decision.give_up_of(asker, dns::DnsReason::overloaded);
  } while (decision.step() == Decision::Step::need_facts);
}

Judged MilterSession::judged_as(const Judgement& decided) const {
  if (dialogue_.transaction().stage == Stage::mail && &decided == dialogue_.refusal_at_mail()) {
    return Judged::again;
  }
  return dialogue_.decides_now() ? Judged::deciding : Judged::noting;
}

void MilterSession::hold_back(std::chrono::milliseconds delay) {
  if (delay.count() == 0) return;
  const auto load =
      service::load_of(services_.sessions.taken(), service_.settings().milter.max_connections);
  if (const auto permit = service_.delays().take(load, dialogue_.transaction().client)) {
    const auto wait = services_.wakeup.waiting();
    services_.stopping.sleep(delay);
  }
}

}  // namespace postern::milter
