// What a domain publishes about a client that sends in its name: check_host() of RFC 7208, on facts
// that are asked for again. A pure function, called anew when they are there.
#pragma once

#include <optional>
#include <string>

#include "common/base/domain_name.h"
#include "common/base/ip_address.h"
#include "rules/model/facts.h"

namespace postern::spf {

enum class SpfResult { none, neutral, pass, fail, softfail, temperror, permerror };

enum class Explanation { leave_out, ask };

// Who is asked about: `local_part@domain`, of which the domain publishes.
struct Subject {
  IpAddress client;
  std::string local_part;  // `postmaster` where the sender has none (4.3)
  DomainName domain;
  Asker asker = Asker::sender;  // who chose the domain
  std::string helo;             // as the client said it
  // Terms whose name does not exist before the record is taken for broken (4.6.4).
  int void_limit = 2;
  Explanation explanation = Explanation::leave_out;
};

struct Judgement {
  SpfResult result = SpfResult::none;
  // The term that matched, and the domain whose record has it; of errors the domain, too.
  std::string mechanism;
  std::string domain;
  std::string problem;  // of an error: which
  // The match was `all`, or one of networks that together are more than half of all addresses: a
  // pass by it proves nothing.
  bool is_for_everybody = false;
  std::string explanation;  // of a fail, if it was asked for: the text of a stranger, ASCII
};

// Nothing: facts are missing.
//
// Only the client's family is asked (A or AAAA). NXDOMAIN of a term is a void look-up, and so is an
// empty answer to `exists` and `mx`; an empty answer of `a` is none, because a domain may have
// addresses of the other family alone. What depends on the client, `ptr` and `%{p}`, is none
// either. Of names that DNS cannot be asked about nothing is found. A name, an answer or a term
// beyond our own bounds is a temperror.
//
// A fault of DNS in what depends on the client is no match (5.5). A fail, softfail or permerror is
// a temperror then: without the fault it might be a pass.
//
// Texts of all that a record includes are asked for at once, addresses only of the first term whose
// answer is not there. Facts: at most ten terms, of which a mx has eleven.
std::optional<Judgement> judge(const Subject& subject, FactView& facts);

}  // namespace postern::spf
