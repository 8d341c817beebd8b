#include "common/dns/dns_message.h"

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>
#include <variant>

#include "common/base/overloaded.h"
#include "common/dns/dns_sections.h"
#include "common/dns/dns_wire_reader.h"

namespace postern::dns {
namespace {

constexpr std::uint16_t kUdpPayload = 1232;
constexpr int kMaxLinks = 16;
constexpr unsigned kNoError = 0;
constexpr unsigned kNxDomain = 3;

void append_u16(std::vector<std::uint8_t>& out, std::uint16_t value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8));
  out.push_back(static_cast<std::uint8_t>(value & 0xff));
}

bool echoes(DnsWireReader& reader, const DnsQuestion& question) {
  const std::string name = reader.name();
  const std::uint16_t type = reader.u16();
  const std::uint16_t dns_class = reader.u16();
  return reader.ok() && name == question.name.text() &&
         type == static_cast<std::uint16_t>(question.type) && dns_class == kDnsClassIn;
}

bool question_matches(DnsWireReader& reader, const DnsHeader& header, const DnsQuestion& question) {
  if (header.questions == 1) return echoes(reader, question);
  // Servers that cannot make sense of a query return its bare header; that is worth knowing, and
  // does no harm since it says nothing about the name.
  const unsigned rcode = header.flags & kDnsRcodeMask;
  return header.questions == 0 && rcode != kNoError && rcode != kNxDomain;
}

DnsReason reason_of(unsigned rcode) {
  switch (rcode) {
    case 1:
      return DnsReason::formerr;
    case 2:
      return DnsReason::servfail;
    case 4:
      return DnsReason::notimp;
    case 5:
      return DnsReason::refused;
    default:
      return DnsReason::other_rcode;
  }
}

// Where the CNAMEs lead, from the name of the question.
struct Chain {
  std::string_view end;
  int links = 0;
  std::uint32_t ttl = std::numeric_limits<std::uint32_t>::max();
};

bool has_data(const DnsSections& sections, std::string_view name) {
  return std::any_of(sections.data.begin(), sections.data.end(),
                     [&](const DnsDatum& datum) { return datum.owner == name; });
}

// RFC 7505: says that there is no mail host, and so must be whole like any denial.
bool has_null_mx(const DnsSections& sections, std::string_view name) {
  return std::any_of(sections.data.begin(), sections.data.end(), [&](const DnsDatum& datum) {
    const auto* mx = std::get_if<MxRecord>(&datum.value);
    return datum.owner == name && mx != nullptr && mx->exchange.empty();
  });
}

bool is_misplaced(const DnsSections& sections, std::string_view name) {
  return std::find(sections.misplaced.begin(), sections.misplaced.end(), name) !=
         sections.misplaced.end();
}

// Nothing when it does not end within kMaxLinks. Servers need not send the links in order.
std::optional<Chain> follow_aliases(const DnsSections& sections, std::string_view start) {
  Chain chain;
  chain.end = start;
  while (!has_data(sections, chain.end)) {
    const auto alias = std::find_if(sections.aliases.begin(), sections.aliases.end(),
                                    [&](const DnsAlias& a) { return a.owner == chain.end; });
    if (alias == sections.aliases.end()) break;
    if (++chain.links > kMaxLinks) return std::nullopt;
    chain.end = alias->target;
    chain.ttl = std::min(chain.ttl, alias->ttl);
  }
  return chain;
}

template <class T>
void keep_new(std::vector<T>& kept, const T& value) {
  if (kept.size() == DnsAnswer::kMaxRecords) return;
  if (std::find(kept.begin(), kept.end(), value) == kept.end()) kept.push_back(value);
}

void keep_best(std::vector<MxRecord>& records) {
  std::sort(records.begin(), records.end());
  records.erase(std::unique(records.begin(), records.end()), records.end());
  if (records.size() > DnsAnswer::kMaxRecords) records.resize(DnsAnswer::kMaxRecords);
}

// Of one type: at most one of these has any.
struct Kept {
  std::vector<MxRecord> mx;
  std::vector<IpAddress> addresses;
  std::vector<std::string> names;
  std::vector<TxtRecord> texts;

  [[nodiscard]] DnsRecords in_short() const {
    DnsRecords records;
    for (const MxRecord& record : mx) records.add_mx(record.preference, record.exchange);
    for (const IpAddress& address : addresses) records.add_address(address);
    for (const std::string& name : names) records.add_name(name);
    for (const TxtRecord& record : texts) records.add_text(record.text);
    return records;
  }
};

DnsAnswer found(const DnsSections& sections, const Chain& chain) {
  Kept kept;
  std::uint32_t ttl = chain.ttl;
  for (const DnsDatum& datum : sections.data) {
    if (datum.owner != chain.end) continue;
    ttl = std::min(ttl, datum.ttl);
    std::visit(Overloaded{[&](const IpAddress& address) { keep_new(kept.addresses, address); },
                          [&](const MxRecord& record) { kept.mx.push_back(record); },
                          [&](const std::string& name) { keep_new(kept.names, name); },
                          [&](const TxtRecord& record) { keep_new(kept.texts, record); }},
               datum.value);
  }
  keep_best(kept.mx);
  DnsAnswer answer;
  answer.status = DnsStatus::found;
  answer.reason = DnsReason::answer;
  answer.ttl = DnsTtl{ttl};
  answer.records = kept.in_short();
  return answer;
}

bool is_within(std::string_view name, std::string_view zone) {
  if (zone.empty() || name == zone) return true;
  return name.ends_with(zone) && name[name.size() - zone.size() - 1] == '.';
}

