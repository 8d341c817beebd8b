// The lines that findings propose, made of what stands there already. Pure.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "ctl/doctor/mta_config.h"

namespace postern::doctor {

// How long an MTA should wait when an answer takes up to `longest`: `10s`, `30s`.
std::string waiting_time(std::chrono::milliseconds longest);

// `10s`, for a person.
std::string seconds_text(std::chrono::milliseconds time);

// `unix:/run/postern/policy or inet:127.0.0.1:10040`, for a person.
std::string addresses_text(const std::vector<ListenAddress>& addresses);
// How Postfix writes the address of a socket of ours: below its queue directory relative to that,
// which is the same for an SMTP server that is chrooted and for one that is not.
std::string address_for(const PostfixConfig& postfix, const ListenAddress& address);

// How Postfix is to ask ours there, when nothing is known of its wishes.
PostfixService policy_service_for(const MtaConfig& mta);

// What is to be written where a parameter stands: a line of main.cf, or an -o of its service in
// master.cf. `value` is expanded: a dollar in it is one.
std::string setting_line(const ConfigPlace& where, const std::string& name,
                         const std::string& value);
std::string list_line(const RestrictionList& list, const std::vector<std::string>& elements);

// smtpd_milters of the service with all that is there, and ours as it has to be: once, and where it
// stands or first.
enum class MilterPlace { same, first };
std::string milters_line(const MtaConfig& mta, const SmtpdService& service, MilterPlace place);

// The line that sendmail.mc needs.
std::string sendmail_line(const MtaConfig& mta);

}  // namespace postern::doctor
