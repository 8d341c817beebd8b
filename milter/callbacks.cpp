#include "milter/callbacks.h"

#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>
#include <netinet/in.h>

#include <algorithm>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "milter/macros.h"

namespace postern::milter {
namespace {

// libmilter calls back without any data of ours; set once, before it runs.
const MilterServices* the_services = nullptr;

MilterSession* session_in(SMFICTX* context) {
  return static_cast<MilterSession*>(smfi_getpriv(context));
}

MilterSession& new_session(SMFICTX* context) {
  auto session = std::make_unique<MilterSession>(*the_services);
  if (smfi_setpriv(context, session.get()) != MI_SUCCESS) throw std::bad_alloc();
  return *session.release();
}

// An MTA may begin a new session on a connection (SMFIC_QUIT_NC), before which libmilter closes the
// old one, and a hostile client anywhere.
MilterSession& session_of(SMFICTX* context) {
  if (MilterSession* session = session_in(context)) return *session;
  MilterSession& session = new_session(context);
  session.begin_unasked();
  return session;
}

std::string_view text_of(const char* text) {
  return text == nullptr ? std::string_view{} : std::string_view(text);
}

std::optional<IpAddress> client_of(const _SOCK_ADDR* address) {
  if (address == nullptr) return std::nullopt;  // no network client, or one that nobody knows
  if (address->sa_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
    return IpAddress::from_v4(ntohl(v4->sin_addr.s_addr));
  }
  if (address->sa_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address);
    IpAddress::Bytes bytes{};
    std::copy(std::begin(v6->sin6_addr.s6_addr), std::end(v6->sin6_addr.s6_addr), bytes.begin());
    return IpAddress(bytes);
  }
  return std::nullopt;
}

// Without the reply's own text the MTA says its own; the status holds in any case.
void set_reply(SMFICTX* context, const MilterReply& reply) {
  if (!reply.refusal) return;
  auto [code, enhanced, text] = *reply.refusal;
  text = as_format(text);
  if (smfi_setreply(context, code.data(), enhanced.data(), text.data()) == MI_SUCCESS) return;
  the_services->service.log().error("libmilter does not take the reply " +
                                    reply.refusal->to_string());
}

sfsistat answer(SMFICTX* context, const MilterReply& reply) {
  switch (reply.status) {
    case MilterReply::Status::proceed:
      return SMFIS_CONTINUE;
    case MilterReply::Status::discard:
      return SMFIS_DISCARD;
    case MilterReply::Status::reject:
      set_reply(context, reply);
      return SMFIS_REJECT;
    case MilterReply::Status::tempfail:
      set_reply(context, reply);
      return SMFIS_TEMPFAIL;
    // libmilter would keep an answer to itself, take the message for refused, and drop the MTA's
    // next command without an answer.
    case MilterReply::Status::unanswered:
      return SMFIS_NOREPLY;
  }
  return SMFIS_CONTINUE;
}

// What libmilter's C cannot take: an exception (no memory, most likely). Mail is not lost to it.
template <class Event>
sfsistat guard(SMFICTX* context, Step step, Event event) {
  try {
    return event();
  } catch (const std::exception& error) {
    try {
      the_services->service.log().error(std::string("a callback failed: ") + error.what());
    } catch (const std::exception&) {
    }
  } catch (...) {
  }
  MilterSession* session = session_in(context);
  return session == nullptr ? SMFIS_TEMPFAIL : answer(context, session->lose_step(step));
}

bool add_headers(SMFICTX* context, const std::vector<Header>& headers) {
  // Each goes in front of the others; the first of them is to stand first.
  return std::all_of(headers.rbegin(), headers.rend(), [&](const Header& header) {
    std::string name = header.name;
    std::string value = header.value;
    return smfi_insheader(context, 0, name.data(), value.data()) == MI_SUCCESS;
  });
}

template <class Change>
bool change_recipients(SMFICTX* context, std::vector<std::string> addresses, Change change) {
  return std::all_of(addresses.begin(), addresses.end(), [&](std::string& address) {
    return change(context, address.data()) == MI_SUCCESS;
  });
}

// Whoever gets the message comes first: then nobody is left without it.
bool redirect(SMFICTX* context, const RecipientChanges& changes) {
  return change_recipients(context, changes.redirects(), smfi_addrcpt) &&
         change_recipients(context, changes.removed(), smfi_delrcpt);
}

// A message that was to be put aside, or to go to somebody else, does not come in instead; without
// a header, a copy, or what the MTA does not offer it does.
sfsistat carry_out(SMFICTX* context, const Dialogue& dialogue) {
  const EndOfMessageActions& actions = dialogue.actions();
  os::DaemonLog& log = the_services->service.log();
  if (!add_headers(context, actions.headers())) {
    log.error("a header could not be added to a message");
  }
  const RecipientChanges& changes = actions.recipients();
  if (dialogue.agreed().can_copy() && !change_recipients(context, changes.copies(), smfi_addrcpt)) {
    log.error("a message could not be copied");
  }
  if (dialogue.agreed().can_redirect() && !redirect(context, changes)) {
    log.error("a message could not be redirected, so it is deferred");
    return SMFIS_TEMPFAIL;
  }
  if (!actions.hold_reason()) return SMFIS_CONTINUE;
  std::string reason = *actions.hold_reason();
  if (smfi_quarantine(context, reason.data()) == MI_SUCCESS) return SMFIS_CONTINUE;
  log.error("a message could not be quarantined, so it is deferred");
  return SMFIS_TEMPFAIL;
}

void ask_for_macros(SMFICTX* context, const std::vector<MacroRequest>& requests) {
  for (const MacroRequest& request : requests) {
    std::string macros = request.macros;
    smfi_setsymlist(context, request.where, macros.data());
  }
}

sfsistat on_negotiate(SMFICTX* context, unsigned long actions, unsigned long steps, unsigned long,
                      unsigned long, unsigned long* wanted_actions, unsigned long* wanted_steps,
                      unsigned long* reserved_2, unsigned long* reserved_3) {
  return guard(context, Step::other, [&]() -> sfsistat {
    MilterSession* session = session_in(context);
    if (session == nullptr) session = &new_session(context);
    const auto negotiated = session->begin({actions, steps});
    // libmilter ends the connection, and the MTA does what it is configured to do without a filter.
    if (!negotiated) return SMFIS_REJECT;
    ask_for_macros(context, negotiated->macros);
    *wanted_actions = negotiated->actions;
    *wanted_steps = negotiated->steps;
    *reserved_2 = 0;
    *reserved_3 = 0;
    return SMFIS_CONTINUE;
  });
}

sfsistat on_connect(SMFICTX* context, char* name, _SOCK_ADDR* address) {
  return guard(context, Step::connect, [&] {
    return answer(context,
                  session_of(context).connect(text_of(name), client_of(address),
                                              macro(context, Attribute::reverse_client_name)));
  });
}

sfsistat on_helo(SMFICTX* context, char* name) {
  return guard(context, Step::helo,
               [&] { return answer(context, session_of(context).helo(text_of(name))); });
}

static_assert(std::all_of(kTextAttributes.begin(), kTextAttributes.end(),
                          [](Attribute text) {
                            const AttributeInfo& info = info_of(text);
                            return info.macro.empty() || info.known_from == Stage::mail;
                          }),
              "on_mail() reads the macros of all texts");

sfsistat on_mail(SMFICTX* context, char** arguments) {
  return guard(context, Step::mail, [&] {
    MailMacros macros{macro(context, "i"), macro(context, Attribute::tls),
                      told_macro(context, "{mail_addr}")};
    std::transform(kTextAttributes.begin(), kTextAttributes.end(), macros.texts.begin(),
                   [&](Attribute text) { return macro(context, text); });
    return answer(context, session_of(context).mail(text_of(arguments[0]), macros));
  });
}

sfsistat on_rcpt(SMFICTX* context, char** arguments) {
  return guard(context, Step::rcpt, [&] {
    const auto state = macro(context, Attribute::recipient_refused) == "error"
                           ? RecipientState::refused
                           : RecipientState::accepted;
    return answer(context,
                  session_of(context).rcpt(text_of(arguments[0]), state, macro(context, "i"),
                                           told_macro(context, "{rcpt_addr}")));
  });
}

sfsistat on_data(SMFICTX* context) {
  return guard(context, Step::data,
               [&] { return answer(context, session_of(context).data(macro(context, "i"))); });
}

sfsistat on_header(SMFICTX* context, char* name, char* value) {
  return guard(context, Step::header, [&] {
    return answer(context, session_of(context).header(text_of(name), text_of(value)));
  });
}

// Told where libmilter needs it on its way to the end of the message.
sfsistat on_end_of_header(SMFICTX* context) {
  return guard(context, Step::end_of_header,
               [&] { return answer(context, session_of(context).end_of_header()); });
}

sfsistat on_end_of_message(SMFICTX* context) {
  return guard(context, Step::end_of_message, [&] {
    MilterSession& session = session_of(context);
    sfsistat status = answer(context, session.end_of_message(macro(context, "i")));
    if (status == SMFIS_CONTINUE) status = carry_out(context, session.dialogue());
    session.end_message();
    return status;
  });
}

sfsistat on_abort(SMFICTX* context) {
  return guard(context, Step::other, [&] {
    if (MilterSession* session = session_in(context)) session->end_message();
    return SMFIS_CONTINUE;
  });
}

// May be called with a lock of libmilter's held: does nothing that waits.
sfsistat on_close(SMFICTX* context) {
  return guard(context, Step::other, [&] {
    const std::unique_ptr<MilterSession> session(session_in(context));
    smfi_setpriv(context, nullptr);
    return SMFIS_CONTINUE;
  });
}

}  // namespace

Result<void> register_filter(const MilterServices& services) {
  the_services = &services;
  char name[] = "postern";
  smfiDesc filter{};
  filter.xxfi_name = name;
  filter.xxfi_version = SMFI_VERSION;
  filter.xxfi_flags = SMFIF_ADDHDRS | SMFIF_QUARANTINE | SMFIF_ADDRCPT | SMFIF_DELRCPT;
  filter.xxfi_negotiate = on_negotiate;
  filter.xxfi_connect = on_connect;
  filter.xxfi_helo = on_helo;
  filter.xxfi_envfrom = on_mail;
  filter.xxfi_envrcpt = on_rcpt;
  filter.xxfi_data = on_data;
  filter.xxfi_header = on_header;
  filter.xxfi_eoh = on_end_of_header;
  filter.xxfi_eom = on_end_of_message;
  filter.xxfi_abort = on_abort;
  filter.xxfi_close = on_close;
  if (smfi_register(filter) != MI_SUCCESS) return failure("libmilter does not take the filter");
  return {};
}

}  // namespace postern::milter
