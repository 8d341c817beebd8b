#include "rules/model/message_effects.h"

#include <utility>

namespace postern {

void MessageEffects::keep_new(std::vector<Effect>& effects,
                              const std::optional<MailAddress>& recipient) {
  std::erase_if(effects, [&](const Effect& effect) {
    const bool of_recipient = effect.per == Effect::Per::recipient && recipient;
    const std::string who = of_recipient ? recipient->text() : std::string();
    if (remembered_ >= kMost) {
      const auto known = done_.find(effect.key);
      return known != done_.end() && known->second.contains(who);
    }
    const bool is_new = done_[effect.key].insert(who).second;
    remembered_ += is_new ? 1 : 0;
    return !is_new;
  });
}

StateFact::Done MessageEffects::done(const StateKey& key,
                                     const std::optional<MailAddress>& recipient) const {
  const auto found = done_.find(key);
  if (found == done_.end()) return StateFact::Done::nothing;
  const bool all = recipient && found->second.contains(recipient->text());
  return all ? StateFact::Done::all : StateFact::Done::for_others;
}

std::size_t MessageEffects::kept_bytes() const {
  constexpr std::size_t kNode = 128;  // with a recipient's text, or of a key without its parts
  std::size_t bytes = 0;
  for (const auto& [key, recipients] : done_) {
    bytes += kNode * (1 + key.parts.size() + recipients.size());
  }
  return bytes;
}

}  // namespace postern
