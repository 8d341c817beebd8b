// What an operator's database says of clients: the country, or the number of the network (AS) that
// an address is in. Built by the loader, then immutable; any number of threads may ask. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/fingerprint.h"
#include "common/base/ip_address.h"
#include "common/base/result.h"
#include "common/mmdb/database.h"

namespace postern::lists {

enum class ClientFact : std::uint8_t {
  country,  // ISO 3166-1 alpha-2, in upper case: `DE`
  asn,      // `AS64500`
};
inline constexpr std::size_t kClientFacts = 2;

class ClientDatabase {
 public:
  // Of the whole of a MaxMind DB. Errors: those of mmdb::Database, and that the first
  // kRecordsTried records say nothing of `fact`: it is a database of something else.
  static Result<ClientDatabase> of(ClientFact fact, std::string_view bytes);

  // Empty: the database does not say.
  [[nodiscard]] std::string find(const IpAddress& address) const;
  // Of its bytes.
  [[nodiscard]] const Fingerprint& fingerprint() const { return fingerprint_; }

  static constexpr std::size_t kRecordsTried = 4096;

 private:
  ClientDatabase(ClientFact fact, mmdb::Database database, Fingerprint fingerprint)
      : fact_(fact), database_(std::move(database)), fingerprint_(fingerprint) {}
  [[nodiscard]] std::string told_by(mmdb::Offset record) const;

  ClientFact fact_;
  mmdb::Database database_;
  Fingerprint fingerprint_;
};

// Why no database can say this of a client; nothing: one can. The text goes on `it ...`.
std::optional<std::string> why_no_fact(ClientFact fact, std::string_view text);

}  // namespace postern::lists
