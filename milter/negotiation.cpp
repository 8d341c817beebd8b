#include "milter/negotiation.h"

#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <sstream>

namespace postern::milter {
namespace {

using Kind = ListenAddress::Kind;

constexpr unsigned long kUnused = SMFIP_NOBODY | SMFIP_NOEOH | SMFIP_NOUNKNOWN;
// Told or not, there is nothing to answer.
constexpr unsigned long kUnanswered = SMFIP_NR_HDR | SMFIP_NR_EOH;
// What may be left out from the second HELO on.
constexpr unsigned long kLeftOut = SMFIP_NR_HELO | SMFIP_NOMAIL | SMFIP_NR_MAIL | SMFIP_NORCPT |
                                   SMFIP_NR_RCPT | SMFIP_NODATA | SMFIP_NR_DATA | SMFIP_NOHDRS |
                                   SMFIP_NR_HDR;

// A client that is refused hears of it at MAIL, unless it is to be at the greeting.
StageSet answers_for(const Needs& needs, config::RefuseClients refuse_clients) {
  StageSet answers = needs.stages;
  const bool may_refuse_client =
      (needs.has(ActionKind::reject) || needs.has(ActionKind::defer)) &&
      (answers.contains(Stage::connect) || answers.contains(Stage::helo));
  // At the greeting a defer does not get through: both MTAs say 220 and keep it for MAIL. HELO
  // comes after it.
  const bool waits_for_mail = refuse_clients == config::RefuseClients::at_mail ||
                              needs.has(ActionKind::defer) || answers.contains(Stage::helo);
  if (may_refuse_client && waits_for_mail) answers.add(Stage::mail);
  // Where recipients are told to come in another transaction.
  if (needs.may_mix_recipients()) answers.add(Stage::rcpt);
  // Where those that are too many are told so: each has to be removed at the end.
  if (needs.has(ActionKind::redirect)) answers.add(Stage::rcpt);
  for (const ActionKind kind :
       {ActionKind::hold, ActionKind::prepend, ActionKind::redirect, ActionKind::copy}) {
    if (needs.has(kind)) answers.add(Stage::eom);
  }
  return answers;
}

bool any_from(StageSet stages, Stage first) {
  return !(stages & StageSet::from(first)).empty();
}

// Postfix writes the macros of DATA even when DATA itself is left out, so that over TCP it has to
// be told as well.
unsigned long unanswered(StageSet answers, Kind transport) {
  if (transport == Kind::tcp) return 0;
  unsigned long steps = 0;
  if (!answers.contains(Stage::connect)) steps |= SMFIP_NR_CONN;
  if (!answers.contains(Stage::helo)) steps |= SMFIP_NR_HELO;
  if (!answers.contains(Stage::mail)) steps |= SMFIP_NR_MAIL;
  if (!answers.contains(Stage::rcpt)) steps |= SMFIP_NR_RCPT;
  if (!answers.contains(Stage::data)) steps |= SMFIP_NODATA | SMFIP_NR_DATA;
  return steps;
}

// Client and HELO are always told, if only for the log.
unsigned long steps_for(const Needs& needs, StageSet answers, Kind transport) {
  unsigned long steps = kUnused | kUnanswered | unanswered(answers, transport);
  if (!any_from(answers, Stage::mail)) steps |= SMFIP_NOMAIL;
  if (!any_from(answers, Stage::rcpt)) steps |= SMFIP_NORCPT;
  if (needs.header_fields.empty()) steps |= SMFIP_NOHDRS;
  if (needs.has(Attribute::recipient_refused)) steps |= SMFIP_RCPT_REJ;
  return steps;
}

// libmilter has a table of which command may follow which (engine.c), goes past a step in it only
// if that is left out, and drops a command that it finds no way to: the MTA waits in vain. Two
// steps that a message need not have stand where its table knows no way around them:
// - from an unknown command on it goes to DATA, and to no later step;
// - from DATA on it goes to a header field or the end of the header, and to no later step.
unsigned long without_gaps(unsigned long left_out) {
  const auto tells = [&](unsigned long step) { return (left_out & step) == 0; };
  if (tells(SMFIP_NOUNKNOWN)) left_out &= ~static_cast<unsigned long>(SMFIP_NODATA);
  if (tells(SMFIP_NODATA) && tells(SMFIP_NOHDRS)) {
    left_out &= ~static_cast<unsigned long>(SMFIP_NOEOH);
  }
  return left_out;
}

unsigned long actions_for(const Needs& needs) {
  unsigned long actions = 0;
  if (needs.has(ActionKind::hold)) actions |= SMFIF_QUARANTINE;
  if (needs.has(ActionKind::prepend)) actions |= SMFIF_ADDHDRS;
  return actions;
}

// Mail is not refused, nor left to an MTA without a filter, because nobody can take samples of it.
unsigned long recipient_actions_for(const Needs& needs) {
  unsigned long actions = 0;
  if (needs.has(ActionKind::redirect)) actions |= SMFIF_ADDRCPT | SMFIF_DELRCPT;
  if (needs.has(ActionKind::copy)) actions |= SMFIF_ADDRCPT;
  return actions;
}

std::vector<MacroRequest> macros_for(const Needs& needs) {
  const auto with_needed = [&](std::string macros, Stage told_at) {
    for (const AttributeInfo& info : attributes()) {
      if (info.macro.empty() || info.known_from != told_at || !needs.has(info.attribute)) continue;
      if (macros.find(info.macro) != std::string::npos) continue;  // the log has it anyway
      macros.append(macros.empty() ? "" : " ").append(info.macro);
    }
    return macros;
  };
  return {
      {SMFIM_CONNECT, with_needed("", Stage::connect)},
      {SMFIM_HELO, ""},
      {SMFIM_ENVFROM, with_needed("i {auth_authen} {mail_addr}", Stage::mail)},
      {SMFIM_ENVRCPT, with_needed("i {rcpt_addr}", Stage::rcpt)},
      {SMFIM_DATA, "i"},
      {SMFIM_EOH, ""},
      {SMFIM_EOM, "i"},
  };
}

std::set<std::string> names_in(const std::string& macros) {
  std::istringstream words(macros);
  return {std::istream_iterator<std::string>(words), {}};
}

bool includes(const MacroRequest& request, const MacroRequest& other) {
  const auto names = names_in(request.macros);
  const auto others = names_in(other.macros);
  return std::includes(names.begin(), names.end(), others.begin(), others.end());
}

// By Step: the bit with which the MTA is told not to wait.
constexpr unsigned long kNoReply[] = {SMFIP_NR_CONN, SMFIP_NR_HELO, SMFIP_NR_MAIL,
                                      SMFIP_NR_RCPT, SMFIP_NR_DATA, 0,
                                      SMFIP_NR_HDR,  SMFIP_NR_EOH,  0};

}  // namespace

bool Negotiated::waits_at(Step step) const {
  return (steps & kNoReply[static_cast<std::size_t>(step)]) == 0;
}

bool Negotiated::can_redirect() const {
  constexpr unsigned long kBoth = SMFIF_ADDRCPT | SMFIF_DELRCPT;
  return (actions & kBoth) == kBoth;
}

bool Negotiated::can_copy() const {
  return (actions & SMFIF_ADDRCPT) != 0;
}

bool Negotiated::does_less() const {
  return (recipient_actions_for(needs) & ~actions) != 0;
}

bool Negotiated::knows_tls() const {
  return !macros.empty() && needs.has(Attribute::tls);
}

// Nobody answers CONNECT any more; but its macros have to be those that `other` looks at.
bool Negotiated::serves(const Negotiated& other) const {
  const bool tells_all = (steps & kLeftOut & ~other.steps) == 0;
  const bool tells_refused = (other.steps & SMFIP_RCPT_REJ & ~steps) == 0;
  const bool does_all = (other.actions & ~actions) == 0;
  return tells_all && tells_refused && does_all &&
         std::equal(macros.begin(), macros.end(), other.macros.begin(), other.macros.end(),
                    includes);
}

Result<Negotiated> negotiate(const Needs& needs, config::RefuseClients refuse_clients,
                             Kind transport, const MilterOffer& offer) {
  Negotiated result;
  result.needs = needs;
  result.answers = answers_for(needs, refuse_clients);
  result.actions = actions_for(needs);
  if (const auto missing = result.actions & ~offer.actions; missing != 0) {
    return failure(std::string("the MTA does not offer ") +
                   ((missing & SMFIF_QUARANTINE) != 0 ? "quarantine, which a rule with hold needs"
                                                      : "adding headers, which a rule needs"));
  }
  result.actions |= recipient_actions_for(needs) & offer.actions;
  // An older MTA sends what it cannot leave out; nobody listens.
  result.steps = without_gaps(steps_for(needs, result.answers, transport) & offer.steps);
  if ((offer.actions & SMFIF_SETSYMLIST) != 0) {
    result.actions |= SMFIF_SETSYMLIST;
    result.macros = macros_for(needs);
  }
  return result;
}

}  // namespace postern::milter
