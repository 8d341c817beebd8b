// What the filter and the MTA agree on when a connection begins (xxfi_negotiate): which steps the
// MTA reports, at which steps the filter answers, what the filter may do to a message, and which
// macros the MTA sends. The filter asks for nothing else, because each step costs the MTA a round
// trip. Pure values; the bits are libmilter's.
//
// An MTA reports a step that it cannot leave out, and waits for an answer unless the filter
// declines to answer (SMFIP_NR_; libmilter answers itself if the MTA does not know that bit). The
// agreed steps never leave libmilter without a way from one step of a message to the next.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "rules/model/stage.h"
#include "rules/needs.h"
#include "server/config/settings.h"

namespace postern::milter {

// What the MTA offers: SMFIF_ and SMFIP_ bits. libmilter adds the SMFIP_NR_ bits.
struct MilterOffer {
  unsigned long actions = 0;
  unsigned long steps = 0;
};

// The steps at which the MTA may wait for an answer: the stages in their order, then the others.
enum class Step : std::uint8_t {
  connect,
  helo,
  mail,
  rcpt,
  data,
  end_of_message,
  header,
  end_of_header,
  other,  // the negotiation, an abort, the end of the connection
};
constexpr Step step_of(Stage stage) {
  return static_cast<Step>(stage);
}
static_assert(step_of(Stage::eom) == Step::end_of_message);

struct MacroRequest {
  int where = 0;       // SMFIM_
  std::string macros;  // names with blanks between; may be empty
};

// What was agreed on; it holds for one connection.
struct Negotiated {
  unsigned long actions = 0;         // SMFIF_
  unsigned long steps = 0;           // SMFIP_
  StageSet answers;                  // the stages at which the filter may say more than "go on"
  std::vector<MacroRequest> macros;  // empty: the MTA sends those that it is configured to send
  Needs needs;                       // of the rules that the agreement serves

  // Whether the MTA waits for an answer at a step. If it does not wait, the filter must not answer.
  [[nodiscard]] bool waits_at(Step step) const;
  // Whether recipients of a message can be replaced, and added.
  [[nodiscard]] bool can_redirect() const;
  [[nodiscard]] bool can_copy() const;
  // Whether the rules ask for more of that than the MTA offers: what it cannot do is not done, and
  // its messages go to their recipients.
  [[nodiscard]] bool does_less() const;
  // Whether a missing macro {tls_version} means that the session has no TLS.
  [[nodiscard]] bool knows_tls() const;
  // Whether a connection with this agreement can serve the rules of `other` from the next MAIL on.
  // REQUIRES: both were negotiated from the same offer.
  [[nodiscard]] bool serves(const Negotiated& other) const;
};

// Chooses the least that serves `needs`. `transport`: how the MTA connects to the filter. Over TCP
// the filter answers every command, because a command without an answer costs more: the kernel
// keeps the MTA's next small packet back until the last packet is acknowledged (Nagle's algorithm,
// RFC 896), and an answer acknowledges it at once.
//
// Error: the MTA does not offer what the rules need, but for changes of recipients (does_less()).
Result<Negotiated> negotiate(const Needs& needs, config::RefuseClients refuse_clients,
                             ListenAddress::Kind transport, const MilterOffer& offer);

}  // namespace postern::milter
