#include "common/dns_message.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <string_view>
#include <utility>
#include <variant>

#include "common/dns_wire_reader.h"

namespace postern {
namespace {

constexpr std::uint16_t kClassIn = 1;
constexpr std::uint16_t kTypeOpt = 41;
constexpr std::uint16_t kUdpPayload = 1232;
constexpr int kMaxLinks = 16;

constexpr std::uint16_t kReplyBit = 0x8000;
constexpr std::uint16_t kOpcodeMask = 0x7800;
constexpr std::uint16_t kAuthoritativeBit = 0x0400;
constexpr std::uint16_t kTruncatedBit = 0x0200;
constexpr std::uint16_t kRecursionDesiredBit = 0x0100;
constexpr std::uint16_t kRecursionAvailableBit = 0x0080;
constexpr std::uint16_t kAuthenticDataBit = 0x0020;
constexpr std::uint16_t kRcodeMask = 0x000f;
constexpr unsigned kNoError = 0;
constexpr unsigned kNxDomain = 3;

void append_u16(std::vector<std::uint8_t>& out, std::uint16_t value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8));
  out.push_back(static_cast<std::uint8_t>(value & 0xff));
}

void append_name(std::vector<std::uint8_t>& out, std::string_view name) {
  while (!name.empty()) {
    const std::string_view label = name.substr(0, name.find('.'));
    out.push_back(static_cast<std::uint8_t>(label.size()));
    out.insert(out.end(), label.begin(), label.end());
    name.remove_prefix(std::min(label.size() + 1, name.size()));
  }
  out.push_back(0);
}

struct Header {
  std::uint16_t flags = 0;
  std::uint16_t questions = 0;
  std::uint16_t answers = 0;
  std::uint16_t authorities = 0;
  std::uint16_t additionals = 0;

  [[nodiscard]] bool has(std::uint16_t bit) const { return (flags & bit) != 0; }
  [[nodiscard]] bool is_standard_reply() const {
    return has(kReplyBit) && (flags & kOpcodeMask) == 0;
  }
};

struct Record {
  std::string owner;
  std::uint16_t type = 0;
  std::uint16_t dns_class = 0;
  std::uint32_t ttl = 0;
  std::size_t data_start = 0;
  std::span<const std::uint8_t> data;

  [[nodiscard]] bool is(DnsType wanted) const {
    return dns_class == kClassIn && type == static_cast<std::uint16_t>(wanted);
  }
};

using Value = std::variant<IpAddress, MxRecord, std::string>;

// What the answer section says, in the order of the message.
struct Datum {
  std::string owner;
  std::uint32_t ttl = 0;
  Value value;
};

struct Alias {
  std::string owner;
  std::uint32_t ttl = 0;
  std::string target;
};

struct StartOfAuthority {
  std::string zone;
  std::uint32_t negative_ttl = 0;  // RFC 2308 5
};

struct Sections {
  bool answers_sound = true;
  std::vector<Datum> data;
  std::vector<Alias> aliases;
  // Of the other two sections we need little, and a fault there does not spoil the answer.
  bool rest_sound = true;
  bool has_ns = false;
  std::vector<StartOfAuthority> soa;
  bool has_opt = false;
  unsigned extended_rcode = 0;  // RFC 6891 6.1.3, the upper eight of twelve bits
};

// RFC 2181 8: the top bit set means zero.
std::uint32_t sane_ttl(std::uint32_t ttl) {
  return (ttl & 0x80000000) != 0 ? 0 : ttl;
}

Header read_header(DnsWireReader& reader) {
  reader.u16();  // the id is the caller's
  Header header;
  header.flags = reader.u16();
  header.questions = reader.u16();
  header.answers = reader.u16();
  header.authorities = reader.u16();
  header.additionals = reader.u16();
  return header;
}

bool echoes(DnsWireReader& reader, const DnsQuestion& question) {
  const std::string name = reader.name();
  const std::uint16_t type = reader.u16();
  const std::uint16_t dns_class = reader.u16();
  return reader.ok() && name == question.name.text() &&
         type == static_cast<std::uint16_t>(question.type) && dns_class == kClassIn;
}

