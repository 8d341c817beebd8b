#include "milter/callbacks.h"

#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>
#include <netinet/in.h>

#include <algorithm>
#include <exception>
#include <memory>
#include <string>

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

using Lost = MilterSession::Lost;

// Where the MTA waits for no answer (`unanswered`: an SMFIP_NR_ bit), a failure is not answered
// either: libmilter would keep the answer to itself, take the message for refused, and drop the
// MTA's next command without an answer. The session keeps the failure for a step that is answered.
sfsistat after_failure(SMFICTX* context, unsigned long unanswered) {
  MilterSession* session = session_in(context);
  if (session == nullptr || (session->agreed_steps() & unanswered) == 0) return SMFIS_TEMPFAIL;
  const bool is_before_mail = (unanswered & (SMFIP_NR_CONN | SMFIP_NR_HELO)) != 0;
  session->lose(is_before_mail ? Lost::session : Lost::message);
  return SMFIS_NOREPLY;
}

// What libmilter's C cannot take: an exception (no memory, most likely). Mail is not lost to it.
template <class Step>
sfsistat guard(SMFICTX* context, unsigned long unanswered, Step step) {
  try {
    return step();
  } catch (const std::exception& error) {
    try {
      the_services->log.error(std::string("a callback failed: ") + error.what());
    } catch (const std::exception&) {
    }
  } catch (...) {
  }
  return after_failure(context, unanswered);
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
  std::string code = reply.code;
  std::string enhanced = reply.enhanced;
  std::string text = as_format(reply.text);
  if (smfi_setreply(context, code.data(), enhanced.data(), text.data()) == MI_SUCCESS) return;
  the_services->log.error("libmilter does not take the reply " + reply.code + " " + reply.enhanced +
                          " " + reply.text);
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
  }
  return SMFIS_CONTINUE;
}

// Where nothing was to be answered (`unanswered`: an SMFIP_NR_ bit), nothing may be. Where nobody
// knows what was agreed, libmilter keeps an answer to itself that the MTA does not wait for; the
// other way round the MTA would hang.
sfsistat answer_at(SMFICTX* context, unsigned long unanswered, const MilterSession& session,
                   const MilterReply& reply) {
  const bool silent = (session.agreed_steps() & unanswered) != 0;
  if (silent) return SMFIS_NOREPLY;
  return session.has_lost_a_step() ? SMFIS_TEMPFAIL : answer(context, reply);
}

bool add_headers(SMFICTX* context, const std::vector<Header>& headers) {
  // Each goes in front of the others; the first of them is to stand first.
  return std::all_of(headers.rbegin(), headers.rend(), [&](const Header& header) {
    std::string name = header.name;
    std::string value = header.value;
    return smfi_insheader(context, 0, name.data(), value.data()) == MI_SUCCESS;
  });
}

// A message that was to be put aside does not come in instead.
sfsistat carry_out(SMFICTX* context, const EndOfMessageActions& actions) {
  if (!add_headers(context, actions.headers())) {
    the_services->log.error("a header could not be added to a message");
  }
  if (!actions.hold_reason()) return SMFIS_CONTINUE;
  std::string reason = *actions.hold_reason();
  if (smfi_quarantine(context, reason.data()) == MI_SUCCESS) return SMFIS_CONTINUE;
  the_services->log.error("a message could not be quarantined, so it is deferred");
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
  return guard(context, 0, [&]() -> sfsistat {
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
  return guard(context, SMFIP_NR_CONN, [&] {
    MilterSession& session = session_of(context);
    const auto reply =
        session.connect(text_of(name), client_of(address), macro(context, "{client_ptr}"));
    return answer_at(context, SMFIP_NR_CONN, session, reply);
  });
}

sfsistat on_helo(SMFICTX* context, char* name) {
  return guard(context, SMFIP_NR_HELO, [&] {
    MilterSession& session = session_of(context);
    return answer_at(context, SMFIP_NR_HELO, session, session.helo(text_of(name)));
  });
}

sfsistat on_mail(SMFICTX* context, char** arguments) {
  return guard(context, SMFIP_NR_MAIL, [&] {
    MilterSession& session = session_of(context);
    const MailMacros macros{macro(context, "i"), macro(context, "{auth_authen}"),
                            macro(context, "{tls_version}"), told_macro(context, "{mail_addr}")};
    return answer_at(context, SMFIP_NR_MAIL, session, session.mail(text_of(arguments[0]), macros));
  });
}

sfsistat on_rcpt(SMFICTX* context, char** arguments) {
  return guard(context, SMFIP_NR_RCPT, [&] {
    MilterSession& session = session_of(context);
    const auto state = macro(context, "{rcpt_mailer}") == "error" ? RecipientState::refused
                                                                  : RecipientState::accepted;
    const auto reply = session.rcpt(text_of(arguments[0]), state, macro(context, "i"),
                                    told_macro(context, "{rcpt_addr}"));
    return answer_at(context, SMFIP_NR_RCPT, session, reply);
  });
}

sfsistat on_data(SMFICTX* context) {
  return guard(context, SMFIP_NR_DATA, [&] {
    MilterSession& session = session_of(context);
    return answer_at(context, SMFIP_NR_DATA, session, session.data(macro(context, "i")));
  });
}

sfsistat on_header(SMFICTX* context, char* name, char* value) {
  return guard(context, SMFIP_NR_HDR, [&] {
    MilterSession& session = session_of(context);
    session.header(text_of(name), text_of(value));
    return answer_at(context, SMFIP_NR_HDR, session, {});
  });
}

// Told where libmilter needs it on its way to the end of the message.
sfsistat on_end_of_header(SMFICTX* context) {
  return guard(context, SMFIP_NR_EOH,
               [&] { return answer_at(context, SMFIP_NR_EOH, session_of(context), {}); });
}

sfsistat on_end_of_message(SMFICTX* context) {
  return guard(context, 0, [&] {
    MilterSession& session = session_of(context);
    sfsistat status = SMFIS_TEMPFAIL;
    if (!session.has_lost_a_step()) {
      status = answer(context, session.end_of_message(macro(context, "i")));
    }
    if (status == SMFIS_CONTINUE) status = carry_out(context, session.actions());
    session.end_message();
    return status;
  });
}

sfsistat on_abort(SMFICTX* context) {
  return guard(context, 0, [&] {
    if (MilterSession* session = session_in(context)) session->end_message();
    return SMFIS_CONTINUE;
  });
}

// May be called with a lock of libmilter's held: does nothing that waits.
sfsistat on_close(SMFICTX* context) {
  return guard(context, 0, [&] {
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
  filter.xxfi_flags = SMFIF_ADDHDRS | SMFIF_QUARANTINE;
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
