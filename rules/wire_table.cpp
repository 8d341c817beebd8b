#include "rules/wire_table.h"

namespace postern {

StageSet possible_stages(ActionKind action, Door door) {
  switch (action) {
    case ActionKind::pass:
    case ActionKind::skip:
    case ActionKind::log:
    case ActionKind::reject:
    case ActionKind::defer:
      return StageSet::all();
    case ActionKind::discard:
    case ActionKind::hold:
      return StageSet::from(Stage::mail);
    case ActionKind::delay:
      return {Stage::connect};
    case ActionKind::prepend:
      // access(5): Postfix ignores PREPEND at END-OF-MESSAGE. A milter adds it there.
      return door == Door::policy ? StageSet{Stage::mail, Stage::rcpt, Stage::data}
                                  : StageSet::from(Stage::mail);
  }
  return {};
}

StageSet possible_stages(ActionKind action, DoorSet doors) {
  StageSet stages = StageSet::all();
  for (Door door : {Door::policy, Door::milter}) {
    if (doors.contains(door)) stages = stages & possible_stages(action, door);
  }
  return stages;
}

std::string_view why_limited(ActionKind action) {
  switch (action) {
    case ActionKind::discard:
    case ActionKind::hold:
      return "it concerns a message, and before MAIL there is none: Postfix would warn and deliver";
    case ActionKind::delay:
      return "it holds back the 220 greeting, which comes after connect alone";
    case ActionKind::prepend:
      return "it needs a message whose header has not ended: Postfix ignores it elsewhere";
    case ActionKind::pass:
    case ActionKind::skip:
    case ActionKind::log:
    case ActionKind::reject:
    case ActionKind::defer:
      return "";
  }
  return "";
}

}  // namespace postern
