// The check `dnsbl` over a zone in which block lists of every kind are, also broken ones.
#pragma once

#include <string>

#include "tests/unit/rules/checks/check_run.h"

namespace postern::checks::dnsbl_run {

inline constexpr const char* kClient = "203.0.113.7";

inline constexpr const char* kZone = R"(
zone:
  2.0.0.127.bl.example: { A: [127.0.0.2] }
  7.113.0.203.bl.example: { A: [127.0.0.4, 127.0.0.3] }
  8.113.0.203.bl.example: { A: [127.0.0.10] }
  7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.bl.example: { A: [127.0.0.2] }
  2.0.0.127.two.example: { A: [127.0.0.2] }
  7.113.0.203.two.example: { A: [127.0.0.2] }
  2.0.0.127.three.example: { A: [127.0.0.2] }
  2.0.0.127.servfail.example: { A: [127.0.0.2] }
  7.113.0.203.servfail.example: { fault: servfail }
  2.0.0.127.slow.example: { A: [127.0.0.2] }
  7.113.0.203.slow.example: { fault: timeout }
  2.0.0.127.sick-test.example: { fault: servfail }
  7.113.0.203.sick-test.example: { A: [127.0.0.2] }
  2.0.0.127.sick-test2.example: { A: [127.0.0.2] }
  1.0.0.127.sick-test2.example: { fault: timeout }
  7.113.0.203.sick-test2.example: { A: [127.0.0.2] }
  7.113.0.203.no-test.example: { A: [127.0.0.2] }
  2.0.0.127.wildcard.example: { A: [127.0.0.2] }
  1.0.0.127.wildcard.example: { A: [127.0.0.2] }
  7.113.0.203.wildcard.example: { A: [127.0.0.2] }
  2.0.0.127.parked.example: { A: [198.51.100.80] }
  1.0.0.127.parked.example: { A: [198.51.100.80] }
  7.113.0.203.parked.example: { A: [198.51.100.80] }
  2.0.0.127.sold.example: { A: [127.0.0.2] }
  7.113.0.203.sold.example: { A: [198.51.100.80] }
  2.0.0.127.public.example: { A: [127.255.255.254] }
  1.0.0.127.public.example: { A: [127.255.255.254] }
  7.113.0.203.public.example: { A: [127.255.255.254] }
  2.0.0.127.mixed.example: { A: [127.0.0.2] }
  7.113.0.203.mixed.example: { A: [127.0.0.2, 127.255.255.255] }
  2.0.0.127.blocked.example: { A: [127.0.0.2] }
  7.113.0.203.blocked.example: { A: [127.0.0.1] }
  2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.six.example: { A: [127.0.0.2] }
  7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.six.example: { A: [127.0.0.2] }
  2.0.0.127.bits.example: { A: [127.0.0.126] }
  7.113.0.203.bits.example: { A: [127.0.0.80] }
  test.names.example: { A: [127.0.1.2] }
  bad.example.names.example: { A: [127.0.1.2] }
  dyn-7.pool.example.names.example: { A: [127.0.1.3] }
)";

inline Outcome run(const std::string& options, const Transaction& transaction) {
  static const ZoneMap zone = ZoneMap::parse(kZone).value();
  return run_in(zone, "dnsbl", options, transaction);
}

inline Transaction client(const char* address = kClient) {
  return TransactionBuilder(Stage::mail).client(address).sender("<>").transaction;
}

inline Outcome run_client(const std::string& zones, const char* address = kClient) {
  return run("{ zones: " + zones + " }", client(address));
}

inline Outcome run_name(const char* look_up, const Transaction& transaction) {
  return run(std::string("{ look_up: ") + look_up +
                 ", zones: [{ zone: names.example, codes: '127.0.1.[2..254]' }] }",
             transaction);
}

}  // namespace postern::checks::dnsbl_run
