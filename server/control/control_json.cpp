#include "server/control/control_json.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>

#include "common/base/escape.h"
#include "common/json/object_reader.h"
#include "common/json/parse_json.h"

namespace postern::control {
namespace {

std::string_view to_string(Severity severity) {
  return severity == Severity::error ? "error" : "warning";
}

json::array json_mx(const dns::DnsRecords& records) {
  json::array array;
  for (const dns::MxView& record : records.mx()) {
    array.push_back(
        json::object{{"preference", record.preference}, {"exchange", json_text(record.exchange)}});
  }
  return array;
}

// No record is older.
constexpr double kMostSeconds = 1e10;

template <class Duration>
Duration duration_in(json::ObjectReader& reader, std::string_view key) {
  const double seconds = std::clamp(reader.number<double>(key), 0.0, kMostSeconds);
  return std::chrono::round<Duration>(std::chrono::duration<double>(seconds));
}

dns::DnsRecords records_in(json::ObjectReader& reader) {
  constexpr std::size_t kMost = dns::DnsAnswer::kMaxRecords;
  dns::DnsRecords records;
  reader.array("mx", kMost, [&](const json::value& value) {
    json::ObjectReader mx(value, reader.error());
    const auto preference = mx.number<std::uint16_t>("preference");
    records.add_mx(preference, mx.text("exchange"));
  });
  reader.array("addresses", kMost, [&](const json::value& value) {
    const auto address = IpAddress::parse(reader.text_in(&value, "addresses"));
    if (!address) return reader.wrong_value("addresses", "IP addresses");
    records.add_address(*address);
  });
  reader.array("names", kMost, [&](const json::value& value) {
    records.add_name(reader.text_in(&value, "names"));
  });
  // A daemon of an earlier release has none.
  if (reader.has("texts")) {
    reader.array("texts", kMost, [&](const json::value& value) {
      records.add_text(without_json_escapes(reader.text_in(&value, "texts")));
    });
  }
  return records;
}

// Such that it can be taken back: without_json_escapes().
json::value json_octets(std::string_view octets) {
  std::string text;
  append_json_value(text, octets, dns::DnsAnswer::kMaxTextOctets);
  return json::parse_json(text).value_or(json::value(nullptr));
}

}  // namespace

json::string json_text(std::string_view text) {
  return json::string(printable(text));
}

json::array json_texts(const std::vector<std::string>& texts) {
  json::array array;
  for (const std::string& one : texts) array.push_back(json_text(one));
  return array;
}

json::value json_text_or_null(std::string_view text) {
  return text.empty() ? json::value(nullptr) : json::value(json_text(text));
}

json::value json_time(const std::optional<UtcTime>& time) {
  if (!time) return nullptr;
  return json::string(format_utc(*time));
}

json::array json_diagnostics(const Diagnostics& diagnostics) {
  json::array array;
  for (const Diagnostic& one : diagnostics.all()) {
    if (array.size() == static_cast<std::size_t>(Diagnostics::kShown)) break;
    array.push_back(json::object{{"severity", to_string(one.severity)},
                                 {"file", json_text(one.where.file)},
                                 {"line", one.where.line},
                                 {"column", one.where.column},
                                 {"message", json_text(one.message)}});
  }
  return array;
}

json::object json_dns_fact(dns::DnsType type, const dns::DnsFact& fact) {
  const dns::DnsAnswer& answer = *fact.answer;
  json::object object{{"type", dns::to_string(type)},
                      {"status", dns::to_string(answer.status)},
                      {"reason", dns::to_string(answer.reason)},
                      {"server", json_text(answer.server)},
                      {"ttl_seconds", answer.ttl.count()},
                      {"age_seconds", fact.age.count()},
                      {"source", dns::to_string(fact.source)},
                      {"mx", json_mx(answer.records)}};
  json::array& addresses = object["addresses"].emplace_array();
  for (const IpAddress& address : answer.records.addresses()) {
    addresses.push_back(json_text(address.to_string()));
  }
  json::array& names = object["names"].emplace_array();
  for (const std::string_view name : answer.records.names()) names.push_back(json_text(name));
  json::array& texts = object["texts"].emplace_array();
  for (const dns::TxtView& record : answer.records.texts()) {
    texts.push_back(json_octets(record.text));
  }
  return object;
}

Result<dns::DnsFact> dns_fact_from_json(const json::value& value) {
  std::optional<Error> error;
  json::ObjectReader reader(value, error);
  dns::DnsAnswer answer;
  answer.status = reader.word("status", dns::kDnsStatuses);
  answer.reason = reader.word("reason", dns::kDnsReasons);
  answer.server = reader.text("server");
  answer.ttl = dns::DnsTtl(reader.number<std::uint32_t>("ttl_seconds"));
  dns::DnsFact fact;
  fact.age = std::chrono::seconds(reader.number<std::uint32_t>("age_seconds"));
  fact.source = reader.word("source", dns::kDnsSources);
  answer.records = records_in(reader);
  if (error) return tl::unexpected(*error);
  fact.answer = std::make_shared<const dns::DnsAnswer>(std::move(answer));
  return fact;
}

json::object json_state_fact(const StateFact& fact) {
  const auto seconds = [](auto duration) {
    return std::chrono::duration<double>(duration).count();
  };
  json::object object{{"status", word_of(kStateStatuses, fact.status)}};
  if (fact.status != StateFact::Status::found) return object;
  const StateRecord& record = fact.record;
  object["since_first_seconds"] = seconds(record.since_first);
  object["since_last_seconds"] = seconds(record.since_last);
  object["marked"] = record.is_marked;
  object["members"] = record.members;
  object["debt_seconds"] = seconds(record.debt);
  return object;
}

Result<StateFact> state_fact_from_json(const json::value& value) {
  std::optional<Error> error;
  json::ObjectReader reader(value, error);
  StateFact fact{reader.word("status", kStateStatuses)};
  if (fact.status == StateFact::Status::found) {
    StateRecord& record = fact.record;
    record.since_first = duration_in<std::chrono::milliseconds>(reader, "since_first_seconds");
    record.since_last = duration_in<std::chrono::milliseconds>(reader, "since_last_seconds");
    record.is_marked = reader.flag("marked");
    record.members = reader.number<std::uint32_t>("members");
    record.debt = duration_in<std::chrono::microseconds>(reader, "debt_seconds");
  }
  if (error) return tl::unexpected(*error);
  return fact;
}

}  // namespace postern::control
