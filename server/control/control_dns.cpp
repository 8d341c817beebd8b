// /v1/cache and /v1/dns.
#include <boost/asio/post.hpp>

#include <array>
#include <chrono>

#include "common/base/ascii_case.h"
#include "common/json/parse_json.h"
#include "server/control/control_endpoints.h"
#include "server/control/control_json.h"

namespace postern::control {
namespace {

// Those whose records an answer has.
constexpr std::array kTypes{dns::DnsType::mx, dns::DnsType::a, dns::DnsType::aaaa,
                            dns::DnsType::ptr, dns::DnsType::txt};

Result<dns::DnsName> name_of(const ControlCall& call) {
  const std::string* text = call.parameter("name");
  if (text == nullptr) return failure("found no name, want name=DOMAIN");
  auto name = dns::DnsName::parse(*text);
  if (!name) return failure("name=" + *text + ": " + name.error().text);
  return name;
}

Result<dns::DnsType> type_of(const ControlCall& call) {
  const std::string* text = call.parameter("type");
  for (const dns::DnsType type : kTypes) {
    if (text != nullptr && equal_ignoring_case(*text, dns::to_string(type))) return type;
  }
  return failure("found " + (text == nullptr ? "no type" : "type=" + *text) +
                 ", want type=MX, A, AAAA, PTR or TXT");
}

}  // namespace

ControlAnswer control_cache(const ControlCall& call) {
  const auto name = name_of(call);
  if (!name) return control_fault(name.error().text);
  json::array answers;
  const auto now = std::chrono::steady_clock::now();
  for (const auto& [type, fact, left] : call.parts.server.cache().kept(*name, now)) {
    json::object answer = json_dns_fact(type, fact);
    answer["kept_seconds"] = left.count();
    answers.push_back(std::move(answer));
  }
  return json::object{{"name", json_text(name->text())}, {"answers", std::move(answers)}};
}

ControlAnswer control_forget(const ControlCall& call) {
  const auto name = name_of(call);
  if (!name) return control_fault(name.error().text);
  return json::object{{"forgotten", call.parts.server.cache().forget(*name)}};
}

void control_dns(const ControlCall& call, std::function<void(ControlAnswer)> answer) {
  const auto name = name_of(call);
  if (!name) return answer(control_fault(name.error().text));
  const auto type = type_of(call);
  if (!type) return answer(control_fault(type.error().text));
  // The resolver calls on a thread of the server's.
  call.parts.server.resolver().ask(
      {*name, *type}, [executor = call.parts.executor, type = *type,
                       answer = std::move(answer)](dns::DnsFact fact) mutable {
        boost::asio::post(executor, [type, fact = std::move(fact), answer = std::move(answer)] {
          answer(json_dns_fact(type, fact));
        });
      });
}

}  // namespace postern::control
