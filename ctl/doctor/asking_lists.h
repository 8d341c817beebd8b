// The restriction lists of an SMTP server as they have to be, for Postern to be asked in the right
// place, once, and rightly: what findings propose. Pure.
#pragma once

#include <string>

#include "ctl/doctor/mta_config.h"

namespace postern::doctor {

// Whether Postfix goes through the list at DATA or when the message is complete.
bool is_end_of_message_list(const std::string& name);
// Whether Postfix goes through the list when a recipient is named.
bool is_asked_at_recipient(const SmtpdService& service, const std::string& list);

// Whether Postfix goes through it when all recipients are known.
bool is_end_of_message_list(const std::string& name);
// Whether strangers who send to others are refused before Postfix comes to that place.
bool is_relaying_refused_before(const PolicyUse& use);

// Whether a list of the server refuses them at all: Postfix does not start without.
bool is_relaying_refused(const SmtpdService& service);

// The lists that have to change, a line each, for that server to ask Postern once about each
// recipient; empty when none has to. With an answer of DUNNO every client gets what it gets today,
// and who is let through as one of its own people is not asked about.
std::string lists_asking_once(const MtaConfig& mta, const SmtpdService& service);

// The same for the one list of that use where it is gone through at another time.
std::string list_asking_rightly(const MtaConfig& mta, const PolicyUse& use);

std::string list_without_asking(const PolicyUse& use);

// The list, or the class of it, in which `item` is written, with `text` in the place of it; without
// it when that is empty.
std::string list_with_text(const SmtpdService& service, const RestrictionList& list,
                           const Restriction& item, const std::string& text);
std::string list_with_service(const PolicyUse& use, const PostfixService& changed);

}  // namespace postern::doctor
