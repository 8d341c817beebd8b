#include "milter/dialogue.h"

namespace postern::milter {
namespace {

// `what`: the question that a fact answers.
template <class Evidence, class Question>
void add_evidence(std::vector<Evidence>& evidence, const std::vector<Evidence>& facts,
                  Question Evidence::*what) {
  for (const Evidence& fact : facts) {
    const bool known = std::ranges::count(evidence, fact.*what, what) > 0;
    if (!known) evidence.push_back(fact);
  }
}

}  // namespace

void Dialogue::begin(const Negotiated& agreed, std::shared_ptr<const Snapshot> rules,
                     const config::MilterSettings& settings) {
  agreed_ = agreed;
  refuse_clients_ = settings.refuse_clients;
  mixed_ = settings.mixed_recipients;
  serve(agreed, std::move(rules), settings);
}

bool Dialogue::adopt(const Negotiated& wanted, std::shared_ptr<const Snapshot> rules,
                     const config::MilterSettings& settings) {
  if (!agreed_.serves(wanted)) return false;
  serve(wanted, std::move(rules), settings);
  return true;
}

void Dialogue::serve(const Negotiated& wanted, std::shared_ptr<const Snapshot> rules,
                     const config::MilterSettings& settings) {
  served_ = wanted;
  rules_ = std::move(rules);
  state_.begin(agreed_.knows_tls() ? SessionState::Tls::told : SessionState::Tls::not_told,
               served_.needs.header_fields, settings.max_header_bytes);
}

auto Dialogue::told() -> Next {
  const Stage stage = transaction().stage;
  switch (stage) {
    case Stage::connect:
      lost_ = Lost::nothing;
      refused_at_connect_.reset();
      connected_under_ = rules_->generation();
      [[fallthrough]];
    case Stage::helo:  // RFC 5321 4.1.4: EHLO is a RSET, too
      refused_at_helo_.reset();
      forget_message();
      break;
    case Stage::mail:
      forget_message();
      if (std::string name = tokens_.next_name(); !name.empty()) state_.instance(std::move(name));
      if (const Judgement* refusal = refusal_at_mail()) {
        return answer(reply_for(refusal->verdict), refusal);
      }
      break;
    case Stage::rcpt:
      if (is_judged(stage)) return need_verdict();
      return unjudged_recipient();
    case Stage::data:
      return answers(stage) ? judge_message() : answer();
    case Stage::eom:
      return is_judged(stage) && !has_lost_a_step() ? judge_message() : answer();
  }
  return answers(stage) ? need_verdict() : answer();
}

auto Dialogue::refusal_at_mail() const -> const Judgement* {
  for (const auto* refusal : {&refused_at_connect_, &refused_at_helo_}) {
    if (refusal->has_value()) return &(*refusal)->judgement;
  }
  return nullptr;
}

auto Dialogue::unjudged_recipient() -> Next {
  conditions_.forget_recipient();
  Judgement nothing;
  nothing.verdict.generation = rules_->generation();
  nothing.began = now_;
  return recipient_judged(std::move(nothing));
}

MilterReply Dialogue::header(std::string_view name, std::string_view value) {
  if (!has_lost_a_step()) state_.header(name, value);
  return answer_at(Step::header, {});
}

void Dialogue::end_message() {
  state_.end();
  forget_message();
}

void Dialogue::forget_message() {
  actions_.clear();
  group_.clear();
  effects_.clear();
  conditions_.forget();
  if (lost_ == Lost::message) lost_ = Lost::nothing;
}

auto Dialogue::need_verdict() -> Next {
  conditions_.forget_recipient();
  if (std::string token = tokens_.next(); !token.empty()) state_.token(std::move(token));
  return NeedVerdict{};
}

// New rules have had no say about what was told before they came.
bool Dialogue::decides_now() const {
  return rules_->generation() != connected_under_ ||
         served_.needs.deciding.contains(transaction().stage);
}

auto Dialogue::judged(Judgement&& judgement) -> Next {
  if (!decides_now()) keep_notes(judgement.verdict);
  switch (transaction().stage) {
    case Stage::connect:
      return client_judged(std::move(judgement), refused_at_connect_);
    case Stage::helo:
      return client_judged(std::move(judgement), refused_at_helo_);
    case Stage::mail:
      return conclude(std::move(judgement));
    case Stage::rcpt:
      return recipient_judged(std::move(judgement));
    case Stage::data:
    case Stage::eom:
      return message_judged(std::move(judgement));
  }
  return answer();
}

// At CONNECT and HELO neither MTA gives the client the rule's own text; in answer to MAIL both do.
auto Dialogue::client_judged(Judgement&& judgement, std::optional<Refusal>& refusal) -> Next {
  const Verdict& verdict = judgement.verdict;
  const bool gets_through = verdict.action == Disposition::reject ||
                            (verdict.action == Disposition::defer && verdict.reply.code == 421);
  const bool now = refuse_clients_ == config::RefuseClients::at_greeting &&
                   transaction().stage == Stage::connect && gets_through;
  if (now || lets_in(verdict)) {
    decided_ = std::move(judgement);
    return answer(reply_for(decided_.verdict), &decided_);
  }
  refusal.emplace(Refusal{std::move(judgement), rules_});
  return answer({}, &refusal->judgement);
}

auto Dialogue::recipient_judged(Judgement&& judgement) -> Next {
  const bool is_mixed = lets_in(judgement.verdict) &&
                        transaction().recipient_state == RecipientState::accepted &&
                        !take_recipient(judgement.verdict);
  if (judgement.verdict.mixed_recipients) judgement.recipients.each = {state_.recipients().front()};
  return is_judged(Stage::rcpt) || is_mixed ? conclude(std::move(judgement)) : answer();
}

bool Dialogue::splits() const {
  return mixed_ == MixedRecipients::split && served_.needs.may_mix_recipients();
}

// False: the recipient cannot share the message with those before it.
bool Dialogue::take_recipient(Verdict& verdict) {
  RecipientChanges& changes = actions_.recipients();
  if (redirects() && changes.is_full()) {
    defer_as_too_many(verdict);
    return false;
  }
  if (splits()) {
    const auto put_aside = verdict.action == Disposition::hold ? PutAside::yes : PutAside::no;
    const auto room = state_.is_full() ? MessageGroup::Room::none : MessageGroup::Room::left;
    const auto group = recipient_group(*rules_, transaction(), put_aside, now_, &conditions_);
    if (group_.place(group, room) == MessageGroup::Place::deferred) {
      defer_as_mixed(verdict);
      return false;
    }
  }
  const std::size_t key = state_.recipient_taken(
      recipient_key(*rules_, transaction(), now_, &conditions_),
      splits() ? SessionState::WhenFull::keep_first : SessionState::WhenFull::forget_all);
  if (redirects()) {
    const bool is_capture = rules_->is_capture(*transaction().recipient);
    changes.take(told_recipient_, key, verdict.redirect,
                 is_capture ? RecipientChanges::Capture::leave : RecipientChanges::Capture::may);
  }
  return true;
}

// For each recipient alone, where rules ask who it is: from DATA on all of them are known.
auto Dialogue::judge_message() -> Next {
  each_ = {};
  const std::size_t count = state_.recipients().size();
  if (count > 1 && served_.needs.about_recipients()) {
    each_.count = count;
    each_.put_aside = actions_.hold_reason() ? PutAside::yes : PutAside::no;
    each_.verdict = MessageVerdict(each_.put_aside, mixed_);
    state_.look_at_recipient(0);
  }
  return need_verdict();
}

JudgedRecipients Dialogue::judged_recipients() const {
  if (!served_.needs.about_recipients() || transaction().recipient_count < 2) return {};
  return {state_.recipients(), each_.put_aside, mixed_};
}

auto Dialogue::message_judged(Judgement&& judgement) -> Next {
  RecipientChanges& changes = actions_.recipients();
  if (each_.count == 1) {
    changes.redirect_all(judgement.verdict.redirect);
    judgement.recipients = judged_recipients();
    return conclude(std::move(judgement));
  }
  changes.redirect(each_.index, judgement.verdict.redirect);
  actions_.note_additions(judgement.verdict);
  add_evidence(each_.evidence, judgement.evidence, &DnsEvidence::question);
  add_evidence(each_.state, judgement.state, &StateEvidence::key);
  if (each_.verdict.add(std::move(judgement.verdict)) == MessageVerdict::Mildest::yes) {
    each_.mildest = std::move(judgement);
    each_.mildest_index = each_.index;
  }
  if (++each_.index < each_.count) {
    state_.look_at_recipient(each_.index);
    return need_verdict();
  }
  state_.look_at_recipient(each_.mildest_index);
  Judgement& mildest = each_.mildest;
  mildest.verdict = each_.verdict.settle();
  // Those whom other rules would have refused get no more than the others.
  if (mildest.verdict.action == Disposition::redirect) {
    changes.redirect_all(mildest.verdict.redirect);
  }
  mildest.evidence = std::move(each_.evidence);
  mildest.state = std::move(each_.state);
  mildest.recipients = judged_recipients();
  return conclude(std::move(mildest));
}

auto Dialogue::conclude(Judgement&& judgement) -> Next {
  decided_ = std::move(judgement);
  actions_.note(decided_.verdict);
  effects_.keep_new(decided_.verdict.effects, transaction().recipient);
  return answer(reply_for(decided_.verdict), &decided_);
}

auto Dialogue::answer(MilterReply reply, const Judgement* decided) const -> Next {
  return Answer{answer_at(step_of(transaction().stage), std::move(reply)), decided};
}

MilterReply Dialogue::answer_at(Step step, MilterReply reply) const {
  using enum MilterReply::Status;
  if (!agreed_.waits_at(step)) return {unanswered};
  if (has_lost_a_step()) return {tempfail};
  return reply;
}

MilterReply Dialogue::lose_step(Step step) {
  if (agreed_.waits_at(step)) return {MilterReply::Status::tempfail};
  const bool is_before_mail = step == Step::connect || step == Step::helo;
  lost_ = std::max(lost_, is_before_mail ? Lost::session : Lost::message);
  return answer_at(step, {});
}

MilterReply Dialogue::lose_message(Step step) {
  lost_ = std::max(lost_, Lost::message);
  return answer_at(step, {});
}

}  // namespace postern::milter
