// The value of a header field `Received-SPF` (RFC 7208 9.1). Pure.
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

}  // namespace postern::spf
