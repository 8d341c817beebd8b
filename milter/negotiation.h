// What the filter asks of the MTA when a connection begins: the steps it wants to hear of, where it
// will answer, what it may do to a message, and the macros it looks at. Everything else is left
// out, because each step costs the MTA a round trip. Pure; the words are libmilter's
// (xxfi_negotiate).
//
// What an MTA cannot leave out it tells, and waits for an answer unless that is left out as well
// (SMFIP_NR_, which libmilter makes up for an MTA that does not know it). Whatever a message has or
// does not have, libmilter finds its way through the steps that are told, from one to the next.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "rules/model/stage.h"
#include "rules/needs.h"
#include "server/config/settings.h"

namespace postern::milter {

// What the MTA can do: SMFIF_ and SMFIP_ bits. libmilter adds the SMFIP_NR_ bits by itself.
struct MilterOffer {
  unsigned long actions = 0;
  unsigned long steps = 0;
};

// At which the MTA may wait for an answer: the stages in their order, and what else it tells.
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

// Holds for one connection.
struct Negotiated {
  unsigned long actions = 0;         // SMFIF_
  unsigned long steps = 0;           // SMFIP_
  StageSet answers;                  // the stages at which there may be more to say than "go on"
  std::vector<MacroRequest> macros;  // empty when the MTA sends what it likes
  Needs needs;                       // that are served by it

  // Whether the MTA waits for an answer there. Where it does not, there must be none.
  [[nodiscard]] bool waits_at(Step step) const;
  // Whether the MTA says for sure that there is no TLS by not sending the macro.
  [[nodiscard]] bool knows_tls() const;
  // Whether a connection that has agreed on this can go on, from the next MAIL, as if it had agreed
  // on `other`. REQUIRES: negotiated from the same offer.
  [[nodiscard]] bool serves(const Negotiated& other) const;
};

// `transport`: how the MTA reaches the filter. Over TCP a command that is not answered costs more
// than one that is: the kernel keeps back the MTA's next small packet until the last one is
// acknowledged (Nagle's algorithm, RFC 896), which only an answer does at once.
//
// Error: something the rules need cannot be had from this MTA.
Result<Negotiated> negotiate(const Needs& needs, config::RefuseClients refuse_clients,
                             ListenAddress::Kind transport, const MilterOffer& offer);

}  // namespace postern::milter
