// Reads the parts of a DNS message (RFC 1035 4) one after another. Every read is bounded by the
// message, whatever its bytes are. A value that looks at memory of the caller; no I/O.
//
// The first read that does not fit fails the reader: ok() stays false, and this and all later reads
// give zero or an empty name. So a caller reads a whole record and asks once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace postern::dns {

class DnsWireReader {
 public:
  static constexpr std::size_t kHeaderSize = 12;  // RFC 1035 4.1.1

  // `message` is the whole message, for compression pointers count from its start.
  explicit DnsWireReader(std::span<const std::uint8_t> message, std::size_t position = 0)
      : message_(message), position_(position), ok_(position <= message.size()) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::size_t position() const { return position_; }

  std::uint16_t u16();
  std::uint32_t u32();
  std::span<const std::uint8_t> octets(std::size_t count);

  // A name, decompressed (RFC 1035 4.1.4), as DnsName::text() has it; empty for the root. Fails on
  // names over 255 octets, label types other than the two of RFC 1035, and pointers that do not
  // point to what came before.
  std::string name();

  // Goes past a name without following its pointers, so in a time that its own octets bound. Fails
  // on what is no name where it stands; what it points to is not looked at.
  void skip_name();

 private:
  struct Label;
  // A label or a pointer at `at`.
  [[nodiscard]] Label label(std::size_t at) const;
  void fail() { ok_ = false; }

  std::span<const std::uint8_t> message_;
  std::size_t position_;
  bool ok_;
};

}  // namespace postern::dns
