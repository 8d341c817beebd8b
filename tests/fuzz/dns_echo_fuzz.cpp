// Any bytes are a reply to a query exactly when libresolv reads the same id and question in them;
// and a reply stops being one with any octet of these.
#include <arpa/nameser.h>
#include <strings.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "common/dns/dns_letters.h"
#include "common/dns/dns_message.h"
#include "tests/fuzz/require.h"

namespace postern::dns_echo_fuzz {
namespace {

using Wire = std::span<const std::uint8_t>;
using Octets = std::vector<std::uint8_t>;

constexpr std::size_t kHeader = 12;

struct Question {
  std::string name;  // as ns_name_ntop() writes it
  std::size_t name_size = 0;
};

// Nothing when it is none, or is compressed.
std::optional<Question> question_of(Wire wire) {
  if (wire.size() < kHeader) return std::nullopt;
  std::array<std::uint8_t, NS_MAXCDNAME> name{};
  std::array<char, NS_MAXDNAME> text{};
  const std::uint8_t* const end = wire.data() + wire.size();
  const int read =
      ns_name_unpack(wire.data(), end, wire.data() + kHeader, name.data(), name.size());
  if (read < 0 || ns_name_ntop(name.data(), text.data(), text.size()) < 0) return std::nullopt;
  std::size_t size = 0;
  while (name[size] != 0) size += name[size] + 1U;
  if (static_cast<std::size_t>(read) != size + 1) return std::nullopt;
  return Question{text.data(), size + 1};
}

bool is_reply_by_libresolv(Wire message, Wire query) {
  const auto said = question_of(message);
  const auto asked = question_of(query);
  if (!said || !asked || message.size() < kHeader + said->name_size + 4) return false;
  const auto u16 = [](Wire wire, std::size_t at) { return ns_get16(wire.data() + at); };
  const std::size_t type = kHeader + asked->name_size;
  return u16(message, 0) == u16(query, 0) && (message[2] & 0x80) != 0 && u16(message, 4) == 1 &&
         strcasecmp(said->name.c_str(), asked->name.c_str()) == 0 &&
         u16(message, type) == u16(query, type) && u16(message, type + 2) == u16(query, type + 2);
}

// What the message itself may be a reply to, so that the fuzzer gets past the name.
Octets query_for(Wire message) {
  dns::DnsQuestion asked{*DomainName::parse("mail.example.org"), dns::DnsType::mx};
  if (const auto said = question_of(message)) {
    if (const auto name = DomainName::parse(said->name)) asked.name = *name;
  }
  const auto id = message.size() < 2 ? std::uint16_t{7} : std::uint16_t(ns_get16(message.data()));
  Octets query = dns::encode_query(id, asked, dns::Edns::opt);
  dns::LetterBits letters{};
  std::copy_n(message.rbegin(), std::min(message.size(), letters.size()), letters.begin());
  dns::randomize_case(query, letters);
  return query;
}

void check_true_reply(Wire rest, const Octets& query) {
  const std::size_t size = kHeader + question_of(query)->name_size + 4;
  Octets reply(query.begin(), query.begin() + static_cast<std::ptrdiff_t>(size));
  reply[2] |= 0x80;
  reply.insert(reply.end(), rest.begin(), rest.end());
  require(dns::echo_of(reply, query) == dns::Echo::exact);
  for (std::size_t at = 0; at < size; ++at) {
    if (at == 2 || at == 3 || (at >= 6 && at < kHeader)) continue;
    reply[at] ^= 0x40;  // no other case of a letter
    require(dns::echo_of(reply, query) == dns::Echo::none);
    reply[at] ^= 0x40;
  }
}

}  // namespace
}  // namespace postern::dns_echo_fuzz

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern::dns_echo_fuzz;
  if (size > 65535) return 0;
  const Wire message(data, size);
  const Octets query = query_for(message);
  const bool is_reply = postern::dns::echo_of(message, query) != postern::dns::Echo::none;
  postern::require(is_reply == is_reply_by_libresolv(message, query));
  check_true_reply(message, query);
  return 0;
}
