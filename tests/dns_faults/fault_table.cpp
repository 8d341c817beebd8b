#include "tests/dns_faults/fault_table.h"

namespace postern {
namespace {

using Primed = Fault::Primed;

const std::string kHost = "mail.domain-in-deep-trouble.example: { A: [198.51.100.25] }\n";
const std::string kMx = "MX: [10 mail.domain-in-deep-trouble.example]";

std::string domain(const std::string& has) {
  return "domain-in-deep-trouble.example: { " + has + " }\n" + kHost;
}

std::string with_fault(const std::string& fault) {
  return domain(kMx + ", fault: " + fault);
}

// So many aliases between the domain and the records.
std::string chain(int links, const std::string& how) {
  std::string zone;
  std::string name = kDomain;
  for (int link = 1; link <= links; ++link) {
    const std::string next = "link" + std::to_string(link) + ".domain-in-deep-trouble.example";
    zone += name + ": { CNAME: " + next + how + " }\n";
    name = next;
  }
  return zone + name + ": { " + kMx + " }\n" + kHost;
}

Fault refused(const std::string& name, const std::string& zone, DnsTruth truth) {
  return {name, zone, Disposition::reject, Took::at_once, truth};
}

Fault deferred(const std::string& name, const std::string& fault, Took took = Took::at_once) {
  return {name, with_fault(fault), Disposition::defer, took};
}

Fault passed(const std::string& name, const std::string& zone, Took took = Took::at_once) {
  return {name, zone, Disposition::pass, took};
}

Fault passed_from_itself(const std::string& name, const std::string& zone) {
  return {name,           zone,         Disposition::pass,   Took::at_once,
          DnsTruth::none, Servers::one, Primed::by_this_zone};
}

Fault servers(const std::string& name, Disposition action, Took took, Servers servers) {
  return {name, kGoodZone, action, took, DnsTruth::none, servers};
}

void add_truths(std::vector<Fault>& faults) {
  faults.push_back(refused("NXDOMAIN", "x.example: {}", DnsTruth::no_such_name));
  faults.push_back(refused("NXDOMAIN behind a CNAME",
                           "domain-in-deep-trouble.example: { CNAME: gone.example }",
                           DnsTruth::no_such_name));
  faults.push_back(refused("NXDOMAIN without SOA",
                           "domain-in-deep-trouble.example: { CNAME: gone.example, fault: no_soa }",
                           DnsTruth::no_such_name));
  faults.push_back(refused("NODATA for MX, A and AAAA",
                           "domain-in-deep-trouble.example: { PTR: [x.example] }",
                           DnsTruth::no_such_record));
  faults.push_back(refused("NODATA without SOA",
                           "domain-in-deep-trouble.example: { PTR: [x.example], fault: no_soa }",
                           DnsTruth::no_such_record));
  faults.push_back(refused("null MX (RFC 7505)", "domain-in-deep-trouble.example: { MX: [0 .] }",
                           DnsTruth::null_mx));
}

// A server that denies the name for every type that it has no record of (RFC 4074 4.2).
void add_half_truths(std::vector<Fault>& faults) {
  const std::string denied = "domain-in-deep-trouble.example: { MX: { fault: nxdomain }, ";
  faults.push_back(passed("NXDOMAIN for MX and AAAA, an A record",
                          denied + "A: [198.51.100.25], AAAA: { fault: nxdomain } }"));
  faults.push_back(passed("NXDOMAIN for MX and A, an AAAA record",
                          denied + "A: { fault: nxdomain }, AAAA: [\"2001:db8::25\"] }"));
  faults.push_back({"NXDOMAIN for MX, SERVFAIL for A and AAAA",
                    denied + "A: { fault: servfail }, AAAA: { fault: servfail } }",
                    Disposition::defer});
  faults.push_back({"NXDOMAIN for MX and A, SERVFAIL for AAAA",
                    denied + "A: { fault: nxdomain }, AAAA: { fault: servfail } }",
                    Disposition::defer});
  faults.push_back(passed("NXDOMAIN for A of the mail host, an AAAA record",
                          "domain-in-deep-trouble.example: { " + kMx +
                              " }\nmail.domain-in-deep-trouble.example: { A: { fault: nxdomain }, "
                              "AAAA: [\"2001:db8::25\"] }"));
}

void add_rcodes(std::vector<Fault>& faults) {
  faults.push_back(deferred("SERVFAIL", "servfail"));
  faults.push_back(deferred("REFUSED", "refused"));
  faults.push_back(deferred("FORMERR", "formerr"));
  faults.push_back(deferred("NOTIMP", "notimp"));
  faults.push_back(deferred("a referral in place of an answer", "referral"));
  faults.push_back(passed("FORMERR to EDNS alone", with_fault("formerr_on_edns")));
  faults.push_back(
      {"NODATA for MX, SERVFAIL for A and AAAA",
       "domain-in-deep-trouble.example: { A: { fault: servfail }, AAAA: { fault: servfail } }",
       Disposition::defer});
  faults.push_back({"SERVFAIL for the addresses of the mail host",
                    "domain-in-deep-trouble.example: { " + kMx +
                        " }\nmail.domain-in-deep-trouble.example: { fault: servfail }",
                    Disposition::defer});
}

void add_silence(std::vector<Fault>& faults) {
  faults.push_back(deferred("time-out", "timeout", Took::given_up));
  faults.push_back(
      passed("slow: later than the repeat", domain(kMx + ", delay: LATE"), Took::after_a_repeat));
  faults.push_back({"slow: later than all patience", domain(kMx + ", delay: NEVER"),
                    Disposition::defer, Took::given_up});
  faults.push_back(
      passed("flapping: every other query lost",
             "domain-in-deep-trouble.example: { " + kMx + ", fault: flapping }\n" +
                 "mail.domain-in-deep-trouble.example: { A: [198.51.100.25], fault: flapping }",
             Took::after_a_repeat));
  faults.push_back(passed("TC, the answer over TCP", with_fault("truncate")));
  faults.push_back(deferred("TC, no reply over TCP", "truncate_no_tcp", Took::given_up));
  faults.push_back(deferred("TC, TCP reset", "tcp_reset"));
}

void add_forgeries(std::vector<Fault>& faults) {
  faults.push_back(deferred("wrong id", "wrong_id", Took::given_up));
  faults.push_back(deferred("wrong question", "wrong_question", Took::given_up));
  faults.push_back(deferred("wrong source port", "wrong_port", Took::given_up));
  faults.push_back(passed("forged NXDOMAIN, all right but the letters", with_fault("forged")));
  faults.push_back(passed("records of other names in the answer", with_fault("stray_records")));
  faults.push_back(passed("a server that changes letters", with_fault("lower_case")));
  faults.push_back(passed("NXDOMAIN to upper case letters", with_fault("lower_only")));
  faults.push_back(passed("no reply to upper case letters", with_fault("lower_only_silent"),
                          Took::after_a_repeat));
  faults.push_back(passed("a server that changes letters and has no TCP",
                          with_fault("lower_case_no_tcp"), Took::after_a_repeat));
}

void add_damage(std::vector<Fault>& faults) {
  faults.push_back(deferred("cut in the middle of a record", "cut"));
  faults.push_back(deferred("compression loop", "compression_loop"));
  faults.push_back(deferred("garbage", "garbage"));
  faults.push_back(deferred("more records promised than there", "count_lies"));
  faults.push_back(deferred("records that are there and not counted", "not_counted"));
  faults.push_back({"NODATA with bytes left over behind it",
                    "domain-in-deep-trouble.example: { PTR: [x.example], fault: trailing }",
                    Disposition::defer});
  faults.push_back({"a null MX with bytes left over behind it",
                    "domain-in-deep-trouble.example: { MX: [0 .], fault: trailing }",
                    Disposition::defer});
  faults.push_back(passed("an answer with bytes left over behind it", with_fault("trailing")));
  faults.push_back(deferred("a datagram of no octets", "empty", Took::given_up));
}

void add_odd_answers(std::vector<Fault>& faults) {
  faults.push_back(passed("1,000 MX records", with_fault("many_mx_1000")));
  faults.push_back(passed("chain of 16 CNAMEs in one reply", chain(16, "")));
  faults.push_back(passed("chain of 16 CNAMEs, a reply each", chain(16, ", chase: no")));
  faults.push_back({"chain of 17 CNAMEs", chain(17, ""), Disposition::defer});
  faults.push_back({"CNAME loop over two names",
                    "domain-in-deep-trouble.example: { CNAME: worse.example }\nworse.example: { "
                    "CNAME: domain-in-deep-trouble.example }",
                    Disposition::defer});
  faults.push_back(deferred("CNAME of itself", "cname_loop"));
  faults.push_back(passed("DNAME",
                          "example: { DNAME: moved.test }\n"
                          "domain-in-deep-trouble.moved.test: { MX: [10 mail.moved.test] }\n"
                          "mail.moved.test: { A: [198.51.100.25] }"));
  faults.push_back(passed_from_itself("TTL 0", domain(kMx + ", ttl: 0")));
  faults.push_back(passed_from_itself("TTL 2^31", domain(kMx + ", ttl: 2147483648")));
  faults.push_back(passed_from_itself("TTL 2^31 - 1", domain(kMx + ", ttl: 2147483647")));
}

void add_servers(std::vector<Fault>& faults) {
  faults.push_back(servers("first upstream silent", Disposition::pass, Took::after_a_repeat,
                           Servers::first_silent));
  faults.push_back(servers("first upstream: port closed", Disposition::pass,
                           Took::at_once_or_after_a_repeat, Servers::first_closed));
  faults.push_back(servers("first upstream: SERVFAIL", Disposition::pass, Took::at_once,
                           Servers::first_failing));
  faults.push_back(servers("both upstreams silent, the first mails", Disposition::defer,
                           Took::given_up, Servers::all_silent));
  faults.push_back(servers("both upstreams silent, the circuit open", Disposition::defer,
                           Took::at_once, Servers::all_silent_for_long));
  faults.push_back(servers("both upstreams silent, then one is back", Disposition::pass,
                           Took::at_once, Servers::back_again));
}

}  // namespace

const char* const kGoodZone =
    "domain-in-deep-trouble.example: { MX: [10 mail.domain-in-deep-trouble.example] "
    "}\nmail.domain-in-deep-trouble.example: { A: [198.51.100.25] }\n";

std::vector<Fault> all_faults() {
  std::vector<Fault> faults{passed("none", kGoodZone)};
  add_truths(faults);
  add_half_truths(faults);
  add_rcodes(faults);
  add_silence(faults);
  add_forgeries(faults);
  add_damage(faults);
  add_odd_answers(faults);
  add_servers(faults);
  return faults;
}

}  // namespace postern
