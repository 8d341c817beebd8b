#include "common/dns/dns.h"

#include <gtest/gtest.h>

#include <set>

namespace postern::dns::dns_test {
namespace {

TEST(Dns, TypesPrintAsInZoneFiles) {
  EXPECT_EQ(to_string(DnsType::a), "A");
  EXPECT_EQ(to_string(DnsType::ns), "NS");
  EXPECT_EQ(to_string(DnsType::cname), "CNAME");
  EXPECT_EQ(to_string(DnsType::soa), "SOA");
  EXPECT_EQ(to_string(DnsType::ptr), "PTR");
  EXPECT_EQ(to_string(DnsType::mx), "MX");
  EXPECT_EQ(to_string(DnsType::aaaa), "AAAA");
}

TEST(Dns, StatusesPrint) {
  EXPECT_EQ(to_string(DnsStatus::found), "found");
  EXPECT_EQ(to_string(DnsStatus::absent), "absent");
  EXPECT_EQ(to_string(DnsStatus::temporary_failure), "temporary_failure");
}

TEST(Dns, ReasonsPrintAndAreDistinct) {
  std::set<std::string_view> names;
  const int last = static_cast<int>(DnsReason::deadline);
  for (int i = 0; i <= last; ++i) names.insert(to_string(static_cast<DnsReason>(i)));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(last) + 1);
  EXPECT_EQ(names.count("?"), 0U);
  EXPECT_EQ(to_string(DnsReason::nxdomain), "nxdomain");
  EXPECT_EQ(to_string(DnsReason::cname_loop), "cname_loop");
}

TEST(Dns, TemporaryFailureHasNoRecordsAndIsNotKept) {
  const DnsAnswer answer = temporary_failure(DnsReason::servfail);
  EXPECT_EQ(answer.status, DnsStatus::temporary_failure);
  EXPECT_EQ(answer.reason, DnsReason::servfail);
  EXPECT_EQ(answer.records, DnsRecords());
  EXPECT_EQ(answer.ttl, std::chrono::seconds{0});
  EXPECT_EQ(answer.server, "");
}

}  // namespace
}  // namespace postern::dns::dns_test
