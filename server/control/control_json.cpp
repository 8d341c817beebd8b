#include "server/control/control_json.h"

#include <algorithm>
#include <limits>
#include <string>

#include "common/base/escape.h"
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

// The way back. A reader that remembers the first fault, so that what is read reads straight on.
class FactReader {
 public:
  FactReader(const json::value& value, std::optional<Error>& error)
      : object_(value.if_object()), error_(error) {
    if (object_ == nullptr) wrong("found no JSON object");
  }

  std::string text(std::string_view key) { return text_in(at(key), key); }

  // Of a value that is not there something has been said.
  std::string text_in(const json::value* value, std::string_view key) {
    const json::string* text = value == nullptr ? nullptr : value->if_string();
    if (value != nullptr && text == nullptr) wrong_value(key, "a text");
    return text == nullptr ? std::string() : std::string(text->data(), text->size());
  }

  template <class Number>
  Number number(std::string_view key) {
    const json::value* value = at(key);
    boost::system::error_code error;
    const auto number = value == nullptr ? Number{} : value->to_number<Number>(error);
    if (!error) return number;
    wrong_value(key, "a number from 0 to " + std::to_string(std::numeric_limits<Number>::max()));
    return 0;
  }

  template <class Value, std::size_t size>
  Value word(std::string_view key, const Word<Value> (&words)[size]) {
    const std::string found = text(key);
    for (const Word<Value>& one : words) {
      if (one.word == found) return one.value;
    }
    wrong_value(key, "a word of docs/control.md");
    return words[0].value;
  }

  // Calls `each` for every element.
  template <class Each>
  void array(std::string_view key, Each each) {
    const json::value* value = at(key);
    const json::array* elements = value == nullptr ? nullptr : value->if_array();
    if (elements == nullptr || elements->size() > dns::DnsAnswer::kMaxRecords) {
      return wrong_value(key, "an array of at most " + std::to_string(dns::DnsAnswer::kMaxRecords));
    }
    std::for_each(elements->begin(), elements->end(), each);
  }

  void wrong_value(std::string_view key, const std::string& want) {
    wrong("found another value for \"" + std::string(key) + "\", want " + want);
  }

 private:
  const json::value* at(std::string_view key) {
    const json::value* value = object_ == nullptr ? nullptr : object_->if_contains(key);
    if (value == nullptr) wrong("found no \"" + std::string(key) + "\"");
    return value;
  }

  void wrong(std::string text) {
    if (!error_) error_ = Error{std::move(text)};
  }

  const json::object* object_;
  std::optional<Error>& error_;
};

dns::DnsRecords records_in(FactReader& reader, std::optional<Error>& error) {
  dns::DnsRecords records;
  reader.array("mx", [&](const json::value& value) {
    FactReader mx(value, error);
    const auto preference = mx.number<std::uint16_t>("preference");
    records.add_mx(preference, mx.text("exchange"));
  });
  reader.array("addresses", [&](const json::value& value) {
    const auto address = IpAddress::parse(reader.text_in(&value, "addresses"));
    if (!address) return reader.wrong_value("addresses", "IP addresses");
    records.add_address(*address);
  });
  reader.array("names", [&](const json::value& value) {
    records.add_name(reader.text_in(&value, "names"));
  });
  return records;
}

}  // namespace

json::string json_text(std::string_view text) {
  return json::string(printable(text));
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
  return object;
}

Result<dns::DnsFact> dns_fact_from_json(const json::value& value) {
  std::optional<Error> error;
  FactReader reader(value, error);
  dns::DnsAnswer answer;
  answer.status = reader.word("status", dns::kDnsStatuses);
  answer.reason = reader.word("reason", dns::kDnsReasons);
  answer.server = reader.text("server");
  answer.ttl = dns::DnsTtl(reader.number<std::uint32_t>("ttl_seconds"));
  dns::DnsFact fact;
  fact.age = std::chrono::seconds(reader.number<std::uint32_t>("age_seconds"));
  fact.source = reader.word("source", dns::kDnsSources);
  answer.records = records_in(reader, error);
  if (error) return tl::unexpected(*error);
  fact.answer = std::make_shared<const dns::DnsAnswer>(std::move(answer));
  return fact;
}

}  // namespace postern::control