bool question_matches(DnsWireReader& reader, const Header& header, const DnsQuestion& question) {
  if (header.questions == 1) return echoes(reader, question);
  // Servers that cannot make sense of a query return its bare header; that is worth knowing, and
  // does no harm since it says nothing about the name.
  const unsigned rcode = header.flags & kRcodeMask;
  return header.questions == 0 && rcode != kNoError && rcode != kNxDomain;
}

std::optional<Record> read_record(DnsWireReader& reader) {
  Record record;
  record.owner = reader.name();
  record.type = reader.u16();
  record.dns_class = reader.u16();
  record.ttl = reader.u32();
  const std::uint16_t length = reader.u16();
  record.data_start = reader.position();
  record.data = reader.octets(length);
  if (!reader.ok()) return std::nullopt;
  return record;
}

// Reads the data of `record` with `read` and insists that nothing is left over.
template <class Read>
auto read_data(std::span<const std::uint8_t> wire, const Record& record, Read read)
    -> std::optional<decltype(read(std::declval<DnsWireReader&>()))> {
  DnsWireReader reader(wire, record.data_start);
  auto value = read(reader);
  if (!reader.ok() || reader.position() != record.data_start + record.data.size()) {
    return std::nullopt;
  }
  return value;
}

std::optional<std::string> read_name_data(std::span<const std::uint8_t> wire,
                                          const Record& record) {
  return read_data(wire, record, [](DnsWireReader& reader) { return reader.name(); });
}

std::optional<Value> read_value(std::span<const std::uint8_t> wire, const Record& record) {
  switch (static_cast<DnsType>(record.type)) {
    case DnsType::a:
      return read_data(wire, record, [](DnsWireReader& reader) {
        return Value(IpAddress::from_v4(reader.u32()));
      });
    case DnsType::aaaa: {
      IpAddress::Bytes bytes{};
      if (record.data.size() != bytes.size()) return std::nullopt;
      std::copy(record.data.begin(), record.data.end(), bytes.begin());
      return Value(IpAddress(bytes));
    }
    case DnsType::mx:
      return read_data(wire, record, [](DnsWireReader& reader) {
        const std::uint16_t preference = reader.u16();
        return Value(MxRecord{preference, reader.name()});
      });
    case DnsType::ptr:
    case DnsType::ns:
    case DnsType::cname:
      if (auto name = read_name_data(wire, record)) return Value(std::move(*name));
      return std::nullopt;
    case DnsType::soa:
      break;
  }
  return std::nullopt;  // a type that DnsAnswer has no place for
}

bool read_answers(DnsWireReader& reader, std::span<const std::uint8_t> wire, int count,
                  DnsType wanted, Sections& sections) {
  for (int i = 0; i < count; ++i) {
    auto record = read_record(reader);
    if (!record) return false;
    if (record->is(wanted)) {
      auto value = read_value(wire, *record);
      if (!value) return false;
      sections.data.push_back({std::move(record->owner), sane_ttl(record->ttl), std::move(*value)});
    } else if (record->is(DnsType::cname)) {
      auto target = read_name_data(wire, *record);
      if (!target) return false;
      sections.aliases.push_back(
          {std::move(record->owner), sane_ttl(record->ttl), std::move(*target)});
    }
  }
  return true;
}

std::optional<StartOfAuthority> read_soa(std::span<const std::uint8_t> wire, const Record& record) {
  const auto minimum = read_data(wire, record, [](DnsWireReader& reader) {
    reader.name();
    reader.name();
    for (int i = 0; i < 4; ++i) reader.u32();  // serial, refresh, retry, expire
    return reader.u32();
  });
  if (!minimum) return std::nullopt;
  return StartOfAuthority{record.owner, std::min(sane_ttl(record.ttl), sane_ttl(*minimum))};
}

