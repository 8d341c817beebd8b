#include "policyd/dialogue.h"

#include "policyd/adapter.h"
#include "policyd/reply.h"

namespace postern::policyd {

Dialogue::Step Dialogue::ask(const PolicyRequest& request) {
  const auto stage = stage_of(request.protocol_state);
  if (!stage) {
    write_reply(Verdict{}, nullptr, reply_);
    return Step::reply;
  }
  fill_transaction(request, *stage, transaction_);
  transaction_.token = tokens_.next();
  begin();
  return Step::need_verdict;
}

void Dialogue::ask(const Transaction& transaction) {
  transaction_ = transaction;
  begin();
}

bool Dialogue::goes_on() const {
  if (transaction_.stage <= Stage::mail || transaction_.instance.empty()) return false;
  if (!mail_pending_) return transaction_.instance == instance_;
  return transaction_.client == client_ && transaction_.sender == sender_;
}

void Dialogue::begin() {
  if (!goes_on()) {
    additions_.clear();
    effects_.clear();
    rules_.reset();
  }
  mail_pending_ = transaction_.stage == Stage::mail;
  if (mail_pending_) {
    client_ = transaction_.client;
    sender_ = transaction_.sender.value_or(MailAddress{});
  }
  instance_ = transaction_.instance;
  if (!rules_) {
    rules_ = current_rules_();
    judged_.forget();
  }
  judged_.forget_recipient();
}

std::string_view Dialogue::answer(Verdict& verdict) {
  effects_.keep_new(verdict.effects, transaction_.recipient);
  return write_reply(verdict, addition_for(verdict), reply_);
}

const std::string* Dialogue::addition_for(const Verdict& verdict) {
  if (lets_in(verdict)) additions_.want(verdict);
  const bool is_last = transaction_.stage == Stage::eom;
  if (is_last) additions_.give_up_headers();
  const bool fits = verdict.action == Disposition::pass && transaction_.stage >= Stage::mail;
  const std::string* addition = fits ? additions_.next() : nullptr;
  if (is_last) additions_.give_up();
  return addition;
}

void Dialogue::replied() {
  if (transaction_.stage == Stage::eom) rules_.reset();
}

void Dialogue::end() {
  additions_.clear();
  effects_.clear();
  instance_.clear();
  mail_pending_ = false;
}

}  // namespace postern::policyd
