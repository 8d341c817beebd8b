// The messages of a DNS server for tests: queries are read, replies written octet by octet, also
// such as no honest server would send. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/dns/dns.h"

namespace postern {

using Bytes = std::vector<std::uint8_t>;

inline constexpr std::size_t kDnsHeader = 12;  // octets

struct ZoneQuery {
  std::uint16_t id = 0;
  bool recursion_desired = false;
  std::string name;                     // as DnsName::text() has it
  dns::DnsType type = dns::DnsType::a;  // may have any value
  std::vector<std::uint8_t> question;   // as it came: its letters may be of either case
  bool edns = false;
  std::size_t payload = 512;  // octets that a UDP reply may have
};

// Nothing when the bytes are no query with one question.
std::optional<ZoneQuery> parse_query(std::span<const std::uint8_t> wire);

void put16(Bytes& out, std::size_t value);
void put32(Bytes& out, std::uint32_t value);
// Presentation to wire: `\.` and `\DDD` as in RFC 1035 5.1. Labels are cut at 63 octets.
void put_name(Bytes& out, const std::string& name);

// A reply to `query`, which outlives it, being written.
class ZoneMessage {
 public:
  explicit ZoneMessage(const ZoneQuery& query) : query_(query) {}

  void set_rcode(int rcode) { rcode_ = rcode; }
  void add_answer(const std::string& owner, dns::DnsType type, std::uint32_t ttl,
                  const Bytes& data) {
    put_record(answers_, owner, type, ttl, data);
    ++answer_count_;
  }
  void add_authority(const std::string& owner, dns::DnsType type, std::uint32_t ttl,
                     const Bytes& data) {
    put_record(authorities_, owner, type, ttl, data);
    ++authority_count_;
  }
  void add_raw_answer(const Bytes& record) {
    answers_.insert(answers_.end(), record.begin(), record.end());
    ++answer_count_;
  }
  void lie_about_count() { answer_count_ += 3; }
  void leave_out_opt() { opt_ = false; }
  void offer_no_recursion() { recursion_ = 0; }
  [[nodiscard]] bool has_answers() const { return answer_count_ > 0; }

  [[nodiscard]] Bytes wire() const;
  [[nodiscard]] Bytes truncated_wire() const;

 private:
  static void put_record(Bytes& out, const std::string& owner, dns::DnsType type, std::uint32_t ttl,
                         const Bytes& data);
  [[nodiscard]] bool with_opt() const { return opt_ && query_.edns; }
  [[nodiscard]] Bytes head(int truncated, std::size_t answers, std::size_t authorities) const;
  void put_opt(Bytes& out) const;

  const ZoneQuery& query_;
  int rcode_ = 0;
  bool opt_ = true;
  int recursion_ = 0x80;  // RA
  std::size_t answer_count_ = 0;
  std::size_t authority_count_ = 0;
  Bytes answers_;
  Bytes authorities_;
};

}  // namespace postern
