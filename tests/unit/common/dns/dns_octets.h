// DNS messages for tests, octet by octet: whatever a server might send.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/dns/dns_message.h"

namespace postern::dns::octets {

using Octets = std::string;

inline constexpr std::uint16_t kReply = 0x8180;          // QR, RD, RA
inline constexpr std::uint16_t kAuthoritative = 0x8400;  // QR, AA
inline constexpr std::uint16_t kPlain = 0x8000;          // QR alone: neither AA nor RA

inline Octets u16(unsigned value) {
  return {static_cast<char>(value >> 8 & 0xff), static_cast<char>(value & 0xff)};
}

inline Octets u32(std::uint32_t value) {
  return u16(value >> 16) + u16(value & 0xffff);
}

inline Octets name(std::string_view text) {
  Octets out;
  while (!text.empty()) {
    const std::string_view label = text.substr(0, text.find('.'));
    out += static_cast<char>(label.size());
    out += label;
    text.remove_prefix(std::min(label.size() + 1, text.size()));
  }
  return out + '\0';
}

inline constexpr unsigned kIn = 1;

inline Octets record(const Octets& owner, unsigned type, const Octets& data,
                     std::uint32_t ttl = 300, unsigned dns_class = kIn) {
  return owner + u16(type) + u16(dns_class) + u32(ttl) + u16(static_cast<unsigned>(data.size())) +
         data;
}

inline Octets a(std::string_view owner, std::string_view address = "\xc0\x01\x02\x03",
                std::uint32_t ttl = 300) {
  return record(name(owner), 1, Octets(address), ttl);
}

inline Octets mx(std::string_view owner, unsigned preference, std::string_view host,
                 std::uint32_t ttl = 300) {
  return record(name(owner), 15, u16(preference) + name(host), ttl);
}

inline Octets cname(std::string_view owner, std::string_view target, std::uint32_t ttl = 300) {
  return record(name(owner), 5, name(target), ttl);
}

// One record of these strings.
inline Octets txt(std::string_view owner, const std::vector<Octets>& strings,
                  std::uint32_t ttl = 300) {
  Octets data;
  for (const Octets& one : strings) data += static_cast<char>(one.size()) + one;
  return record(name(owner), 16, data, ttl);
}

inline Octets ns(std::string_view owner) {
  return record(name(owner), 2, name("ns.example.net"));
}

inline Octets soa(std::string_view zone, std::uint32_t ttl, std::uint32_t minimum) {
  return record(name(zone), 6,
                name("ns.example.net") + name("root.example.net") + u32(1) + u32(2) + u32(3) +
                    u32(4) + u32(minimum),
                ttl);
}

inline Octets opt(unsigned extended_rcode = 0) {
  return record(name(""), 41, "", extended_rcode << 24, 1232);
}

// A message to take apart: what is not set is as a sound reply to `MX mail.example` has it.
struct Message {
  std::uint16_t flags = kReply;
  std::vector<Octets> answers;
  std::vector<Octets> authorities;
  std::vector<Octets> additionals;
  std::optional<Octets> question;
  unsigned questions = 1;
  std::optional<unsigned> answer_count;
  Octets trailing;
};

inline DnsQuestion question(DnsType type = DnsType::mx, std::string_view text = "mail.example") {
  return {DomainName::parse(text).value(), type};
}

inline Octets joined(const std::vector<Octets>& records) {
  Octets out;
  for (const Octets& one : records) out += one;
  return out;
}

inline Octets wire(const Message& m, const DnsQuestion& asked) {
  const auto count = [](const auto& records) { return static_cast<unsigned>(records.size()); };
  const Octets echo = name(asked.name.text()) + u16(static_cast<unsigned>(asked.type)) + u16(kIn);
  return u16(0x1234) + u16(m.flags) + u16(m.questions) +
         u16(m.answer_count.value_or(count(m.answers))) + u16(count(m.authorities)) +
         u16(count(m.additionals)) + m.question.value_or(echo) + joined(m.answers) +
         joined(m.authorities) + joined(m.additionals) + m.trailing;
}

inline DnsReply decode_octets(const Octets& octets, const DnsQuestion& asked) {
  return decode_reply({reinterpret_cast<const std::uint8_t*>(octets.data()), octets.size()}, asked);
}

inline DnsReply decode(const Message& m, const DnsQuestion& asked = question()) {
  return decode_octets(wire(m, asked), asked);
}

inline std::string_view reason(const DnsReply& reply) {
  return to_string(reply.answer.reason);
}

}  // namespace postern::dns::octets
