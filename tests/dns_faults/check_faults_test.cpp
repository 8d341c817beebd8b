// The faults of DNS once more, for the checks beside sender_mx: which finding each comes to. No
// fault is a bad one.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/dns_faults/fault_matrix.h"
#include "tests/dns_faults/fault_page.h"
#include "tests/scenarios/both_doors.h"
#include "tests/support/rules_from.h"

namespace postern::check_faults_test {
namespace {

constexpr const char* kHelo = R"(version: 1
rules:
  - name: helo
    check: helo
    on:
      missing: reject
      malformed: reject
      local_name: reject
      unresolvable: reject
      mismatch: log
      confirmed: log
      unknown: defer
)";

constexpr const char* kDnsbl = R"(version: 1
rules:
  - name: lists
    check: dnsbl
    look_up: sender_domain
    zones: [list.example]
    on: { listed: reject, clean: log, refused: defer, broken: defer, unknown: defer }
)";

constexpr const char* kDnswl = R"(version: 1
rules:
  - name: lists
    check: dnswl
    look_up: sender_domain
    zones: [list.example]
    on: { high: log, unlisted: log, refused: log, broken: log, unknown: log }
)";

constexpr const char* kSpf = R"(version: 1
rules:
  - name: spf
    check: spf
    on: { fail: reject, none: log, permerror: log, temperror: defer }
)";

constexpr const char* kRdns = R"(version: 1
rules:
  - name: rdns
    check: rdns
    on: { none: reject, mismatch: reject, confirmed: log, unknown: defer }
)";

constexpr const char* kGreylist = R"(version: 1
rules:
  - name: grey
    check: greylist
    preset: standard
)";

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
    text.replace(at, what.size(), by);
  }
  return text;
}

// The one answer that a check needs has the fault: of this name, with this record; what has none,
// or another one, stands in a record of another type.
struct FaultyAnswer {
  std::string name;
  std::string record;
  std::string other_record;
  std::string other_names;  // without a fault
};

std::vector<Fault> of_answer(const FaultyAnswer& answer) {
  std::vector<Fault> faults = all_faults();
  const std::string domain = kDomain;
  std::erase_if(faults, [](const Fault& fault) {
    const auto has = [&](const char* word) { return fault.zone.find(word) != std::string::npos; };
    return fault.servers != Servers::one || has("MX: {") || has(" A: {") ||
           has("{ fault: servfail }") || has("many_mx") || has("DNAME");
  });
  for (Fault& fault : faults) {
    fault.zone = replaced(fault.zone, "PTR: [x.example]", answer.other_record);
    fault.zone = replaced(fault.zone, "MX: [10 mail." + domain + "]", answer.record);
    fault.zone = replaced(fault.zone, "MX: [0 .]", answer.other_record);
    fault.zone = replaced(fault.zone, domain, answer.name);
    fault.zone += "\n" + answer.other_names + "\n";
  }
  return faults;
}

// The domain is on the list by the name that has the fault; the list's own names have none.
std::vector<Fault> of_list(const std::string& code) {
  return of_answer({std::string(kDomain) + ".list.example", "A: [" + code + "]", "PTR: [x.example]",
                    "test.list.example: { A: [127.0.0.2] }"});
}

// A forger who is right twice in a row is believed (docs/dns.md): helo asks three times, and the
// reverse name of the client has few letters.
std::vector<Fault> without_forgers(std::vector<Fault> faults) {
  std::erase_if(faults,
                [](const Fault& fault) { return fault.name.find("forged") != std::string::npos; });
  return faults;
}

struct Matrix {
  explicit Matrix(std::vector<Fault> all, const char* rules) : faults(std::move(all)) {
    for (const Fault& fault : faults) cells.push_back({&fault, Cached::nothing, {}, {}});
    fill(cells, rules_from(rules), [](const Cell&, const Cell::Side&) { return true; });
  }

  std::vector<Fault> faults;
  std::vector<Cell> cells;
};

bool is_permanent(const JudgedMail& judged) {
  return judged.action == Disposition::reject || judged.reply.starts_with('5');
}

// One run for all tests.
class CheckFaults : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    helo_ = new Matrix(without_forgers(all_faults()), kHelo);
    dnsbl_ = new Matrix(of_list("127.0.0.2"), kDnsbl);
    dnswl_ = new Matrix(of_list("127.0.2.3"), kDnswl);
    const FaultyAnswer spf{kDomain, "TXT: [\"v=spf1 -all\"]", "PTR: [x.example]", ""};
    spf_ = new Matrix(of_answer(spf), kSpf);
    greylist_ = new Matrix(of_answer(spf), kGreylist);
    rdns_ = new Matrix(
        without_forgers(of_answer({"1.2.0.192.in-addr.arpa", "PTR: [host.example]",
                                   "A: [198.51.100.25]", "host.example: { A: [192.0.2.1] }"})),
        kRdns);
  }
  static void TearDownTestSuite() {
    delete helo_;
    delete dnsbl_;
    delete dnswl_;
    delete spf_;
    delete rdns_;
    delete greylist_;
  }

  static Matrix* helo_;
  static Matrix* dnsbl_;
  static Matrix* dnswl_;
  static Matrix* spf_;
  static Matrix* rdns_;
  static Matrix* greylist_;
};

