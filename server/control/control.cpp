#include "server/control/control.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "server/control/control_endpoints.h"
#include "server/control/control_json.h"

namespace postern::control {
namespace {

using Respond = http::HttpServer::Respond;

// https://prometheus.io/docs/instrumenting/exposition_formats/
constexpr const char* kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

struct Endpoint {
  std::string_view method;
  std::string_view path;
  std::vector<std::string_view> parameters;
  enum class Body { none, allowed } body;
  std::function<void(const ControlCall&, const Respond&)> run;
};
using Endpoints = std::vector<Endpoint>;

http::HttpResponse response_of(const ControlAnswer& answer) {
  if (answer) return {.status = 200, .body = boost::json::serialize(*answer)};
  const boost::json::object error{{"error", json_text(answer.error().text)}};
  return {.status = answer.error().status, .body = boost::json::serialize(error)};
}

auto at_once(ControlAnswer (*run)(const ControlCall&)) {
  return
      [run](const ControlCall& call, const Respond& respond) { respond(response_of(run(call))); };
}

auto later(void (*run)(const ControlCall&, std::function<void(ControlAnswer)>)) {
  return [run](const ControlCall& call, const Respond& respond) {
    run(call, [respond](const ControlAnswer& answer) { respond(response_of(answer)); });
  };
}

const Endpoint& metrics_endpoint() {
  static const Endpoint endpoint{"GET",
                                 "/metrics",
                                 {},
                                 Endpoint::Body::none,
                                 [](const ControlCall& call, const Respond& respond) {
                                   respond({200, control_metrics(call), kMetricsType});
                                 }};
  return endpoint;
}

const Endpoints& endpoints() {
  using Body = Endpoint::Body;
  static const Endpoints all{
      {"GET", "/v1/status", {}, Body::none, at_once(control_status)},
      {"POST", "/v1/reload", {}, Body::allowed, at_once(control_reload)},
      {"GET", "/v1/rules", {}, Body::none, at_once(control_rules)},
      {"GET", "/v1/entries", {"list", "hit", "limit"}, Body::none, at_once(control_entries)},
      {"GET", "/v1/tokens", {}, Body::none, at_once(control_tokens)},
      {"GET", "/v1/cache", {"name"}, Body::none, at_once(control_cache)},
      {"DELETE", "/v1/cache", {"name"}, Body::none, at_once(control_forget)},
      {"GET", "/v1/store", {"key"}, Body::none, at_once(control_record)},
      {"DELETE", "/v1/store", {"key"}, Body::none, at_once(control_forget_record)},
      {"POST", "/v1/store/sweep", {}, Body::allowed, at_once(control_sweep)},
      {"GET", "/v1/trace", {}, Body::none, at_once(control_traces)},
      {"POST", "/v1/trace", {}, Body::allowed, at_once(control_add_trace)},
      {"DELETE", "/v1/trace", {"id"}, Body::none, at_once(control_stop_trace)},
      {"GET", "/v1/trace/lines", {"after"}, Body::none, at_once(control_trace_lines)},
      {"GET", "/v1/shadow", {}, Body::none, at_once(control_shadow)},
      {"POST", "/v1/shadow", {}, Body::allowed, at_once(control_start_shadow)},
      {"DELETE", "/v1/shadow", {}, Body::none, at_once(control_drop_shadow)},
      {"GET", "/v1/dns", {"name", "type"}, Body::none, later(control_dns)},
      metrics_endpoint(),
  };
  return all;
}

// `a, b, c`, each once.
std::string join(std::vector<std::string_view> words) {
  std::string out;
  words.erase(std::unique(words.begin(), words.end()), words.end());
  for (const std::string_view word : words) {
    if (!out.empty()) out += ", ";
    out += word;
  }
  return out;
}

std::string in_quotes(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

tl::expected<const Endpoint*, ControlFault> find_endpoint(const Endpoints& endpoints,
                                                          const std::string& method,
                                                          const std::string& path) {
  std::vector<std::string_view> paths;
  std::vector<std::string_view> methods;
  for (const Endpoint& endpoint : endpoints) {
    paths.push_back(endpoint.path);
    if (endpoint.path != path) continue;
    if (endpoint.method == method) return &endpoint;
    methods.push_back(endpoint.method);
  }
  if (methods.empty()) {
    return control_fault("found the path " + in_quotes(path) + ", want " +
                             (paths.size() > 1 ? "one of " : "") + join(paths),
                         404);
  }
  return control_fault("found the method " + method + ", want " + join(methods), 405);
}

tl::expected<void, ControlFault> check_call(const Endpoint& endpoint, const ControlTarget& target,
                                            const std::string& body) {
  const auto& known = endpoint.parameters;
  for (const auto& [name, value] : target.parameters) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    return control_fault("found the parameter " + in_quotes(name) + ", want " +
                         (known.empty() ? "none" : join(known)));
  }
  if (endpoint.body == Endpoint::Body::none && !body.empty()) {
    return control_fault("found a body, want none");
  }
  return {};
}

void answer_from(const Endpoints& endpoints, const ControlParts& parts,
                 const http::HttpRequest& request, const Respond& respond) {
  const auto refuse = [&](const ControlFault& fault) {
    respond(response_of(tl::make_unexpected(fault)));
  };
  const auto target = parse_control_target(request.target);
  if (!target) return refuse({.text = target.error().text});
  const auto endpoint = find_endpoint(endpoints, request.method, target->path);
  if (!endpoint) return refuse(endpoint.error());
  if (const auto right = check_call(**endpoint, *target, request.body); !right) {
    return refuse(right.error());
  }
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  (*endpoint)->run({parts, target->parameters, request.body, now}, respond);
}

}  // namespace

void Control::answer(const http::HttpRequest& request, const http::HttpServer::Respond& respond) {
  answer_from(endpoints(), parts_, request, respond);
}

void Control::answer_metrics(const http::HttpRequest& request,
                             const http::HttpServer::Respond& respond) {
  static const Endpoints only{metrics_endpoint()};
  answer_from(only, parts_, request, respond);
}

}  // namespace postern::control
