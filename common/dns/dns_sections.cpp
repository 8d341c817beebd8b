#include "common/dns/dns_sections.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

namespace postern::dns {
namespace {

// More than any honest chain of aliases has, and zones one above the other.
constexpr std::size_t kMaxAliases = 32;
constexpr std::size_t kMaxStartsOfAuthority = 8;

// As it stands in the message, its names not decoded.
struct Record {
  std::size_t owner = 0;  // where it stands
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
  record.owner = reader.position();
  reader.skip_name();
  record.type = reader.u16();
  record.dns_class = reader.u16();
  record.ttl = reader.u32();
  const std::uint16_t length = reader.u16();
  record.data_start = reader.position();
  record.data = reader.octets(length);
  if (!reader.ok()) return std::nullopt;
  return record;
}

std::optional<std::string> read_owner(std::span<const std::uint8_t> wire, const Record& record) {
  DnsWireReader reader(wire, record.owner);
  std::string name = reader.name();
  if (!reader.ok()) return std::nullopt;
  return name;
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

// One or more strings of a length octet and so many octets (RFC 1035 3.3.14).
std::optional<DnsValue> read_text(std::span<const std::uint8_t> wire, const Record& record) {
  return read_data(wire, record, [&](DnsWireReader& reader) {
    TxtRecord txt;
    while (reader.ok() && reader.position() < record.data_start + record.data.size()) {
      const auto length = reader.octets(1);
      const auto octets = reader.octets(length.empty() ? 0 : length.front());
      txt.text.append(octets.begin(), octets.end());
    }
    return DnsValue(std::move(txt));
  });
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
    case DnsType::txt:
      return read_text(wire, record);
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

// The lower the better (RFC 5321 5.1); of other types they are all the same.
unsigned preference_of(const Record& record) {
  if (!record.is(DnsType::mx) || record.data.size() < 2) return 0;
  return static_cast<unsigned>(record.data[0] << 8 | record.data[1]);
}

// The best of them in their order, of equal ones the first. Whether there were more.
bool cut_to_bound(std::vector<Record>& records, std::size_t most) {
  if (records.size() <= most) return false;
  const auto rank = [](const Record& record) {
    return std::pair(preference_of(record), record.owner);
  };
  const auto end = records.begin() + static_cast<std::ptrdiff_t>(most);
  std::partial_sort(
      records.begin(), end, records.end(),
      [&](const Record& one, const Record& other) { return rank(one) < rank(other); });
  records.erase(end, records.end());
  return true;
}

// The first that together have so many octets. Whether there were more.
bool cut_to_octets(std::vector<Record>& records, std::size_t most) {
  std::size_t octets = 0;
  const auto end = std::find_if(records.begin(), records.end(), [&](const Record& record) {
    octets += record.data.size();
    return octets > most;
  });
  const bool is_cut = end != records.end();
  records.erase(end, records.end());
  return is_cut;
}

bool decode_data(std::span<const std::uint8_t> wire, const std::vector<Record>& records,
                 DnsSections& sections) {
  for (const Record& record : records) {
    auto owner = read_owner(wire, record);
    auto value = read_value(wire, record);
    if (!owner || !value) return false;
    sections.data.push_back({std::move(*owner), sane_ttl(record.ttl), std::move(*value)});
  }
  return true;
}

bool decode_aliases(std::span<const std::uint8_t> wire, const std::vector<Record>& records,
                    DnsSections& sections) {
  for (const Record& record : records) {
    auto owner = read_owner(wire, record);
    auto target = read_name_data(wire, record);
    if (!owner || !target) return false;
    sections.aliases.push_back({std::move(*owner), sane_ttl(record.ttl), std::move(*target)});
  }
  return true;
}

// What is read of a message, and whether any of it was left out.
struct Reading {
  std::span<const std::uint8_t> wire;
  DnsType wanted;
  DnsSections sections;
  bool is_cut = false;
};

bool read_answers(DnsWireReader& reader, int count, Reading& reading) {
  std::vector<Record> data;
  std::vector<Record> aliases;
  for (int i = 0; i < count; ++i) {
    const auto record = read_record(reader);
    if (!record) return false;
    if (record->is(reading.wanted)) {
      data.push_back(*record);
    } else if (record->is(DnsType::cname)) {
      aliases.push_back(*record);
    }
  }
  const bool too_many_records = cut_to_bound(data, DnsAnswer::kMaxRecords);
  const bool too_much_text =
      reading.wanted == DnsType::txt && cut_to_octets(data, DnsAnswer::kMaxTextOctets);
  reading.sections.data_whole = !too_many_records && !too_much_text;
  const bool too_many_aliases = cut_to_bound(aliases, kMaxAliases);
  reading.is_cut = !reading.sections.data_whole || too_many_aliases;
  return decode_data(reading.wire, data, reading.sections) &&
         decode_aliases(reading.wire, aliases, reading.sections);
}

std::optional<DnsStartOfAuthority> read_soa(std::span<const std::uint8_t> wire,
                                            const Record& record) {
  const auto minimum = read_data(wire, record, [](DnsWireReader& reader) {
    reader.name();
    reader.name();
    for (int i = 0; i < 4; ++i) reader.u32();  // serial, refresh, retry, expire
    return reader.u32();
  });
  auto zone = read_owner(wire, record);
  if (!minimum || !zone) return std::nullopt;
  return DnsStartOfAuthority{std::move(*zone), std::min(sane_ttl(record.ttl), sane_ttl(*minimum))};
}

// False: its owner is none.
bool note_misplaced(const Record& record, Reading& reading) {
  if (!record.is(reading.wanted)) return true;
  if (reading.sections.misplaced.size() == DnsAnswer::kMaxRecords) {
    reading.is_cut = true;
    return true;
  }
  auto owner = read_owner(reading.wire, record);
  if (owner) reading.sections.misplaced.push_back(std::move(*owner));
  return owner.has_value();
}

bool read_authorities(DnsWireReader& reader, int count, Reading& reading) {
  DnsSections& sections = reading.sections;
  for (int i = 0; i < count; ++i) {
    const auto record = read_record(reader);
    if (!record || !note_misplaced(*record, reading)) return false;
    if (record->is(DnsType::ns)) sections.has_ns = true;
    if (!record->is(DnsType::soa)) continue;
    if (sections.soa.size() == kMaxStartsOfAuthority) {
      reading.is_cut = true;
      continue;
    }
    auto soa = read_soa(reading.wire, *record);
    if (!soa) return false;
    sections.soa.push_back(std::move(*soa));
  }
  return true;
}

bool read_additionals(DnsWireReader& reader, int count, Reading& reading) {
  for (int i = 0; i < count; ++i) {
    const auto record = read_record(reader);
    if (!record || !note_misplaced(*record, reading)) return false;
    const bool is_at_root = reading.wire[record->owner] == 0;
    if (record->type != kDnsTypeOpt || !is_at_root) continue;
    reading.sections.has_opt = true;
    reading.sections.extended_rcode = record->ttl >> 24;
  }
  return true;
}

// True when nothing is left over.
bool read_leftover(DnsWireReader& reader, Reading& reading) {
  if (reader.position() == reading.wire.size()) return true;
  while (const auto record = read_record(reader)) {
    if (!note_misplaced(*record, reading)) break;
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
  Reading reading{wire, wanted, {}};
  DnsSections& sections = reading.sections;
  sections.answers_sound = read_answers(reader, header.answers, reading);
  sections.rest_sound = sections.answers_sound &&
                        read_authorities(reader, header.authorities, reading) &&
                        read_additionals(reader, header.additionals, reading) &&
                        read_leftover(reader, reading) && !reading.is_cut;
  return std::move(reading.sections);
}

}  // namespace postern::dns
