// Any bytes give a reply that keeps its promises; where glibc's libresolv can read the message, it
// reads the same records.
#include "common/dns/dns_message.h"

#include <arpa/nameser.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fuzz/require.h"

namespace postern::dns_message_fuzz {
namespace {

using Wire = std::span<const std::uint8_t>;

// The name at `start`, unpacked by libresolv, in the notation of MxRecord::exchange.
std::optional<std::string> oracle_name(Wire wire, const std::uint8_t* start) {
  std::array<std::uint8_t, NS_MAXCDNAME> name{};
  const std::uint8_t* const end = wire.data() + wire.size();
  if (ns_name_unpack(wire.data(), end, start, name.data(), name.size()) < 0) return std::nullopt;
  std::string out;
  for (std::size_t at = 0; name[at] != 0; at += name[at] + 1U) {
    if (at > 0) out += '.';
    for (std::size_t i = at + 1; i <= at + name[at]; ++i) {
      const auto c = static_cast<char>(name[i]);
      const bool upper = c >= 'A' && c <= 'Z';
      const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
      const std::string decimal = std::to_string(name[i] + 1000).substr(1);
      out += upper ? std::string(1, static_cast<char>(c | 0x20))
                   : (plain ? std::string(1, c) : '\\' + decimal);
    }
  }
  return out;
}

// The question that the message itself claims to answer, so that the fuzzer gets past the echo.
dns::DnsQuestion question_of(Wire wire) {
  dns::DnsQuestion question{*DomainName::parse("mail.example.org"), dns::DnsType::mx};
  if (wire.size() < 12) return question;
  const auto name = oracle_name(wire, wire.data() + 12);
  if (!name) return question;
  if (const auto parsed = dns::DnsName::parse(*name)) question.name = *parsed;
  std::size_t at = 12;
  while (at < wire.size() && wire[at] != 0 && wire[at] < 64) at += wire[at] + 1U;
  if (at + 2 >= wire.size()) return question;
  for (const dns::DnsType type :
       {dns::DnsType::a, dns::DnsType::aaaa, dns::DnsType::ptr, dns::DnsType::txt}) {
    if (wire[at + 2] == static_cast<std::uint8_t>(type)) question.type = type;
  }
  return question;
}

std::string as_line(const dns::MxView& mx) {
  return std::to_string(mx.preference) + ' ' + std::string(mx.exchange);
}

std::set<std::string> lines_of(const dns::DnsAnswer& answer) {
  std::set<std::string> lines;
  for (const std::string_view name : answer.records.names()) lines.emplace(name);
  for (const dns::TxtView& txt : answer.records.texts()) lines.emplace(txt.text);
  for (const dns::MxView& mx : answer.records.mx()) lines.insert(as_line(mx));
  for (const IpAddress& address : answer.records.addresses()) lines.insert(address.to_string());
  return lines;
}

// Its strings joined (RFC 1035 3.3.14).
std::optional<std::string> oracle_text(Wire data) {
  std::string text;
  while (!data.empty()) {
    const std::size_t length = data.front();
    if (data.size() < 1 + length) return std::nullopt;
    text.append(data.begin() + 1, data.begin() + 1 + static_cast<std::ptrdiff_t>(length));
    data = data.subspan(1 + length);
  }
  return text;
}

std::optional<std::string> oracle_line(Wire wire, const ns_rr& record) {
  const std::uint8_t* const data = ns_rr_rdata(record);
  const std::size_t size = ns_rr_rdlen(record);
  if (ns_rr_type(record) == ns_t_a && size == 4) {
    return IpAddress::from_v4(ns_get32(data) & 0xffffffff).to_string();
  }
  if (ns_rr_type(record) == ns_t_aaaa && size == 16) {
    IpAddress::Bytes bytes{};
    std::copy_n(data, size, bytes.begin());
    return IpAddress(bytes).to_string();
  }
  if (ns_rr_type(record) == ns_t_mx && size > 2) {
    const auto name = oracle_name(wire, data + 2);
    if (!name) return std::nullopt;
    return as_line(dns::MxView{static_cast<std::uint16_t>(ns_get16(data)), *name});
  }
  if (ns_rr_type(record) == ns_t_txt) return oracle_text({data, size});
  return oracle_name(wire, data);
}

// What libresolv reads of the question's type, of whatever owner; nothing when it cannot read all.
std::optional<std::set<std::string>> oracle_lines(Wire wire, dns::DnsType type) {
  ns_msg message;
  if (ns_initparse(wire.data(), static_cast<int>(wire.size()), &message) < 0) return std::nullopt;
  std::set<std::string> lines;
  for (int i = 0; i < ns_msg_count(message, ns_s_an); ++i) {
    ns_rr record;
    if (ns_parserr(&message, ns_s_an, i, &record) < 0) return std::nullopt;
    if (ns_rr_class(record) != ns_c_in) continue;
    if (ns_rr_type(record) != static_cast<std::uint16_t>(type)) continue;
    auto line = oracle_line(wire, record);
    if (!line) return std::nullopt;
    lines.insert(std::move(*line));
  }
  return lines;
}

void check_promises(const dns::DnsReply& reply) {
  const dns::DnsAnswer& answer = reply.answer;
  const auto mx = answer.records.mx();
  const auto texts = answer.records.texts();
  const std::size_t records =
      mx.size() + answer.records.addresses().size() + answer.records.names().size() + texts.size();
  std::size_t octets = 0;
  for (const dns::TxtView& txt : texts) octets += txt.text.size();
  require(octets <= dns::DnsAnswer::kMaxTextOctets);
  require((answer.status == dns::DnsStatus::found) == (records > 0));
  require((answer.status == dns::DnsStatus::found) == (answer.reason == dns::DnsReason::answer));
  require((answer.status == dns::DnsStatus::absent) ==
          (answer.reason == dns::DnsReason::nxdomain || answer.reason == dns::DnsReason::nodata));
  require(records <= dns::DnsAnswer::kMaxRecords);
  const std::vector<dns::MxView> all(mx.begin(), mx.end());
  require(std::is_sorted(all.begin(), all.end()));
  require(lines_of(answer).size() == records);
  require(answer.ttl >= std::chrono::seconds{0} && answer.ttl.count() < (std::int64_t{1} << 31));
  require(answer.server.empty());
  if (answer.status == dns::DnsStatus::temporary_failure && !reply.continue_at) {
    require(answer.ttl == std::chrono::seconds{0});
  }
  if (reply.continue_at) {
    require(answer.status == dns::DnsStatus::temporary_failure);
    require(!reply.continue_at->empty());
  }
}

void check_oracle(Wire wire, const dns::DnsQuestion& question, const dns::DnsReply& reply) {
  // Libresolv takes a message only if its counted records fill it: so must what denies anything.
  ns_msg message;
  const bool whole = ns_initparse(wire.data(), static_cast<int>(wire.size()), &message) == 0;
  require(whole || reply.answer.status != dns::DnsStatus::absent);
  const auto expected = oracle_lines(wire, question.type);
  if (!expected) return;
  const std::set<std::string> lines = lines_of(reply.answer);
  require(std::includes(expected->begin(), expected->end(), lines.begin(), lines.end()));
  // Libresolv sees nothing of the type: neither may we.
  if (expected->empty()) require(reply.answer.status != dns::DnsStatus::found);
}

// A query that comes back with nothing but the reply bit says nothing; with AA, that there is no
// data.
void check_query(const dns::DnsQuestion& question) {
  auto wire = dns::encode_query(0x1234, question, dns::Edns::opt);
  ns_msg message;
  require(ns_initparse(wire.data(), static_cast<int>(wire.size()), &message) == 0);
  require(dns::decode_reply(wire, question).answer.reason == dns::DnsReason::malformed);
  wire[2] |= 0x80;
  require(dns::decode_reply(wire, question).answer.reason == dns::DnsReason::referral);
  wire[2] |= 0x04;
  const dns::DnsReply reply = dns::decode_reply(wire, question);
  require(reply.has_opt && reply.answer.reason == dns::DnsReason::nodata);
}

void check(Wire wire) {
  const dns::DnsQuestion question = question_of(wire);
  const dns::DnsReply reply = dns::decode_reply(wire, question);
  check_promises(reply);
  check_oracle(wire, question, reply);
  check_query(question);
}

}  // namespace
}  // namespace postern::dns_message_fuzz

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // The wire has no more.
  if (size <= 65535) postern::dns_message_fuzz::check({data, size});
  return 0;
}
