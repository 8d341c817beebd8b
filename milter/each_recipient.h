// A message is judged for each of its recipients alone: from DATA on all of them are known. When
// they do not all get the same, `mixed_recipients` says what becomes of it. Pure but for `judge`.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>

#include "milter/end_of_message_actions.h"
#include "milter/message_group.h"
#include "milter/session_state.h"
#include "rules/needs.h"

namespace postern::milter {

// Calls `judge()`, whose result has a member `verdict`, once with each recipient as that of the
// state's transaction, or just once when no rule asks who it is; returns the mildest result
// with what all of them noted, and with its recipient looked at; or, when they differ and `mixed`
// is split, a deferral. The headers of all go to `actions`.
template <class Judge>
auto judge_for_each_recipient(SessionState& state, const Needs& needs, EndOfMessageActions& actions,
                              MixedRecipients mixed, Judge judge) {
  const std::size_t count = state.recipients().size();
  if (count <= 1 || !needs.about_recipients()) return judge();
  std::optional<decltype(judge())> mildest;
  std::size_t of = 0;
  bool same = true;
  const PutAside put_aside = actions.hold_reason() ? PutAside::yes : PutAside::no;
  for (std::size_t i = 0; i < count; ++i) {
    state.look_at_recipient(i);
    auto one = judge();
    actions.note_headers(one.verdict);
    if (!mildest) {
      mildest = std::move(one);
      continue;
    }
    same = same && get_the_same(one.verdict, mildest->verdict, put_aside);
    if (is_milder(one.verdict, mildest->verdict)) {
      std::swap(*mildest, one);
      of = i;
    }
    add_notes(mildest->verdict, one.verdict);
  }
  state.look_at_recipient(of);
  if (!same) settle_mixed(mildest->verdict, mixed);
  return std::move(*mildest);
}

}  // namespace postern::milter