Matrix* CheckFaults::helo_ = nullptr;
Matrix* CheckFaults::dnsbl_ = nullptr;
Matrix* CheckFaults::dnswl_ = nullptr;
Matrix* CheckFaults::spf_ = nullptr;
Matrix* CheckFaults::rdns_ = nullptr;
Matrix* CheckFaults::greylist_ = nullptr;

TEST_F(CheckFaults, NoHeloIsRefusedForGoodUnlessDnsDeniesTheName) {
  for (const Cell& cell : helo_->cells) {
    const DnsTruth truth = cell.fault->truth;
    const bool denied = truth == DnsTruth::no_such_name || truth == DnsTruth::no_such_record;
    EXPECT_EQ(is_permanent(cell.policy.judged), denied) << cell.fault->name;
    EXPECT_EQ(is_permanent(cell.milter.judged), denied) << cell.fault->name;
  }
}

// Where mail of the domain passes sender_mx, its answer came in spite of the fault.
TEST_F(CheckFaults, NobodyIsRefusedForGoodUnlessTheListHasSaidSo) {
  ASSERT_GT(dnsbl_->cells.size(), 40U);
  for (const Cell& cell : dnsbl_->cells) {
    const bool listed = cell.fault->action == Disposition::pass;
    EXPECT_EQ(is_permanent(cell.policy.judged), listed) << cell.fault->name;
    EXPECT_EQ(is_permanent(cell.milter.judged), listed) << cell.fault->name;
  }
}

TEST_F(CheckFaults, NobodyIsTrustedUnlessTheListHasSaidSo) {
  for (const Cell& cell : dnswl_->cells) {
    const bool listed = cell.fault->action == Disposition::pass;
    EXPECT_EQ(cell.policy.judged.found == "high", listed) << cell.fault->name;
  }
}

TEST_F(CheckFaults, NobodyIsRefusedForGoodUnlessTheDomainHasPublishedIt) {
  ASSERT_GT(spf_->cells.size(), 40U);
  for (const Cell& cell : spf_->cells) {
    const bool published = cell.fault->action == Disposition::pass;
    EXPECT_EQ(is_permanent(cell.policy.judged), published) << cell.fault->name;
    EXPECT_EQ(is_permanent(cell.milter.judged), published) << cell.fault->name;
  }
}

TEST_F(CheckFaults, NoClientIsRefusedForGoodUnlessDnsDeniesItsName) {
  ASSERT_GT(rdns_->cells.size(), 40U);
  for (const Cell& cell : rdns_->cells) {
    const bool denied = cell.fault->truth != DnsTruth::none;
    EXPECT_EQ(is_permanent(cell.policy.judged), denied) << cell.fault->name;
    EXPECT_EQ(is_permanent(cell.milter.judged), denied) << cell.fault->name;
  }
}

// Who comes from another server at each try would be deferred as long as the fault lasts.
TEST_F(CheckFaults, NobodyWaitsForGreylistingWhileDnsDoesNotSayWhoSends) {
  ASSERT_EQ(greylist_->cells.size(), spf_->cells.size());
  for (std::size_t i = 0; i < spf_->cells.size(); ++i) {
    const Cell& cell = greylist_->cells[i];
    const bool is_known = spf_->cells[i].policy.judged.found != "temperror";
    EXPECT_EQ(cell.policy.judged.found, is_known ? "new" : "unknown") << cell.fault->name;
    const Disposition wanted = is_known ? Disposition::defer : Disposition::pass;
    EXPECT_EQ(cell.policy.judged.action, wanted) << cell.fault->name;
    EXPECT_EQ(cell.milter.judged.action, wanted) << cell.fault->name;
  }
}

TEST_F(CheckFaults, BothDoorsAgree) {
  for (const Matrix* matrix : {helo_, dnsbl_, dnswl_, spf_, rdns_, greylist_}) {
    for (const Cell& cell : matrix->cells) {
      EXPECT_EQ(cell.policy.judged.found, cell.milter.judged.found) << cell.fault->name;
    }
  }
}

const char* const kHeading = R"(
## Other checks

What the other checks find then, with an empty cache. [helo](../rules/checks/helo.md): the client says the name with the fault.
[dnsbl](../rules/checks/dnsbl.md) and [dnswl](../rules/checks/dnswl.md): the list's answer has the fault, where one can be in it;
without a fault it lists. [spf](../rules/checks/spf.md): the TXT record of the sender's domain has it; without a fault it is `-all`.
[rdns](../rules/checks/rdns.md): the client's PTR record has it; without a fault the name leads back.
[greylist](../rules/checks/greylist.md): as spf, for a sender who comes for the first time.

| fault | helo | dnsbl | dnswl | spf | rdns | greylist |
|---|---|---|---|---|---|---|
)";

TEST_F(CheckFaults, ThePageIsWhatHappens) {
  std::string part = kHeading;
  for (const Fault& fault : all_faults()) {
    part += "| " + fault.name + " |";
    for (const Matrix* matrix : {helo_, dnsbl_, dnswl_, spf_, rdns_, greylist_}) {
      const auto cell =
          std::find_if(matrix->cells.begin(), matrix->cells.end(),
                       [&](const Cell& one) { return one.fault->name == fault.name; });
      part += cell == matrix->cells.end() ? " |" : " `" + cell->policy.judged.found + "` |";
    }
    part += "\n";
  }
  expect_on_page(PagePart::other_checks, part);
}

}  // namespace
}  // namespace postern::check_faults_test