bool read_authorities(DnsWireReader& reader, std::span<const std::uint8_t> wire, int count,
                      Sections& sections) {
  for (int i = 0; i < count; ++i) {
    const auto record = read_record(reader);
    if (!record) return false;
    if (record->is(DnsType::ns)) sections.has_ns = true;
    if (!record->is(DnsType::soa)) continue;
    auto soa = read_soa(wire, *record);
    if (!soa) return false;
    sections.soa.push_back(std::move(*soa));
  }
  return true;
}

bool read_additionals(DnsWireReader& reader, int count, Sections& sections) {
  for (int i = 0; i < count; ++i) {
    const auto record = read_record(reader);
    if (!record) return false;
    if (record->type != kTypeOpt || !record->owner.empty()) continue;
    sections.has_opt = true;
    sections.extended_rcode = record->ttl >> 24;
  }
  return true;
}

Sections read_sections(DnsWireReader& reader, std::span<const std::uint8_t> wire,
                       const Header& header, DnsType wanted) {
  Sections sections;
  sections.answers_sound = read_answers(reader, wire, header.answers, wanted, sections);
  sections.rest_sound = sections.answers_sound &&
                        read_authorities(reader, wire, header.authorities, sections) &&
                        read_additionals(reader, header.additionals, sections);
  return sections;
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

bool has_data(const Sections& sections, std::string_view name) {
  return std::any_of(sections.data.begin(), sections.data.end(),
                     [&](const Datum& datum) { return datum.owner == name; });
}

// Nothing when it does not end within kMaxLinks. Servers need not send the links in order.
std::optional<Chain> follow_aliases(const Sections& sections, std::string_view start) {
  Chain chain;
  chain.end = start;
  while (!has_data(sections, chain.end)) {
    const auto alias = std::find_if(sections.aliases.begin(), sections.aliases.end(),
                                    [&](const Alias& a) { return a.owner == chain.end; });
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

DnsAnswer found(const Sections& sections, const Chain& chain) {
  DnsAnswer answer;
  answer.status = DnsStatus::found;
  answer.reason = DnsReason::answer;
  std::uint32_t ttl = chain.ttl;
  for (const Datum& datum : sections.data) {
    if (datum.owner != chain.end) continue;
    ttl = std::min(ttl, datum.ttl);
    if (const auto* address = std::get_if<IpAddress>(&datum.value)) {
      keep_new(answer.addresses, *address);
    } else if (const auto* mx = std::get_if<MxRecord>(&datum.value)) {
      answer.mx.push_back(*mx);
    } else if (const auto* name = std::get_if<std::string>(&datum.value)) {
      keep_new(answer.names, *name);
    }
  }
  keep_best(answer.mx);
  answer.ttl = std::chrono::seconds{ttl};
  return answer;
}

bool is_within(std::string_view name, std::string_view zone) {
  if (zone.empty() || name == zone) return true;
  return name.ends_with(zone) && name[name.size() - zone.size() - 1] == '.';
}

// The SOA that speaks for `name`. Some servers put that of the alias's zone beside a chain that
// leaves it; it says nothing about where the chain leads.
const StartOfAuthority* soa_for(const Sections& sections, std::string_view name) {
  const auto soa = std::find_if(sections.soa.begin(), sections.soa.end(),
                                [&](const StartOfAuthority& s) { return is_within(name, s.zone); });
  return soa == sections.soa.end() ? nullptr : &*soa;
}

DnsAnswer absent(DnsReason reason, std::uint32_t ttl) {
  DnsAnswer answer;
  answer.status = DnsStatus::absent;
  answer.reason = reason;
  answer.ttl = std::chrono::seconds{ttl};
  return answer;
}

// RFC 2308 2.2: without answer, SOA and authority, but with other servers to ask.
bool is_referral(const Header& header, const Sections& sections) {
  return sections.has_ns && !header.has(kAuthoritativeBit) && !header.has(kRecursionAvailableBit);
}

DnsReply failed(DnsReason reason) {
  DnsReply reply;
  reply.answer = temporary_failure(reason);
  return reply;
}

DnsReply to_be_continued(const Chain& chain) {
  auto next = DomainName::parse(chain.end);
  // No question can be asked about such a name, so the answer cannot be known.
  if (!next) return failed(DnsReason::malformed);
  // A caller that does not go on has no answer; the server has not looked any further.
  DnsReply reply = failed(DnsReason::referral);
  reply.answer.ttl = std::chrono::seconds{chain.ttl};
  reply.continue_at = std::move(*next);
  return reply;
}

DnsReply conclude_absent(const Header& header, const Sections& sections, const Chain& chain) {
  const StartOfAuthority* soa = soa_for(sections, chain.end);
  const bool cacheable = soa != nullptr && sections.rest_sound;
  const std::uint32_t ttl = cacheable ? std::min(chain.ttl, soa->negative_ttl) : 0;
  DnsReply reply;
  if ((header.flags & kRcodeMask) == kNxDomain) {
    reply.answer = absent(DnsReason::nxdomain, ttl);  // RFC 6604 3: of the end of the chain
  } else if (soa != nullptr) {
    reply.answer = absent(DnsReason::nodata, ttl);
  } else if (chain.links > 0) {
    reply = to_be_continued(chain);
  } else if (is_referral(header, sections)) {
    reply = failed(DnsReason::referral);
  } else {
    reply.answer = absent(DnsReason::nodata, 0);
  }
  return reply;
}

DnsReply conclude(const Header& header, const Sections& sections, const DnsQuestion& question) {
  const unsigned rcode = sections.extended_rcode << 4 | (header.flags & kRcodeMask);
  if (header.has(kTruncatedBit)) return failed(DnsReason::malformed);
  if (rcode != kNoError && rcode != kNxDomain) return failed(reason_of(rcode));
  if (!sections.answers_sound) return failed(DnsReason::malformed);

  const auto chain = follow_aliases(sections, question.name.text());
  if (!chain) return failed(DnsReason::cname_loop);
  if (has_data(sections, chain->end)) {
    // A name that does not exist has no records: the server contradicts itself.
    if (rcode == kNxDomain) return failed(DnsReason::malformed);
    DnsReply reply;
    reply.answer = found(sections, *chain);
    return reply;
  }
  if (header.answers > 0 && chain->links == 0) return failed(DnsReason::malformed);
  return conclude_absent(header, sections, *chain);
}

}  // namespace

std::vector<std::uint8_t> encode_query(std::uint16_t id, const DnsQuestion& question, Edns edns) {
  std::vector<std::uint8_t> out;
  append_u16(out, id);
  // AD in a query asks for AD in the reply (RFC 6840 5.7).
  append_u16(out, kRecursionDesiredBit | kAuthenticDataBit);
  append_u16(out, 1);
  append_u16(out, 0);
  append_u16(out, 0);
  append_u16(out, edns == Edns::opt ? 1 : 0);
  append_name(out, question.name.text());
  append_u16(out, static_cast<std::uint16_t>(question.type));
  append_u16(out, kClassIn);
  if (edns == Edns::opt) {
    append_name(out, {});
    append_u16(out, kTypeOpt);
    append_u16(out, kUdpPayload);  // in place of the class
    append_u16(out, 0);            // in place of the TTL: extended rcode and version
    append_u16(out, 0);            // flags
    append_u16(out, 0);            // no options
  }
  return out;
}

DnsReply decode_reply(std::span<const std::uint8_t> wire, const DnsQuestion& question) {
  DnsWireReader reader(wire);
  const Header header = read_header(reader);
  if (!reader.ok() || !header.is_standard_reply()) return failed(DnsReason::malformed);
  if (!question_matches(reader, header, question)) return failed(DnsReason::malformed);

  const Sections sections = read_sections(reader, wire, header, question.type);
  DnsReply reply = conclude(header, sections, question);
  reply.has_opt = sections.has_opt;
  return reply;
}

}  // namespace postern
