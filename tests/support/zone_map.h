// DNS as a map, read from YAML: what each name has, and what goes wrong when it is asked for. The
// same text feeds pure tests (answer()), a real DNS server (zone_server.h) and scenario files:
//
//   zone:
//     good.example:       { MX: [10 mail.good.example], ttl: 300 }
//     mail.good.example:  { A: [198.51.100.10], AAAA: ["2001:db8::10"] }
//     alias.example:      { CNAME: good.example }      # `chase: no`: the CNAME alone in the reply
//     text.example:       { TXT: ["v=spf1 -all"] }     # over 255 octets: several strings of a
//     record slow.example:       { delay: 800ms, MX: [10 mail.good.example] } tree.example:       {
//     DNAME: good.example }      # of the names below it (RFC 6672) broken.example:     { fault:
//     servfail }          # whatever is asked mixed.example:      { MX: { fault: servfail }, A:
//     [198.51.100.1] }
//   negative_ttl: 300
//
// A name that is not there is NXDOMAIN, with a SOA; a type that is not there is NODATA, as is a
// name that only has names below it. A value; no I/O.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/dns/dns.h"

namespace YAML {  // NOLINT(readability-identifier-naming): theirs
class Node;
}

namespace postern {

enum class FaultKind {
  servfail,
  refused,
  formerr,
  notimp,
  nxdomain,         // the name is denied, whatever it has of other types (RFC 4074 4.2)
  timeout,          // no reply
  truncate,         // TC over UDP, the answer over TCP
  truncate_no_tcp,  // TC over UDP, no reply over TCP
  tcp_stall,        // TC over UDP, then no reply any more on that TCP connection, to nothing
  tcp_reset,        // TC over UDP, the connection reset over TCP
  wrong_id,         // from here on, forgeries: a resolver waits for a better reply
  wrong_question,
  wrong_port,
  cut,               // the reply ends in the middle of a record
  garbage,           // header and question, then noise
  empty,             // a datagram of no bytes
  compression_loop,  // a name that points at itself
  cname_loop,        // an alias of itself
  count_lies,        // more records promised than there are
  not_counted,       // the answer section is there, but its records are not counted
  trailing,          // the answer, then bytes that belong to nothing
  referral,
  no_soa,             // what is not there is denied without a SOA: not to be cached
  formerr_on_edns,    // FORMERR without OPT to a query with OPT, else the answer
  stray_records,      // the answer, and records of other names that nobody asked for
  lower_case,         // the answer; the question in it in lower case, whatever was asked
  lower_case_no_tcp,  // the same over UDP, no reply over TCP
  forged,             // over UDP a forgery that knows all but the letters, over TCP the answer
  lower_only,         // NXDOMAIN to a question with an upper case letter, else the answer
  lower_only_silent,  // the same, but no reply in place of NXDOMAIN
  flapping,           // no reply to every other query, from the first on
  many_mx,            // many_mx_N: N MX records behind the node's own, which none is better than
  fail_first,         // fail_first_N: SERVFAIL to the first N queries, then the answer
  drop_first,         // drop_first_N: no reply to the first N queries, then the answer
};

struct ZoneFault {
  FaultKind kind = FaultKind::servfail;
  int count = 0;  // of many_mx, fail_first and drop_first
  friend bool operator==(const ZoneFault&, const ZoneFault&) = default;
};

struct ZoneNode {
  std::vector<dns::MxRecord> mx;
  std::vector<IpAddress> a;
  std::vector<IpAddress> aaaa;
  std::vector<std::string> ptr;
  std::vector<std::string> txt;
  std::optional<std::string> cname;
  std::optional<std::string> dname;
  std::uint32_t ttl = 300;
  std::chrono::milliseconds delay{0};
  bool chase = true;
  std::optional<ZoneFault> fault;
  std::map<dns::DnsType, ZoneFault> faults;  // of one type

  [[nodiscard]] bool has(dns::DnsType type) const;
  [[nodiscard]] std::optional<ZoneFault> fault_of(dns::DnsType type) const;
};

class ZoneMap {
 public:
  // Reads `zone` and `negative_ttl`; any other key is an error. Errors: not YAML, unknown keys,
  // types and faults, values that are none; with the line.
  static Result<ZoneMap> parse(const std::string& yaml);
  // The same from a map that may have other keys as well (a scenario).
  static Result<ZoneMap> from_yaml(const YAML::Node& document);

  // What a correct resolver makes of this zone; for a fault, the failure it must report, or the
  // answer when it gets around the fault. `server` is empty.
  [[nodiscard]] dns::DnsAnswer answer(const dns::DnsQuestion& question) const;

  // By lower-case name without the final dot; null when it is not there.
  [[nodiscard]] const ZoneNode* find(std::string_view name) const;
  // Whether the name is there or has names below it.
  [[nodiscard]] bool exists(std::string_view name) const;
  // The nearest name above that has a DNAME record, and where that leads; none for a name that is
  // there.
  struct Redirection {
    std::string owner;
    std::string target;  // of the name that was looked for
  };
  [[nodiscard]] std::optional<Redirection> redirection(std::string_view name) const;
  [[nodiscard]] std::uint32_t negative_ttl() const { return negative_ttl_; }

  // Adds a name or replaces it.
  void set(const std::string& name, ZoneNode node) { nodes_[name] = std::move(node); }

 private:
  std::map<std::string, ZoneNode, std::less<>> nodes_;
  std::uint32_t negative_ttl_ = 300;

  friend class ZoneReader;
};

}  // namespace postern
