#include "milter/negotiation.h"

#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>

namespace postern {
namespace {

constexpr unsigned long kUnused = SMFIP_NOBODY | SMFIP_NOEOH | SMFIP_NOUNKNOWN;

// A client that is refused hears of it at MAIL, unless it is to be at the greeting.
StageSet answers_for(const Needs& needs, RefuseClients refuse_clients) {
  StageSet answers = needs.stages;
  const bool may_refuse_client =
      (needs.has(ActionKind::reject) || needs.has(ActionKind::defer)) &&
      (answers.contains(Stage::connect) || answers.contains(Stage::helo));
  // At the greeting a defer does not get through: both MTAs say 220 and keep it for MAIL. HELO
  // comes after it.
  const bool waits_for_mail = refuse_clients == RefuseClients::at_mail ||
                              needs.has(ActionKind::defer) || answers.contains(Stage::helo);
  if (may_refuse_client && waits_for_mail) answers.add(Stage::mail);
  if (needs.has(ActionKind::hold) || needs.has(ActionKind::prepend)) answers.add(Stage::eom);
  return answers;
}

bool any_from(StageSet stages, Stage first) {
  return !(stages & StageSet::from(first)).empty();
}

// Client and HELO are always told, if only for the log: without an answer they cost no round trip.
unsigned long steps_for(const Needs& needs, StageSet answers) {
  unsigned long steps = kUnused;
  if (!answers.contains(Stage::connect)) steps |= SMFIP_NR_CONN;
  if (!answers.contains(Stage::helo)) steps |= SMFIP_NR_HELO;
  if (!any_from(answers, Stage::mail)) steps |= SMFIP_NOMAIL;
  if (!answers.contains(Stage::mail)) steps |= SMFIP_NR_MAIL;
  if (!any_from(answers, Stage::rcpt)) steps |= SMFIP_NORCPT;
  if (!answers.contains(Stage::rcpt)) steps |= SMFIP_NR_RCPT;
  if (!answers.contains(Stage::data)) steps |= SMFIP_NODATA;
  steps |= needs.header_fields.empty() ? SMFIP_NOHDRS : SMFIP_NR_HDR;
  if (needs.has(Attribute::recipient_refused)) steps |= SMFIP_RCPT_REJ;
  return steps;
}

unsigned long actions_for(const Needs& needs) {
  unsigned long actions = 0;
  if (needs.has(ActionKind::hold)) actions |= SMFIF_QUARANTINE;
  if (needs.has(ActionKind::prepend)) actions |= SMFIF_ADDHDRS;
  return actions;
}

std::vector<MacroRequest> macros_for(const Needs& needs) {
  const std::string tls = needs.has(Attribute::tls) ? " {tls_version}" : "";
  const bool ptr = needs.has(Attribute::reverse_client_name);
  const bool refused = needs.has(Attribute::recipient_refused);
  return {
      {SMFIM_CONNECT, ptr ? "{client_ptr}" : ""},
      {SMFIM_HELO, ""},
      {SMFIM_ENVFROM, "i {auth_authen}" + tls},
      {SMFIM_ENVRCPT, refused ? "i {rcpt_mailer}" : "i"},
      {SMFIM_DATA, "i"},
      {SMFIM_EOH, ""},
      {SMFIM_EOM, "i"},
  };
}

}  // namespace

bool Negotiated::knows_tls() const {
  return !macros.empty() && needs.has(Attribute::tls);
}

Result<Negotiated> negotiate(const Needs& needs, RefuseClients refuse_clients,
                             const MilterOffer& offer) {
  Negotiated result;
  result.needs = needs;
  result.answers = answers_for(needs, refuse_clients);
  result.actions = actions_for(needs);
  if (const auto missing = result.actions & ~offer.actions; missing != 0) {
    return failure(std::string("the MTA does not offer ") +
                   ((missing & SMFIF_QUARANTINE) != 0 ? "quarantine, which a rule with hold needs"
                                                      : "adding headers, which a rule needs"));
  }
  // An older MTA sends what it cannot leave out; nobody listens.
  result.steps = steps_for(needs, result.answers) & offer.steps;
  if ((offer.actions & SMFIF_SETSYMLIST) != 0) {
    result.actions |= SMFIF_SETSYMLIST;
    result.macros = macros_for(needs);
  }
  return result;
}

}  // namespace postern
