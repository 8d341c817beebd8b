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
  explicit FactReader(const json::value& value) : object_(value.if_object()) {
    if (object_ == nullptr) wrong("found no JSON object");
  }

  std::string text(std::string_view key) {
    const json::value* value = at(key);
    if (value == nullptr) return {};
    if (const json::string* text = value->if_string())
      return std::string(text->data(), text->size());
    wrong_value(key, "a text");
    return {};
  }

  dns::DnsTtl duration(std::string_view key) {
    const json::value* value = at(key);
    if (value == nullptr) return {};
    return dns::DnsTtl(number(*value, key, std::numeric_limits<std::uint32_t>::max()));
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
    if (value == nullptr) return;
    const json::array* elements = value->if_array();
    if (elements == nullptr || elements->size() > dns::DnsAnswer::kMaxRecords) {
      wrong_value(key, "an array of at most " + std::to_string(dns::DnsAnswer::kMaxRecords));
      return;
    }
    std::for_each(elements->begin(), elements->end(), each);
  }

  std::uint32_t number(const json::value& value, std::string_view key, std::uint32_t most) {
    boost::system::error_code error;
    const auto number = value.to_number<std::uint32_t>(error);
    if (!error && number <= most) return number;
    wrong_value(key, "a number from 0 to " + std::to_string(most));
    return 0;
  }

  void wrong_value(std::string_view key, const std::string& want) {
    wrong("found another value for \"" + std::string(key) + "\", want " + want);
  }
  void take_error(const FactReader& other) {
    if (other.error_) wrong(other.error_->text);
  }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  const json::value* at(std::string_view key) {
    if (object_ == nullptr) return nullptr;
    const json::value* value = object_->if_contains(key);
    if (value == nullptr) wrong("found no \"" + std::string(key) + "\"");
    return value;
  }

  void wrong(std::string text) {
    if (!error_) error_ = Error{std::move(text)};
  }

  const json::object* object_;
  std::optional<Error> error_;
};

dns::MxRecord mx_of(const json::value& value, FactReader& outer) {
  FactReader reader(value);
  dns::MxRecord record;
  record.exchange = reader.text("exchange");
  if (const json::object* object = value.if_object()) {
    const json::value* preference = object->if_contains("preference");
    constexpr std::uint32_t kMost = std::numeric_limits<std::uint16_t>::max();
    const json::value none;
    record.preference = static_cast<std::uint16_t>(
        reader.number(preference == nullptr ? none : *preference, "preference", kMost));
  }
  outer.take_error(reader);
  return record;
}

void read_records(FactReader& reader, dns::DnsRecords& records) {
  reader.array("mx", [&](const json::value& value) {
    const dns::MxRecord record = mx_of(value, reader);
    records.add_mx(record.preference, record.exchange);
  });
  reader.array("addresses", [&](const json::value& value) {
    const json::string* text = value.if_string();
    const auto address = IpAddress::parse(text == nullptr ? "" : std::string_view(*text));
    if (!address) return reader.wrong_value("addresses", "IP addresses");
    records.add_address(*address);
  });
  reader.array("names", [&](const json::value& value) {
    const json::string* text = value.if_string();
    if (text == nullptr) return reader.wrong_value("names", "texts");
    records.add_name({text->data(), text->size()});
  });
}

}  // namespace

json::string json_text(std::string_view text) {
  return json::string(printable(text));
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
  FactReader reader(value);
  dns::DnsAnswer answer;
  answer.status = reader.word("status", dns::kDnsStatuses);
  answer.reason = reader.word("reason", dns::kDnsReasons);
  answer.server = reader.text("server");
  answer.ttl = reader.duration("ttl_seconds");
  dns::DnsFact fact;
  fact.age = reader.duration("age_seconds");
  fact.source = reader.word("source", dns::kDnsSources);
  read_records(reader, answer.records);
  if (reader.error()) return failure(reader.error()->text);
  fact.answer = std::make_shared<const dns::DnsAnswer>(std::move(answer));
  return fact;
}

}  // namespace postern::control
