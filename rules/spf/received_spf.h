// What header fields say of a judgement: `Received-SPF` (RFC 7208 9.1), `Authentication-Results`
// (RFC 8601). Pure.
#pragma once

#include <string>
#include <string_view>

#include "rules/spf/spf_subject.h"

namespace postern::spf {

// `pass`, as the field and everybody else calls it.
std::string_view to_string(SpfResult result);

// `fail client-ip=192.0.2.1; envelope-from="a@b.example"; helo=c.example; identity=mailfrom;
// mechanism="-all"`. Texts of strangers are quoted and bounded, other octets than ASCII are left to
// whoever writes the field. REQUIRES: there is a client.
std::string received_spf(const Transaction& transaction, Identity identity,
                         const Judgement& judgement);

// `spf=fail smtp.mailfrom=b.example`, or `smtp.helo` where that is who was asked about (RFC 8601
// 2.7.2, RFC 7208 9.2). Of a sender the domain alone: what stands before it is a stranger's.
// REQUIRES: there is a sender for Identity::mail_from.
std::string auth_result(const Transaction& transaction, Identity identity,
                        const Judgement& judgement);

}  // namespace postern::spf
