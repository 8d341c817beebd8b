// What the filter asks of the MTA when a connection begins: the steps it wants to hear of, where it
// will answer, what it may do to a message, and the macros it looks at. Everything else is left
// out, because each step costs the MTA a round trip. Pure; the words are libmilter's
// (xxfi_negotiate).
#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "common/settings.h"
#include "rules/needs.h"
#include "rules/stage.h"

namespace postern {

// What the MTA can do: SMFIF_ and SMFIP_ bits. libmilter adds the SMFIP_NR_ bits by itself.
struct MilterOffer {
  unsigned long actions = 0;
  unsigned long steps = 0;
};

struct MacroRequest {
  int where = 0;       // SMFIM_
  std::string macros;  // names with blanks between; may be empty
};

// Holds for one connection.
struct Negotiated {
  unsigned long actions = 0;         // SMFIF_
  unsigned long steps = 0;           // SMFIP_
  StageSet answers;                  // the stages at which the MTA waits for an answer
  std::vector<MacroRequest> macros;  // empty when the MTA sends what it likes
  Needs needs;                       // that are served by it

  // Whether the MTA says for sure that there is no TLS by not sending the macro.
  [[nodiscard]] bool knows_tls() const;
};

// Error: something the rules need cannot be had from this MTA.
Result<Negotiated> negotiate(const Needs& needs, RefuseClients refuse_clients,
                             const MilterOffer& offer);

}  // namespace postern
