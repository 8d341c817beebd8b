#include "ctl/maillog/fate.h"

#include <array>
#include <string>

#include "common/base/ip_scope.h"
#include "ctl/maillog/line_fields.h"

namespace postern::ctl {
namespace {

// Whether another host has it: `mx.example[192.0.2.1]:25`, not `virtual`, `mx[private/lmtp]` or
// `127.0.0.1[127.0.0.1]:24`.
bool is_elsewhere(const std::string& relay) {
  const auto host = read_client(relay);
  return host && host->address && scope_of(*host->address) != IpScope::loopback;
}

}  // namespace

std::string_view to_string(Fate fate) {
  constexpr std::array<std::string_view, 9> kWords{"delivered", "relayed", "deferred",
                                                   "bounced",   "refused", "refused_for_now",
                                                   "discarded", "held",    "let_in"};
  return kWords[static_cast<std::size_t>(fate)];
}

std::optional<Fate> fate_of(const LoggedVerdict& verdict) {
  const std::string_view action = verdict.action;
  if (action.ends_with("discard")) return Fate::discarded;
  if (action.ends_with("hold")) return Fate::held;
  if (action.ends_with("tempfail")) return Fate::refused_for_now;
  if (!action.ends_with("reject")) return std::nullopt;
  return verdict.reply.starts_with('4') ? Fate::refused_for_now : Fate::refused;
}

std::optional<Fate> fate_of(MailEvent::Mta mta, const LoggedDelivery& delivery) {
  if (delivery.status == "sent") {
    // discard(8) hands nothing on.
    if (mta == MailEvent::Mta::postfix && delivery.relay == "none") return Fate::discarded;
    return is_elsewhere(delivery.relay) ? Fate::relayed : Fate::delivered;
  }
  if (delivery.status == "discarded") return Fate::discarded;
  if (delivery.status.ends_with("deliverable")) return std::nullopt;
  const bool is_late = delivery.status == "deferred" || delivery.status == "queued" ||
                       delivery.status == "SOFTBOUNCE" || delivery.dsn.starts_with('4');
  return is_late ? Fate::deferred : Fate::bounced;
}

}  // namespace postern::ctl
