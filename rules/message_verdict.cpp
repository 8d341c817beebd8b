#include "rules/message_verdict.h"

#include <utility>

namespace postern {
namespace {

// Whether two verdicts mean the same for a message.
bool get_the_same(const Verdict& one, const Verdict& other, PutAside put_aside) {
  const auto what = [&](const Verdict& verdict) {
    // A message is redirected for one recipient and not for another.
    const bool is_alike = verdict.action == Disposition::redirect ||
                          (verdict.action == Disposition::hold && put_aside == PutAside::yes);
    return is_alike ? Disposition::pass : verdict.action;
  };
  return what(one) == what(other);
}

}  // namespace

MessageVerdict::Mildest MessageVerdict::add(Verdict&& verdict) {
  if (!mildest_) {
    mildest_ = std::move(verdict);
    return Mildest::yes;
  }
  all_get_the_same_ = all_get_the_same_ && get_the_same(verdict, *mildest_, put_aside_);
  const bool is_mildest = is_milder(verdict, *mildest_);
  if (is_mildest) std::swap(*mildest_, verdict);
  add_notes(*mildest_, verdict);
  return is_mildest ? Mildest::yes : Mildest::no;
}

Verdict MessageVerdict::settle() {
  Verdict verdict = std::move(*mildest_);
  if (all_get_the_same_) return verdict;
  if (mixed_ == MixedRecipients::split) {
    defer_as_mixed(verdict);
  } else {
    verdict.mixed_recipients = mixed_;
  }
  return verdict;
}

}  // namespace postern
