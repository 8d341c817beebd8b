#include "milter/end_of_message_actions.h"

#include <algorithm>

#include "common/base/escape.h"

namespace postern::milter {
namespace {

constexpr std::size_t kMaxHeaders = 100;

}  // namespace

void EndOfMessageActions::note(const Verdict& verdict) {
  note_additions(verdict);
  if (verdict.action != Disposition::hold || hold_reason_) return;
  // Both MTAs want a reason.
  hold_reason_ =
      verdict.text.empty() ? std::string(verdict.rule) : reply_safe(verdict.text, kMaxMtaLogText);
}

void EndOfMessageActions::note_additions(const Verdict& verdict) {
  if (!lets_in(verdict)) return;
  for (const std::string& to : verdict.copies) recipients_.copy(to);
  for (const Header& header : verdict.prepend) {
    if (headers_.size() >= kMaxHeaders) return;
    if (std::find(headers_.begin(), headers_.end(), header) == headers_.end()) {
      headers_.push_back(header);
    }
  }
}

void EndOfMessageActions::clear() {
  hold_reason_.reset();
  headers_.clear();
  recipients_.clear();
}

}  // namespace postern::milter
