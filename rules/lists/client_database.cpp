#include "rules/lists/client_database.h"

#include <algorithm>
#include <limits>

#include "common/base/ascii_case.h"
#include "common/base/whole_number.h"

namespace postern::lists {
namespace {

constexpr std::string_view kAs = "AS";

bool is_letter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

std::string country_of(std::string_view text) {
  if (text.size() != 2 || !std::all_of(text.begin(), text.end(), is_letter)) return {};
  std::string code(text);
  for (char& c : code) c = static_cast<char>(c & ~0x20);
  return code;
}

// RFC 7607: 0 is the number of no network.
std::string asn_of(std::uint64_t number) {
  if (number == 0 || number > std::numeric_limits<std::uint32_t>::max()) return {};
  return std::string(kAs) + std::to_string(number);
}

std::string asn_of(std::string_view text) {
  if (text.size() <= kAs.size() || !equal_ignoring_case(text.substr(0, kAs.size()), kAs)) return {};
  const auto number = parse_whole<std::uint64_t>(text.substr(kAs.size()));
  return number ? asn_of(*number) : std::string();
}

std::string country_of(const mmdb::Value& value) {
  const auto* text = std::get_if<std::string_view>(&value);
  return text != nullptr ? country_of(*text) : std::string();
}

std::string asn_of(const mmdb::Value& value) {
  return std::visit([](const auto& one) { return asn_of(one); }, value);
}

}  // namespace

Result<ClientDatabase> ClientDatabase::of(ClientFact fact, std::string_view bytes) {
  auto database = mmdb::Database::of(bytes);
  if (!database) return tl::unexpected(database.error());
  ClientDatabase made(fact, *std::move(database), fingerprint_of(bytes));
  std::size_t tried = 0;
  bool tells = false;
  made.database_.any_record([&](mmdb::Offset record) {
    tells = !made.told_by(record).empty();
    return tells || ++tried == kRecordsTried;
  });
  if (tells) return made;
  return failure(fact == ClientFact::country
                     ? "found no country in its records, want country.iso_code, as in a database "
                       "of countries or cities"
                     : "found no AS number in its records, want autonomous_system_number, as in a "
                       "database of networks (ASN)");
}

std::string ClientDatabase::find(const IpAddress& address) const {
  const auto record = database_.find(address);
  return record ? told_by(*record) : std::string();
}

// As the databases of MaxMind and DB-IP have it, else as the flat ones of others.
std::string ClientDatabase::told_by(mmdb::Offset record) const {
  std::string told;
  const auto look = [&](mmdb::Path path) {
    const auto value = told.empty() ? database_.value(record, path) : std::nullopt;
    if (value) told = fact_ == ClientFact::country ? country_of(*value) : asn_of(*value);
  };
  if (fact_ == ClientFact::country) {
    look({"country", "iso_code"});
    look({"country_code"});
    look({"country"});
  } else {
    look({"autonomous_system_number"});
    look({"traits", "autonomous_system_number"});
    look({"asn"});
  }
  return told;
}

std::optional<std::string> why_no_fact(ClientFact fact, std::string_view text) {
  const std::string known = fact == ClientFact::country ? country_of(text) : asn_of(text);
  if (!known.empty() && known == text) return std::nullopt;
  return fact == ClientFact::country ? "is no country code of two capital letters (ISO 3166-1)"
                                     : "is no number of a network, as AS64500 is";
}

}  // namespace postern::lists
