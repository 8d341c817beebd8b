#include "rules/verdict.h"

namespace postern {
namespace {

int severity(ActionKind action) {
  switch (action) {
    case ActionKind::hold:
      return 1;
    case ActionKind::defer:
      return 2;
    case ActionKind::reject:
      return 3;
    case ActionKind::discard:
      return 4;
    case ActionKind::pass:
    case ActionKind::skip:
    case ActionKind::delay:
    case ActionKind::prepend:
    case ActionKind::log:
      return 0;
  }
  return 0;
}

}  // namespace

void keep_notes(Verdict& verdict) {
  verdict.action = ActionKind::pass;
  verdict.reply = {};
  verdict.text.clear();
  verdict.rule = {};
  verdict.check = {};
  verdict.finding = {};
  verdict.detail.clear();
  verdict.entry = {};
}

bool is_milder(const Verdict& one, const Verdict& other) {
  return severity(one.action) < severity(other.action);
}

}  // namespace postern
