#include "milter/session.h"

#include <algorithm>
#include <string>
#include <utility>

#include "milter/each_recipient.h"
#include "server/service/waiting_decision.h"

namespace postern::milter {
namespace {

void add_evidence(std::vector<DnsEvidence>& evidence, const DnsEvidence& fact) {
  const bool known = std::any_of(evidence.begin(), evidence.end(), [&](const DnsEvidence& one) {
    return one.question == fact.question;
  });
  if (!known) evidence.push_back(fact);
}

}  // namespace

MilterSession::MilterSession(const MilterServices& services)
    : services_(services), kept_(services.messages), snapshot_(services.snapshots.current()) {}

Result<Negotiated> MilterSession::begin(const MilterOffer& offer) {
  if (services_.stopping.is_set()) return failure("stopping");
  if (!place_) {
    auto place = services_.sessions.take();
    if (!place) return failure("max_connections are open");
    place_.emplace(std::move(*place));
  }
  snapshot_ = services_.snapshots.current();
  refuse_clients_ = services_.settings.current().milter.refuse_clients;
  auto negotiated = negotiate_for(*snapshot_, offer);
  if (!negotiated) {
    services_.log.error("connection of an MTA refused: " + negotiated.error().text);
    return negotiated;
  }
  offer_ = offer;
  agreed_ = *negotiated;
  serve(*negotiated);
  return negotiated;
}

Result<Negotiated> MilterSession::negotiate_for(const Snapshot& snapshot,
                                                const MilterOffer& offer) const {
  return negotiate(snapshot.needs(), refuse_clients_, services_.transport, offer);
}

void MilterSession::serve(const Negotiated& wanted) {
  served_ = wanted;
  state_.begin(agreed_.knows_tls() ? SessionState::Tls::told : SessionState::Tls::not_told,
               served_.needs.header_fields, services_.settings.current().milter.max_header_bytes);
}

void MilterSession::begin_unasked() {
  services_.warnings.warn(
      "MTA", "a connection goes on after SMFIC_QUIT_NC, or began without negotiation: not judged",
      Clock::now());
}

MilterReply MilterSession::connect(std::string_view name, const std::optional<IpAddress>& client,
                                   std::string_view ptr) {
  lost_ = Lost::nothing;
  state_.connect(name, client, ptr);
  forget_message();
  refused_at_connect_.reset();
  refused_at_helo_.reset();
  connected_under_ = snapshot_->generation();
  if (!answers(Stage::connect)) return {};
  const Judgement judgement = judge_now();
  if (judgement.verdict.delay.count() > 0) hold_back(judgement.verdict.delay);
  return refuse_client(judgement, refused_at_connect_);
}

MilterReply MilterSession::helo(std::string_view name) {
  end_message();  // RFC 5321 4.1.4: EHLO is a RSET, too
  state_.helo(name);
  refused_at_helo_.reset();
  if (!answers(Stage::helo)) return {};
  return refuse_client(judge_now(), refused_at_helo_);
}

MilterReply MilterSession::mail(std::string_view sender, const MailMacros& macros) {
  forget_message();
  adopt_rules();
  state_.mail(sender, macros);
  mixed_ = services_.settings.current().milter.mixed_recipients;
  for (const auto* refusal : {&refused_at_connect_, &refused_at_helo_}) {
    if (refusal->has_value()) return conclude((*refusal)->judgement);
  }
  if (!answers(Stage::mail)) return {};
  return conclude(judge_now());
}

MilterReply MilterSession::rcpt(std::string_view recipient, RecipientState state,
                                std::string_view queue_id, MtaReading reading) {
  state_.rcpt(recipient, state, reading);
  judged_.forget_recipient();
  state_.queue_id(queue_id);
  const bool has_a_say = served_.needs.stages.contains(Stage::rcpt);
  Judgement judgement;
  judgement.verdict.generation = snapshot_->generation();
  if (has_a_say) judgement = judge_now();
  const bool lets_in = reply_for(judgement.verdict).status == MilterReply::Status::proceed;
  const bool deferred =
      lets_in && state == RecipientState::accepted && !take_recipient(judgement.verdict);
  return has_a_say || deferred ? conclude(judgement) : MilterReply{};
}

bool MilterSession::splits() const {
  return mixed_ == MixedRecipients::split && snapshot_->needs().may_mix_recipients();
}

// False: the recipient cannot share the message with those before it.
bool MilterSession::take_recipient(Verdict& verdict) {
  const Transaction& transaction = state_.transaction();
  const auto now = std::chrono::system_clock::now();
  if (splits()) {
    const auto put_aside = verdict.action == Disposition::hold ? PutAside::yes : PutAside::no;
    const auto room = state_.is_full() ? MessageGroup::Room::none : MessageGroup::Room::left;
    const auto group = recipient_group(*snapshot_, transaction, put_aside, now, &judged_);
    if (group_.place(group, room) == MessageGroup::Place::deferred) {
      defer_as_mixed(verdict);
      return false;
    }
  }
  state_.recipient_taken(
      recipient_key(*snapshot_, transaction, now, &judged_),
      splits() ? SessionState::WhenFull::keep_first : SessionState::WhenFull::forget_all);
  account_for_message();
  return true;
}

// A message for which there is no room is not judged by half of it: it is deferred.
void MilterSession::account_for_message() {
  if (!kept_.grow(state_.kept_bytes())) lose(Lost::message);
}

MilterReply MilterSession::data(std::string_view queue_id) {
  state_.data();
  state_.queue_id(queue_id);
  return answers(Stage::data) ? conclude(judge_message()) : MilterReply{};
}

void MilterSession::header(std::string_view name, std::string_view value) {
  if (has_lost_a_step()) return;
  state_.header(name, value);
  account_for_message();
}

MilterReply MilterSession::end_of_message(std::string_view queue_id) {
  state_.end_of_message();
  state_.queue_id(queue_id);
  if (!state_.transaction().header->cut.empty()) services_.hits.record_cut_header();
  return served_.needs.stages.contains(Stage::eom) ? conclude(judge_message()) : MilterReply{};
}

void MilterSession::end_message() {
  state_.end();
  forget_message();
}

void MilterSession::forget_message() {
  actions_.clear();
  kept_.give_up();
  group_.clear();
  judged_.forget();
  if (lost_ == Lost::message) lost_ = Lost::nothing;
}

// A message is judged by the rules of the day, unless they need what this connection's MTA was told
// to leave out.
void MilterSession::adopt_rules() {
  if (!offer_) return;
  auto current = services_.snapshots.current();
  if (current == snapshot_ || current->generation() == turned_down_) return;
  const auto wanted = negotiate_for(*current, *offer_);
  if (wanted && agreed_.serves(*wanted)) {
    snapshot_ = std::move(current);
    serve(*wanted);
    return;
  }
  turned_down_ = current->generation();
  services_.log.info("an open session stays with generation " +
                     std::to_string(snapshot_->generation()) + ": its MTA was not asked for what " +
                     std::to_string(current->generation()) + " needs");
}

MilterSession::Span MilterSession::span_from_now() const {
  const auto now = Clock::now();
  const config::DecisionSettings& settings = services_.settings.current().decision;
  const auto deadline = now + settings.deadline;
  return {now, deadline, service::DecisionTime(settings.max_work, deadline)};
}

MilterSession::Judgement MilterSession::judge_now() {
  Span span = span_from_now();
  return judge(span);
}

MilterSession::Judgement MilterSession::judge(Span& span) {
  judged_.forget_recipient();
  Decision decision(snapshot_, state_.transaction(), &services_.facts,
                    std::chrono::system_clock::now(), {&judged_, &span.time});
  if (decision.step() == Decision::Step::need_facts) {
    // Every wait is a thread of libmilter's, of which there is no other bound.
    if (const auto place = services_.waiting.take({}, decision.asker().text())) {
      const auto wait = services_.wakeup.waiting();
      service::wait_for_verdict(decision, services_.resolver, services_.executor, span.deadline);
    } else {
      services_.resolver.note_shed(decision.asker());
      decision.give_up(dns::DnsReason::overloaded);
      decision.step();
    }
  }
  const auto took =
      std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - span.began);
  Judgement judgement{decision.verdict(), decision.evidence(), took};
  if (decides_now()) {
    services_.decisions.trace(to_string(Door::milter), decision, state_.transaction());
  } else {
    keep_notes(judgement.verdict);
  }
  return judgement;
}

