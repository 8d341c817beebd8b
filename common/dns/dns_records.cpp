#include "common/dns/dns_records.h"

#include <algorithm>

namespace postern::dns {
namespace {

constexpr std::size_t kV4Size = 4;
constexpr std::size_t kV6Size = 16;
constexpr std::size_t kPreferenceSize = 2;

unsigned octet(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

// Takes `size` bytes from the front.
std::string_view take(std::string_view& rest, std::size_t size) {
  const std::string_view taken = rest.substr(0, size);
  rest.remove_prefix(size);
  return taken;
}

// Seven bits of the size an octet, the lowest first: one octet for a text of common length.
void append_size(std::string& out, std::size_t size) {
  for (; size > 0x7f; size >>= 7) out.push_back(static_cast<char>(size | 0x80));
  out.push_back(static_cast<char>(size));
}

std::string_view take_text(std::string_view& rest) {
  std::size_t size = 0;
  for (unsigned shift = 0;; shift += 7) {
    const unsigned bits = octet(take(rest, 1), 0);
    size |= std::size_t{bits & 0x7f} << shift;
    if (bits < 0x80) return take(rest, size);
  }
}

std::string big_endian(std::uint32_t value, std::size_t size) {
  std::string out;
  while (size-- > 0) out.push_back(static_cast<char>(value >> 8 * size));
  return out;
}

std::uint32_t from_big_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at) value = value << 8 | octet(bytes, at);
  return value;
}

IpAddress v6(std::string_view bytes) {
  IpAddress::Bytes address{};
  std::copy(bytes.begin(), bytes.end(), address.begin());
  return IpAddress(address);
}

}  // namespace

void DnsRecords::add_mx(std::uint16_t preference, std::string_view exchange) {
  append_text(Kind::mx, big_endian(preference, kPreferenceSize), exchange);
}

void DnsRecords::add_address(const IpAddress& address) {
  if (address.is_v4()) return append(Kind::v4, big_endian(address.v4(), kV4Size));
  append(Kind::v6, std::string(address.bytes().begin(), address.bytes().end()));
}

void DnsRecords::add_name(std::string_view name) {
  append_text(Kind::name, {}, name);
}

void DnsRecords::add_text(std::string_view text) {
  append_text(Kind::text, {}, text);
}

void DnsRecords::append(Kind kind, std::string_view data) {
  std::string record(1, static_cast<char>(kind));
  bytes_.append(record.append(data));
}

void DnsRecords::append_text(Kind kind, std::string data, std::string_view text) {
  append_size(data, text.size());
  append(kind, data.append(text));
}

DnsRecords::Raw DnsRecords::take_record(std::string_view& rest) {
  Raw raw;
  raw.kind = static_cast<Kind>(take(rest, 1)[0]);
  switch (raw.kind) {
    case Kind::mx:
      raw.preference = static_cast<std::uint16_t>(from_big_endian(take(rest, kPreferenceSize)));
      raw.data = take_text(rest);
      break;
    case Kind::v4:
      raw.data = take(rest, kV4Size);
      break;
    case Kind::v6:
      raw.data = take(rest, kV6Size);
      break;
    case Kind::name:
    case Kind::text:
      raw.data = take_text(rest);
      break;
  }
  return raw;
}

bool DnsRecords::next(std::string_view& rest, MxView& record) {
  while (!rest.empty()) {
    const Raw raw = take_record(rest);
    if (raw.kind != Kind::mx) continue;
    record = {raw.preference, raw.data};
    return true;
  }
  return false;
}

bool DnsRecords::next(std::string_view& rest, IpAddress& record) {
  while (!rest.empty()) {
    const Raw raw = take_record(rest);
    if (raw.kind != Kind::v4 && raw.kind != Kind::v6) continue;
    record = raw.kind == Kind::v4 ? IpAddress::from_v4(from_big_endian(raw.data)) : v6(raw.data);
    return true;
  }
  return false;
}

bool DnsRecords::next(std::string_view& rest, std::string_view& record) {
  while (!rest.empty()) {
    const Raw raw = take_record(rest);
    if (raw.kind != Kind::name) continue;
    record = raw.data;
    return true;
  }
  return false;
}

bool DnsRecords::next(std::string_view& rest, TxtView& record) {
  while (!rest.empty()) {
    const Raw raw = take_record(rest);
    if (raw.kind != Kind::text) continue;
    record.text = raw.data;
    return true;
  }
  return false;
}

}  // namespace postern::dns
