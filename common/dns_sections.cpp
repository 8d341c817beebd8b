#include "common/dns_sections.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace postern {
namespace {

struct Record {
  std::string owner;
  std::uint16_t type = 0;
  std::uint16_t dns_class = 0;
  std::uint32_t ttl = 0;
  std::size_t data_start = 0;
  std::span<const std::uint8_t> data;

  [[nodiscard]] bool is(DnsType wanted) const {
    return dns_class == kDnsClassIn && type == static_cast<std::uint16_t>(wanted);
  }
};

// RFC 2181 8: the top bit set means zero.
std::uint32_t sane_ttl(std::uint32_t ttl) {
  return (ttl & 0x80000000) != 0 ? 0 : ttl;
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

std::optional<DnsValue> read_value(std::span<const std::uint8_t> wire, const Record& record) {
  switch (static_cast<DnsType>(record.type)) {
    case DnsType::a:
      return read_data(wire, record, [](DnsWireReader& reader) {
        return DnsValue(IpAddress::from_v4(reader.u32()));
      });
    case DnsType::aaaa: {
      IpAddress::Bytes bytes{};
      if (record.data.size() != bytes.size()) return std::nullopt;
      std::copy(record.data.begin(), record.data.end(), bytes.begin());
      return DnsValue(IpAddress(bytes));
    }
    case DnsType::mx:
      return read_data(wire, record, [](DnsWireReader& reader) {
        const std::uint16_t preference = reader.u16();
        return DnsValue(MxRecord{preference, reader.name()});
      });
    case DnsType::ptr:
    case DnsType::ns:
    case DnsType::cname:
      if (auto name = read_name_data(wire, record)) return DnsValue(std::move(*name));
      return std::nullopt;
    case DnsType::soa:
      break;
  }
  return std::nullopt;  // a type that DnsAnswer has no place for
}

bool read_answers(DnsWireReader& reader, std::span<const std::uint8_t> wire, int count,
                  DnsType wanted, DnsSections& sections) {
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

std::optional<DnsStartOfAuthority> read_soa(std::span<const std::uint8_t> wire,
                                            const Record& record) {
  const auto minimum = read_data(wire, record, [](DnsWireReader& reader) {
    reader.name();
    reader.name();
    for (int i = 0; i < 4; ++i) reader.u32();  // serial, refresh, retry, expire
    return reader.u32();
  });
  if (!minimum) return std::nullopt;
  return DnsStartOfAuthority{record.owner, std::min(sane_ttl(record.ttl), sane_ttl(*minimum))};
}

bool read_authorities(DnsWireReader& reader, std::span<const std::uint8_t> wire, int count,
                      DnsType wanted, DnsSections& sections) {
  for (int i = 0; i < count; ++i) {
    const auto record = read_record(reader);
    if (!record) return false;
    if (record->is(wanted)) sections.misplaced.push_back(record->owner);
    if (record->is(DnsType::ns)) sections.has_ns = true;
    if (!record->is(DnsType::soa)) continue;
    auto soa = read_soa(wire, *record);
    if (!soa) return false;
    sections.soa.push_back(std::move(*soa));
  }
  return true;
}

bool read_additionals(DnsWireReader& reader, int count, DnsType wanted, DnsSections& sections) {
  for (int i = 0; i < count; ++i) {
    const auto record = read_record(reader);
    if (!record) return false;
    if (record->is(wanted)) sections.misplaced.push_back(record->owner);
    if (record->type != kDnsTypeOpt || !record->owner.empty()) continue;
    sections.has_opt = true;
    sections.extended_rcode = record->ttl >> 24;
  }
  return true;
}

// True when nothing is left over.
bool read_leftover(DnsWireReader& reader, std::size_t message_size, DnsType wanted,
                   DnsSections& sections) {
  if (reader.position() == message_size) return true;
  while (const auto record = read_record(reader)) {
    if (record->is(wanted)) sections.misplaced.push_back(record->owner);
  }
  return false;
}

}  // namespace

DnsHeader read_dns_header(DnsWireReader& reader) {
  reader.u16();  // the id is the caller's
  DnsHeader header;
  header.flags = reader.u16();
  header.questions = reader.u16();
  header.answers = reader.u16();
  header.authorities = reader.u16();
  header.additionals = reader.u16();
  return header;
}

DnsSections read_dns_sections(DnsWireReader& reader, std::span<const std::uint8_t> wire,
                              const DnsHeader& header, DnsType wanted) {
  DnsSections sections;
  sections.answers_sound = read_answers(reader, wire, header.answers, wanted, sections);
  sections.rest_sound = sections.answers_sound &&
                        read_authorities(reader, wire, header.authorities, wanted, sections) &&
                        read_additionals(reader, header.additionals, wanted, sections) &&
                        read_leftover(reader, wire.size(), wanted, sections);
  return sections;
}

}  // namespace postern
