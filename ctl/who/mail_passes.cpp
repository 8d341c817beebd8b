#include "ctl/who/mail_passes.h"

#include <algorithm>

namespace postern::ctl {
namespace {

constexpr int kMostPasses = 16;  // of one message

}  // namespace

std::chrono::seconds apart(const std::optional<UtcTime>& one, UtcTime other) {
  if (!one) return std::chrono::seconds::max();
  return *one < other ? other - *one : *one - other;
}

MailPasses::MailPasses(const std::vector<LoggedMail>& mails)
    : mails_(mails), before_(mails.size(), kNone) {
  for (std::size_t i = 0; i < mails.size(); ++i) {
    if (!mails[i].queue_id.empty()) by_id_[mails[i].queue_id].push_back(i);
  }
  for (std::size_t i = 0; i < mails.size(); ++i) link(i);
}

std::size_t MailPasses::with_id(const std::string& id, const std::optional<UtcTime>& time) const {
  const auto known = by_id_.find(id);
  if (known == by_id_.end()) return kNone;
  if (!time) return known->second.front();
  return *std::min_element(
      known->second.begin(), known->second.end(), [&](std::size_t one, std::size_t other) {
        return apart(mails_[one].time, *time) < apart(mails_[other].time, *time);
      });
}

std::size_t MailPasses::first_of(std::size_t mail) const {
  for (int i = 0; i < kMostPasses && mail < before_.size() && before_[mail] != kNone; ++i) {
    mail = before_[mail];
  }
  return mail;
}

// What a host elsewhere calls an id of ours, comes back from nowhere.
void MailPasses::link(std::size_t mail) {
  for (const LoggedPart& part : mails_[mail].parts) {
    if (part.goes_on_as.empty()) continue;
    const std::size_t next = with_id(part.goes_on_as, part.time);
    if (next == kNone || before_[next] != kNone || first_of(mail) == next) continue;
    const auto& client = mails_[next].client;
    if (client && !client->is_inside()) continue;
    before_[next] = mail;
    after_[mail].push_back(next);
  }
}

std::size_t MailPasses::next_of(std::size_t mail, const LoggedPart& part) const {
  const std::size_t next = part.goes_on_as.empty() ? kNone : with_id(part.goes_on_as, part.time);
  return next != kNone && before_[next] == mail ? next : kNone;
}

std::vector<LoggedPart> MailPasses::parts_of(std::size_t first) const {
  std::vector<LoggedPart> parts;
  if (before_[first] == kNone) collect(first, 0, parts);
  return parts;
}

void MailPasses::collect(std::size_t mail, int passes, std::vector<LoggedPart>& parts) const {
  const LoggedMail& one = mails_[mail];
  if (one.whole && one.parts.empty()) parts.push_back(*one.whole);
  for (const LoggedPart& part : one.parts) {
    if (next_of(mail, part) != kNone) continue;
    LoggedPart& said = parts.emplace_back(part);
    if (!one.whole || is_delivered(part.fate)) continue;
    said.fate = one.whole->fate;
    said.text = one.whole->text;
  }
  const auto next = after_.find(mail);
  if (next == after_.end() || passes == kMostPasses) return;
  for (const std::size_t other : next->second) collect(other, passes + 1, parts);
}

}  // namespace postern::ctl
