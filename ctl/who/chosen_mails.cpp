#include "ctl/who/chosen_mails.h"

#include <algorithm>
#include <utility>

namespace postern::ctl {
namespace {

// A half of a message of which nothing is told but that it was there.
bool says_nothing(const LoggedMail& mail) {
  return !mail.client && !mail.sender && mail.parts.empty() && !mail.whole;
}

}  // namespace

std::vector<LoggedMail> ChosenMails::take() {
  mails_.end();
  // They are told when they end; of one second of the log the one that began first comes first.
  std::stable_sort(kept_.begin(), kept_.end(), [](const auto& one, const auto& other) {
    return one.first_event < other.first_event;
  });
  return std::move(kept_);
}

void ChosenMails::keep(LoggedMail mail) {
  if (says_nothing(mail) || !choice_.may_fit(mail)) return;
  if (kept_.size() == kMaxMails) {
    ++left_out_;
  } else {
    kept_.push_back(std::move(mail));
  }
}

}  // namespace postern::ctl
