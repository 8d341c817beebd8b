#include "tests/support/zone_message.h"

#include <algorithm>

namespace postern {
namespace {

constexpr std::uint16_t kOpt = 41;

std::uint16_t get16(std::span<const std::uint8_t> in, std::size_t at) {
  return static_cast<std::uint16_t>(in[at] << 8 | in[at + 1]);
}

// Whether the additional section, which is all that follows the question, starts with an OPT.
void read_opt(std::span<const std::uint8_t> wire, std::size_t at, ZoneQuery& query) {
  const bool only_additional = get16(wire, 6) == 0 && get16(wire, 8) == 0 && get16(wire, 10) > 0;
  if (!only_additional || at + 11 > wire.size()) return;
  if (wire[at] != 0 || get16(wire, at + 1) != kOpt) return;
  query.edns = true;
  query.payload = std::max<std::size_t>(512, get16(wire, at + 3));
}

}  // namespace

void put16(Bytes& out, std::size_t value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8));
  out.push_back(static_cast<std::uint8_t>(value & 0xff));
}

void put32(Bytes& out, std::uint32_t value) {
  put16(out, value >> 16);
  put16(out, value & 0xffff);
}

void put_name(Bytes& out, const std::string& name) {
  Bytes label;
  const auto flush = [&out, &label] {
    if (label.empty()) return;
    label.resize(std::min<std::size_t>(label.size(), 63));
    out.push_back(static_cast<std::uint8_t>(label.size()));
    out.insert(out.end(), label.begin(), label.end());
    label.clear();
  };
  for (std::size_t at = 0; at < name.size(); ++at) {
    if (name[at] == '.') {
      flush();
    } else if (name[at] == '\\' && at + 3 < name.size() && name[at + 1] >= '0' &&
               name[at + 1] <= '2') {
      label.push_back(static_cast<std::uint8_t>(std::stoi(name.substr(at + 1, 3))));
      at += 3;
    } else {
      if (name[at] == '\\' && at + 1 < name.size()) ++at;
      label.push_back(static_cast<std::uint8_t>(name[at]));
    }
  }
  flush();
  out.push_back(0);
}

std::optional<ZoneQuery> parse_query(std::span<const std::uint8_t> wire) {
  if (wire.size() < kDnsHeader || (wire[2] & 0xf8) != 0 || get16(wire, 4) != 1) return std::nullopt;
  ZoneQuery query;
  query.id = get16(wire, 0);
  query.recursion_desired = (wire[2] & 1) != 0;
  std::size_t at = kDnsHeader;
  while (at < wire.size() && wire[at] != 0) {
    const std::size_t length = wire[at];
    if (length > 63 || at + 1 + length >= wire.size()) return std::nullopt;
    if (!query.name.empty()) query.name += '.';
    for (std::size_t byte = at + 1; byte <= at + length; ++byte) {
      dns::append_name_octet(query.name, wire[byte]);
    }
    at += 1 + length;
  }
  if (at + 5 > wire.size()) return std::nullopt;
  query.type = static_cast<dns::DnsType>(get16(wire, at + 1));
  at += 5;
  query.question.assign(wire.begin() + kDnsHeader, wire.begin() + static_cast<std::ptrdiff_t>(at));
  read_opt(wire, at, query);
  return query;
}

Bytes ZoneMessage::wire() const {
  Bytes out = head(0, answer_count_, authority_count_);
  out.insert(out.end(), answers_.begin(), answers_.end());
  out.insert(out.end(), authorities_.begin(), authorities_.end());
  put_opt(out);
  return out;
}

Bytes ZoneMessage::truncated_wire() const {
  Bytes out = head(0x02, 0, 0);
  put_opt(out);
  return out;
}

void ZoneMessage::put_record(Bytes& out, const std::string& owner, dns::DnsType type,
                             std::uint32_t ttl, const Bytes& data) {
  put_name(out, owner);
  put16(out, static_cast<std::size_t>(type));
  put16(out, 1);
  put32(out, ttl);
  put16(out, data.size());
  out.insert(out.end(), data.begin(), data.end());
}

Bytes ZoneMessage::head(int truncated, std::size_t answers, std::size_t authorities) const {
  Bytes out;
  put16(out, query_.id);
  out.push_back(static_cast<std::uint8_t>(0x80 | truncated | (query_.recursion_desired ? 1 : 0)));
  out.push_back(static_cast<std::uint8_t>(recursion_ | rcode_));
  put16(out, 1);
  put16(out, answers);
  put16(out, authorities);
  put16(out, with_opt() ? 1 : 0);
  out.insert(out.end(), query_.question.begin(), query_.question.end());
  return out;
}

void ZoneMessage::put_opt(Bytes& out) const {
  if (!with_opt()) return;
  out.push_back(0);
  put16(out, kOpt);
  put16(out, 1232);
  put32(out, 0);
  put16(out, 0);
}

}  // namespace postern
