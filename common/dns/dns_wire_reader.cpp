#include "common/dns/dns_wire_reader.h"

#include "common/dns/dns_name.h"

namespace postern::dns {
namespace {

// Each pointer of a sound name leads to at least one more label, and 127 labels fill 255 octets.
constexpr int kMaxPointers = 127;

}  // namespace

struct DnsWireReader::Label {
  enum class Kind { text, pointer, bad } kind = Kind::bad;
  std::span<const std::uint8_t> text;  // empty: the root, which ends a name
  std::size_t target = 0;              // of a pointer
};

std::uint16_t DnsWireReader::u16() {
  const auto bytes = octets(2);
  return bytes.empty() ? std::uint16_t{0} : static_cast<std::uint16_t>(bytes[0] << 8 | bytes[1]);
}

std::uint32_t DnsWireReader::u32() {
  const std::uint32_t upper = u16();
  const std::uint32_t lower = u16();
  return ok_ ? upper << 16 | lower : 0;
}

std::span<const std::uint8_t> DnsWireReader::octets(std::size_t count) {
  if (!ok_ || count > message_.size() - position_) {
    fail();
    return {};
  }
  const auto bytes = message_.subspan(position_, count);
  position_ += count;
  return bytes;
}

DnsWireReader::Label DnsWireReader::label(std::size_t at) const {
  if (at >= message_.size()) return {};
  const std::uint8_t first = message_[at];
  const std::size_t behind = message_.size() - at - 1;
  switch (first >> 6) {
    case 0:
      if (first > behind) return {};
      return {Label::Kind::text, message_.subspan(at + 1, first), 0};
    case 3:
      if (behind < 1) return {};
      return {Label::Kind::pointer, {}, (first & 0x3fU) << 8 | message_[at + 1]};
    default:  // RFC 6891 5: the other label types are gone
      return {};
  }
}

void DnsWireReader::skip_name() {
  const std::size_t start = position_;
  while (ok_) {
    const Label next = label(position_);
    if (next.kind == Label::Kind::bad || position_ - start >= DnsName::kMaxWireOctets)
      return fail();
    if (next.kind == Label::Kind::pointer) {
      position_ += 2;
      return;
    }
    position_ += next.text.size() + 1;
    if (next.text.empty()) return;
  }
}

std::string DnsWireReader::name() {
  std::string out;
  std::size_t at = position_;
  std::size_t earliest = position_;  // where the part of the name being read began
  std::size_t name_octets = 1;
  int pointers = 0;
  while (ok_) {
    const Label next = label(at);
    if (next.kind == Label::Kind::pointer) {
      if (pointers == 0) position_ = at + 2;
      const bool backwards = next.target >= kHeaderSize && next.target < earliest;
      if (!backwards || ++pointers > kMaxPointers) break;
      at = earliest = next.target;
      continue;
    }
    if (next.kind == Label::Kind::bad) break;
    if (next.text.empty()) {
      if (pointers == 0) position_ = at + 1;
      return out;
    }
    at += next.text.size() + 1;
    name_octets += next.text.size() + 1;
    if (name_octets > DnsName::kMaxWireOctets) break;
    if (!out.empty()) out += '.';
    for (const std::uint8_t octet : next.text) append_name_octet(out, octet);
  }
  fail();
  return {};
}

}  // namespace postern::dns
