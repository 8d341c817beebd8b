// /v1/trace and /v1/trace/lines.

#include "common/base/whole_number.h"
#include "common/json/parse_json.h"
#include "server/control/control_endpoints.h"
#include "server/control/control_json.h"

namespace postern::control {
namespace {

constexpr const char* kWantedTrace =
    R"(want {"client": "192.0.2.7", "sender_domain": "a.example", "instance": "...", )"
    R"("seconds": 600}, one of the first three at least)";

// What the body asks for.
struct WantedTrace {
  explain::TraceFilter filter;
  std::chrono::seconds time{0};
};

// Of one request: its texts, and how long.
class TraceBody {
 public:
  Result<WantedTrace> read(const std::string& body) {
    const auto parsed = json::parse_json(body);
    if (!parsed) return failure(parsed.error().text + "; " + kWantedTrace);
    const json::object* object = parsed->if_object();
    if (object == nullptr) return failure(std::string("found no JSON object, ") + kWantedTrace);
    for (const auto& [key, value] : *object) {
      if (!take(key, value)) {
        return failure("found the key \"" + std::string(key) + "\", or its value, wrong; " +
                       kWantedTrace);
      }
    }
    auto filter = explain::parse_trace_filter(client_, sender_domain_, instance_);
    if (!filter) return tl::unexpected(filter.error());
    if (seconds_ < 1 || seconds_ > service::Traces::kMaxTime.count()) {
      return failure("found seconds=" + std::to_string(seconds_) + ", want a number from 1 to " +
                     std::to_string(service::Traces::kMaxTime.count()));
    }
    return WantedTrace{std::move(*filter), std::chrono::seconds{seconds_}};
  }

 private:
  bool take(std::string_view key, const json::value& value) {
    if (key == "seconds") {
      const auto* number = value.if_int64();
      seconds_ = number == nullptr ? 0 : *number;
      return number != nullptr;
    }
    std::string* const text = key == "client"          ? &client_
                              : key == "sender_domain" ? &sender_domain_
                              : key == "instance"      ? &instance_
                                                       : nullptr;
    if (text == nullptr || value.if_string() == nullptr) return false;
    *text = std::string(value.as_string());
    return true;
  }

  std::string client_;
  std::string sender_domain_;
  std::string instance_;
  std::int64_t seconds_ = 0;
};

json::object json_trace(const service::Traces::Trace& trace,
                        service::Traces::Clock::time_point now) {
  const auto left = std::chrono::ceil<std::chrono::seconds>(trace.end - now);
  const auto& filter = trace.filter;
  return {{"id", trace.id},
          {"client", json_text_or_null(filter.client ? filter.client->to_string() : "")},
          {"sender_domain", json_text_or_null(filter.sender_domain)},
          {"instance", json_text_or_null(filter.instance)},
          {"seconds_left", left.count()},
          {"decisions", trace.decisions},
          {"left_out", trace.left_out}};
}

Result<std::uint64_t> number_in(const std::string& text, std::string_view name) {
  if (const auto number = parse_whole<std::uint64_t>(text)) return *number;
  return failure("found " + std::string(name) + "=" + text + ", want a number");
}

}  // namespace

ControlAnswer control_traces(const ControlCall& call) {
  const auto now = service::Traces::Clock::now();
  json::array traces;
  for (const auto& trace : call.parts.state.traces.all(now))
    traces.push_back(json_trace(trace, now));
  return json::object{{"traces", std::move(traces)},
                      {"max", service::Traces::kMaxTraces},
                      {"last_line", call.parts.state.traces.last_line()}};
}

ControlAnswer control_add_trace(const ControlCall& call) {
  auto wanted = TraceBody().read(call.body);
  if (!wanted) return control_fault(wanted.error().text);
  const auto now = service::Traces::Clock::now();
  const auto trace = call.parts.state.traces.add(std::move(wanted->filter), wanted->time, now);
  if (!trace) return control_fault(trace.error().text, 409);
  return json_trace(*trace, now);
}

ControlAnswer control_stop_trace(const ControlCall& call) {
  std::optional<std::uint64_t> id;
  if (const std::string* text = call.parameter("id")) {
    const auto number = number_in(*text, "id");
    if (!number) return control_fault(number.error().text);
    id = *number;
  }
  return json::object{{"stopped", call.parts.state.traces.remove(id)}};
}

ControlAnswer control_trace_lines(const ControlCall& call) {
  std::uint64_t after = 0;
  if (const std::string* text = call.parameter("after")) {
    const auto number = number_in(*text, "after");
    if (!number) return control_fault(number.error().text);
    after = *number;
  }
  json::array lines;
  for (const service::Traces::Line& line : call.parts.state.traces.lines_after(after)) {
    lines.push_back(json::object{
        {"number", line.number}, {"trace", line.trace}, {"text", json_text(line.text)}});
  }
  return json::object{{"lines", std::move(lines)}};
}

}  // namespace postern::control
