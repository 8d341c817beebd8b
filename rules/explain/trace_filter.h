// Which transactions a trace follows: those of one client or network, sender domain, or instance. A
// value; pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/ip_network.h"
#include "common/base/result.h"
#include "rules/model/transaction.h"

namespace postern::explain {

// All that is given has to be so. Of a sender nothing is known before MAIL, of an instance before
// RCPT: what happens until then is not followed.
struct TraceFilter {
  static constexpr std::size_t kMaxInstance = 100;

  std::optional<IpNetwork> client;
  std::string sender_domain;  // `a.example`, or `.a.example` for all below it, too
  std::string instance;       // of the MTA; or the queue ID

  [[nodiscard]] bool is_empty() const {
    return !client && sender_domain.empty() && instance.empty();
  }
  [[nodiscard]] bool matches(const Transaction& transaction) const;
};

// As people write them; an empty text is one that is not given. Error: what is wrong with which, or
// that none is given.
Result<TraceFilter> parse_trace_filter(std::string_view client, std::string_view sender_domain,
                                       std::string_view instance);

}  // namespace postern::explain
