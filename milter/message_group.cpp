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

}  // namespace postern::milter
