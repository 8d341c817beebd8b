// The lines that findings propose, made of what stands there already. Pure.
#pragma once

#include <chrono>
#include <string>

#include "ctl/doctor/wiring.h"

namespace postern {

// How long an MTA should wait when an answer takes up to `longest`: `10s`, `30s`.
std::string waiting_time(std::chrono::milliseconds longest);

// `10s`, for a person.
std::string seconds_text(std::chrono::milliseconds time);

// How that service writes the address of a socket of ours.
std::string address_for(const PostfixWiring& postfix, const SmtpdService& service,
                        const ListenAddress& address);

// `check_policy_service { ADDRESS, timeout=10s, default_action=DUNNO }`
std::string policy_line(const std::string& address, std::chrono::milliseconds longest);
// The same for a service, with the first address that postern-policyd has.
std::string policy_line_for(const Wiring& wiring, const SmtpdService& service);

// `{ ADDRESS, connect_timeout=10s, command_timeout=..., default_action=accept }`
std::string milter_line(const Wiring& wiring, const std::string& address);

// `smtpd_recipient_restrictions = ...` with the items that are there and ours behind what refuses
// relaying; ours that stand elsewhere are left out.
std::string recipient_list_with(const Wiring& wiring, const SmtpdService& service);

// The line that sendmail.mc needs.
std::string sendmail_line(const Wiring& wiring);

}  // namespace postern