// The SOA that speaks for `name`. Some servers put that of the alias's zone beside a chain that
// leaves it; it says nothing about where the chain leads.
const DnsStartOfAuthority* soa_for(const DnsSections& sections, std::string_view name) {
  const auto soa =
      std::find_if(sections.soa.begin(), sections.soa.end(),
                   [&](const DnsStartOfAuthority& s) { return is_within(name, s.zone); });
  return soa == sections.soa.end() ? nullptr : &*soa;
}

DnsAnswer absent(DnsReason reason, std::uint32_t ttl) {
  DnsAnswer answer;
  answer.status = DnsStatus::absent;
  answer.reason = reason;
  answer.ttl = DnsTtl{ttl};
  return answer;
}

// A server that neither is responsible for the name nor asks others for us, and has no SOA to show
// (RFC 2308 2.2): it refers elsewhere, or does not know.
bool is_referral(const DnsHeader& header) {
  return !header.has(kDnsAuthoritativeBit) && !header.has(kDnsRecursionAvailableBit);
}

DnsReply failed(DnsReason reason) {
  DnsReply reply;
  reply.answer = temporary_failure(reason);
  return reply;
}

DnsReply to_be_continued(const Chain& chain) {
  auto next = DnsName::parse(chain.end);
  // It is the root, about which nothing is asked, so the answer cannot be known.
  if (!next) return failed(DnsReason::malformed);
  // A caller that does not go on has no answer; the server has not looked any further.
  DnsReply reply = failed(DnsReason::referral);
  reply.answer.ttl = DnsTtl{chain.ttl};
  reply.continue_at = std::move(*next);
  return reply;
}

DnsReply conclude_absent(const DnsHeader& header, const DnsSections& sections, const Chain& chain) {
  const DnsStartOfAuthority* soa = soa_for(sections, chain.end);
  const std::uint32_t ttl = soa != nullptr ? std::min(chain.ttl, soa->negative_ttl) : 0;
  DnsReply reply;
  if (soa == nullptr && chain.links == 0 && is_referral(header)) {
    reply = failed(DnsReason::referral);
  } else if ((header.flags & kDnsRcodeMask) == kNxDomain) {
    reply.answer = absent(DnsReason::nxdomain, ttl);  // RFC 6604 3: of the end of the chain
  } else if (soa != nullptr) {
    reply.answer = absent(DnsReason::nodata, ttl);
  } else if (chain.links > 0) {
    reply = to_be_continued(chain);
  } else {
    reply.answer = absent(DnsReason::nodata, 0);
  }
  return reply;
}

DnsReply conclude(const DnsHeader& header, const DnsSections& sections,
                  const DnsQuestion& question) {
  const unsigned rcode = sections.extended_rcode << 4 | (header.flags & kDnsRcodeMask);
  if (header.has(kDnsTruncatedBit)) return failed(DnsReason::malformed);
  if (rcode != kNoError && rcode != kNxDomain) return failed(reason_of(rcode));
  if (!sections.answers_sound) return failed(DnsReason::malformed);

  const auto chain = follow_aliases(sections, question.name.text());
  if (!chain) return failed(DnsReason::cname_loop);
  // The server knows more than its answer section shows.
  if (is_misplaced(sections, chain->end)) return failed(DnsReason::malformed);
  if (has_data(sections, chain->end)) {
    // A name that does not exist has no records: the server contradicts itself.
    if (rcode == kNxDomain) return failed(DnsReason::malformed);
    if (!sections.rest_sound && has_null_mx(sections, chain->end)) {
      return failed(DnsReason::malformed);
    }
    // What a domain publishes about itself may be in the text that was left out.
    if (question.type == DnsType::txt && !sections.data_whole) return failed(DnsReason::malformed);
    DnsReply reply;
    reply.answer = found(sections, *chain);
    return reply;
  }
  if (header.answers > 0 && chain->links == 0) return failed(DnsReason::malformed);
  // What says that there is nothing must be whole: a referral and an extended rcode stand behind,
  // and bytes that no section counts may be the records themselves.
  if (!sections.rest_sound) return failed(DnsReason::malformed);
  return conclude_absent(header, sections, *chain);
}

}  // namespace

std::vector<std::uint8_t> encode_query(std::uint16_t id, const DnsQuestion& question, Edns edns) {
  std::vector<std::uint8_t> out;
  append_u16(out, id);
  // AD in a query asks for AD in the reply (RFC 6840 5.7).
  append_u16(out, kDnsRecursionDesiredBit | kDnsAuthenticDataBit);
  append_u16(out, 1);
  append_u16(out, 0);
  append_u16(out, 0);
  append_u16(out, edns == Edns::opt ? 1 : 0);
  append_wire_name(out, question.name.text());
  append_u16(out, static_cast<std::uint16_t>(question.type));
  append_u16(out, kDnsClassIn);
  if (edns == Edns::opt) {
    append_wire_name(out, {});
    append_u16(out, kDnsTypeOpt);
    append_u16(out, kUdpPayload);  // in place of the class
    append_u16(out, 0);            // in place of the TTL: extended rcode and version
    append_u16(out, 0);            // flags
    append_u16(out, 0);            // no options
  }
  return out;
}

DnsReply decode_reply(std::span<const std::uint8_t> wire, const DnsQuestion& question) {
  DnsWireReader reader(wire);
  const DnsHeader header = read_dns_header(reader);
  if (!reader.ok() || !header.is_standard_reply()) return failed(DnsReason::malformed);
  if (!question_matches(reader, header, question)) return failed(DnsReason::malformed);

  const DnsSections sections = read_dns_sections(reader, wire, header, question.type);
  DnsReply reply = conclude(header, sections, question);
  reply.has_opt = sections.has_opt;
  return reply;
}

}  // namespace postern::dns
