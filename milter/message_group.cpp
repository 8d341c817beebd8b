#include "milter/message_group.h"

namespace postern::milter {

MessageGroup::Place MessageGroup::place(const RecipientGroup& group, Room room) {
  if (!group_) group_ = group;
  if (*group_ == group) return Place::taken;
  if (deferred_ == kMaxDeferred && room == Room::left) return Place::taken;
  if (deferred_ < kMaxDeferred) ++deferred_;
  return Place::deferred;
}

void MessageGroup::clear() {
  group_.reset();
  deferred_ = 0;
}

bool get_the_same(const Verdict& one, const Verdict& other, PutAside put_aside) {
  const auto what = [&](const Verdict& verdict) {
    // A message is redirected for one recipient and not for another.
    const bool is_alike = verdict.action == Disposition::redirect ||
                          (verdict.action == Disposition::hold && put_aside == PutAside::yes);
    return is_alike ? Disposition::pass : verdict.action;
  };
  return what(one) == what(other);
}

void settle_mixed(Verdict& mildest, MixedRecipients mixed) {
  if (mixed == MixedRecipients::split) {
    defer_as_mixed(mildest);
  } else {
    mildest.mixed_recipients = mixed;
  }
}

}  // namespace postern::milter
