#include "policyd/message_memory.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace postern::policyd {
namespace {

// Postfix takes one header per reply: more than this never get sent anyway.
constexpr std::size_t kMaxHeaders = 100;

bool holds(const std::vector<Header>& headers, const Header& header) {
  return std::find(headers.begin(), headers.end(), header) != headers.end();
}

}  // namespace

bool MessageMemory::goes_on(const Transaction& transaction) const {
  if (transaction.stage <= Stage::mail || transaction.instance.empty()) return false;
  if (!mail_pending_) return transaction.instance == instance_;
  return transaction.client == client_ && transaction.sender == sender_;
}

MessageMemory::Message MessageMemory::enter(const Transaction& transaction) {
  const bool same = goes_on(transaction);
  if (!same) end();
  stage_ = transaction.stage;
  mail_pending_ = stage_ == Stage::mail;
  if (mail_pending_) {
    client_ = transaction.client;
    sender_ = transaction.sender.value_or(MailAddress{});
  }
  instance_ = transaction.instance;
  if (stage_ == Stage::eom) lose_waiting();
  return same ? Message::same : Message::another;
}

const Header* MessageMemory::header_for(const Verdict& verdict) {
  const bool passes = verdict.action == Disposition::pass;
  if (passes || verdict.action == Disposition::hold) want(verdict.prepend);
  return passes ? next() : nullptr;
}

void MessageMemory::want(const std::vector<Header>& headers) {
  for (const Header& header : headers) {
    if (holds(settled_, header) || holds(waiting_, header)) continue;
    if (settled_.size() + waiting_.size() >= kMaxHeaders) return;
    waiting_.push_back(header);
  }
  if (stage_ == Stage::eom) lose_waiting();
}

const Header* MessageMemory::next() {
  if (waiting_.empty() || stage_ < Stage::mail || stage_ > Stage::data) return nullptr;
  settled_.push_back(std::move(waiting_.front()));
  waiting_.erase(waiting_.begin());
  return &settled_.back();
}

void MessageMemory::lose_waiting() {
  lost_.insert(lost_.end(), waiting_.begin(), waiting_.end());
  std::move(waiting_.begin(), waiting_.end(), std::back_inserter(settled_));
  waiting_.clear();
}

void MessageMemory::end() {
  lose_waiting();
  settled_.clear();
  instance_.clear();
  mail_pending_ = false;
}

std::vector<Header> MessageMemory::take_lost() {
  return std::exchange(lost_, {});
}

}  // namespace postern::policyd