// New rules have had no say about what was told before they came.
bool MilterSession::decides_now() const {
  return snapshot_->generation() != connected_under_ ||
         snapshot_->needs().deciding.contains(state_.transaction().stage);
}

MilterSession::Judgement MilterSession::judge_message() {
  Span span = span_from_now();
  std::vector<DnsEvidence> evidence;  // of all of them, each once
  Judgement judgement = judge_for_each_recipient(state_, snapshot_->needs(), actions_, mixed_, [&] {
    Judgement one = judge(span);
    for (const DnsEvidence& fact : one.evidence) add_evidence(evidence, fact);
    return one;
  });
  judgement.evidence = std::move(evidence);
  return judgement;
}

MilterReply MilterSession::conclude(const Judgement& judgement) {
  actions_.note(judgement.verdict);
  record_decision(judgement);
  return reply_for(judgement.verdict);
}

// At CONNECT and HELO neither MTA gives the client the rule's own text; in answer to MAIL both do.
MilterReply MilterSession::refuse_client(const Judgement& judgement,
                                         std::optional<Refusal>& refusal) {
  record_decision(judgement);
  MilterReply reply = reply_for(judgement.verdict);
  if (reply.status == MilterReply::Status::proceed) return reply;
  const bool now = refuse_clients_ == config::RefuseClients::at_greeting &&
                   &refusal == &refused_at_connect_ &&
                   (reply.status == MilterReply::Status::reject || reply.code == "421");
  if (now) return reply;
  refusal.emplace(Refusal{judgement, snapshot_});
  return {};
}

void MilterSession::hold_back(std::chrono::milliseconds delay) {
  const auto load = service::load_of(services_.sessions.taken(),
                                     services_.settings.current().milter.max_connections);
  if (const auto slot = services_.delays.take(load, state_.transaction().client)) {
    const auto wait = services_.wakeup.waiting();
    services_.stopping.sleep(delay);
  }
}

void MilterSession::record_decision(const Judgement& judgement) const {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  services_.hits.record(judgement.verdict, now);
  services_.hits.record(state_.transaction().stage, judgement.verdict, judgement.took);
  services_.decisions.write({.door = to_string(Door::milter),
                             .transaction = state_.transaction(),
                             .verdict = judgement.verdict,
                             .evidence = judgement.evidence,
                             .reply = reply_in_words(judgement.verdict),
                             .took = judgement.took});
}

}  // namespace postern::milter
