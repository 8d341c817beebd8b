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
    headers_.clear();
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

std::string_view Dialogue::answer(const Verdict& verdict) {
  return write_reply(verdict, header_for(verdict), reply_);
}

const Header* Dialogue::header_for(const Verdict& verdict) {
  const bool passes = verdict.action == Disposition::pass;
  if (passes || verdict.action == Disposition::hold) headers_.want(verdict.prepend);
  if (transaction_.stage == Stage::eom) headers_.give_up();
  return passes && transaction_.stage >= Stage::mail ? headers_.next() : nullptr;
}

void Dialogue::replied() {
  if (transaction_.stage == Stage::eom) rules_.reset();
}

void Dialogue::end() {
  headers_.clear();
  instance_.clear();
  mail_pending_ = false;
}

}  // namespace postern::policyd
