// Whatever stands in a MaxMind DB, reading it and asking it stays within its bytes and comes to an
// end; what it says of a client is short and plain.
#include <string>

#include "rules/lists/client_database.h"
#include "tests/fuzz/require.h"

namespace postern::mmdb_fuzz {
namespace {

void check(std::string_view bytes) {
  for (const auto fact : {lists::ClientFact::country, lists::ClientFact::asn}) {
    const auto database = lists::ClientDatabase::of(fact, bytes);
    if (!database) {
      require(!database.error().text.empty());
      continue;
    }
    for (const char* client : {"192.0.2.1", "198.51.100.7", "2001:db8::1", "::", "ffff::"}) {
      const std::string told = database->find(IpAddress::parse(client).value());
      require(told.empty() || !lists::why_no_fact(fact, told));
    }
  }
}

}  // namespace
}  // namespace postern::mmdb_fuzz

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  postern::mmdb_fuzz::check(postern::as_text(data, size));
  return 0;
}
