// Whatever is asked of the control protocol has one answer, which is JSON, but for the metrics:
// what was asked for, or an error. Input: method, target (a line each) and body.
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>

#include "common/json/parse_json.h"
#include "rules/load/rule_file.h"
#include "server/control/control.h"
#include "server/control/control_json.h"
#include "tests/fuzz/require.h"

namespace postern::control_request_fuzz {
namespace {

constexpr const char* kRules = R"(
version: 1
lists:
  l: { kind: domain, entries: [a.example, { entry: .b.example, reason: "r" }, '~c'] }
rules:
  - { name: r, when: { sender_domain: l }, then: hold }
)";

// No settings and no rules on disk: a reload is refused.
constexpr const char* kSettingsFile = "/nonexistent/postern.yaml";

std::shared_ptr<const Snapshot> rules() {
  Diagnostics diagnostics;
  auto snapshot = load::load_rules(
      kRules, "rules", [](const std::string&) { return failure("no lists"); }, 1, {}, diagnostics);
  require(snapshot != nullptr);
  return snapshot;
}

config::Settings settings() {
  config::Settings settings;
  settings.dns.upstreams = {{{IpAddress::from_v4(0x7f000001), 1}}};  // where nobody answers
  return settings;
}

class QuietServer final : public service::DoorServer {
 public:
  explicit QuietServer(const boost::asio::any_io_executor& executor)
      : cache_(settings().dns.cache), resolver_(executor, settings().dns, cache_) {
    resolver_.stop();  // whatever is asked of it fails at once
  }
  void start(std::function<void()> /*ended*/) override {}
  void stop() override {}
  void stop_now() override {}
  void settings_changed() override {}
  [[nodiscard]] service::ServerStatus status() const override { return {}; }
  [[nodiscard]] resolver::DnsCache& cache() override { return cache_; }
  [[nodiscard]] resolver::Resolver& resolver() override { return resolver_; }

 private:
  resolver::DnsCache cache_;
  resolver::Resolver resolver_;
};

struct Fixture {
  Fixture() {
    Verdict verdict;
    verdict.rule = "r";
    verdict.entry.list = "l";
    verdict.entry.entry = "a.example";
    state.hits.record(verdict, UtcTime{});
  }

  boost::asio::io_context io{1};
  QuietServer server{io.get_executor()};
  std::unique_ptr<os::DaemonLog> log =
      std::move(*os::DaemonLog::open({LogLevel::error, "/dev/null"}));
  service::DaemonState state{"fuzz",
                             "0",
                             UtcTime{},
                             kSettingsFile,
                             *log,
                             config::LiveSettings(settings()),
                             config::SnapshotStore(rules())};
  config::Reloader reloader{
      {kSettingsFile, Door::milter, state.settings, state.snapshots, *log, {}, {}}, {}, {}, {}};
  control::Control control{{state, reloader, server, io.get_executor(), {}}};
};

std::string_view take_line(std::string_view& bytes) {
  const std::string_view line = bytes.substr(0, bytes.find('\n'));
  bytes.remove_prefix(std::min(bytes.size(), line.size() + 1));
  return line;
}

void check_response(const http::HttpRequest& request, const http::HttpResponse& response) {
  if (response.content_type != "application/json") {
    require(response.status == 200 && request.target.starts_with("/metrics"));
    require(response.body.starts_with("# HELP "));
    return;
  }
  const auto json = json::parse_json(response.body);
  require(json.has_value() && json->is_object());
  const boost::json::object& object = json->as_object();
  const unsigned status = response.status;
  require(status == 200 || status == 400 || status == 404 || status == 405);
  require((status == 200) == !object.contains("error"));
  if (status == 200 && request.target.starts_with("/v1/dns")) {
    require(control::dns_fact_from_json(*json).has_value());
  }
}

void check(std::string_view bytes) {
  static Fixture fixture;
  http::HttpRequest request;
  request.method = take_line(bytes);
  request.target = take_line(bytes);
  request.body = bytes;
  std::optional<http::HttpResponse> response;
  fixture.control.answer(request, [&](http::HttpResponse got) {
    require(!response);
    response = std::move(got);
  });
  fixture.io.restart();
  fixture.io.run();
  require(response.has_value());
  check_response(request, *response);
}

// What is read from an answer is what is written as one.
void check_fact(std::string_view bytes) {
  const auto json = json::parse_json(bytes);
  if (!json) return;
  const auto fact = control::dns_fact_from_json(*json);
  if (!fact) return;
  const auto again = control::dns_fact_from_json(control::json_dns_fact(dns::DnsType::mx, *fact));
  require(again.has_value());
  const auto before = fact->answer->records.addresses();
  const auto after = again->answer->records.addresses();
  require(std::equal(before.begin(), before.end(), after.begin(), after.end()));
  require(again->answer->status == fact->answer->status && again->age == fact->age);
}

}  // namespace
}  // namespace postern::control_request_fuzz

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  postern::control_request_fuzz::check(postern::as_text(data, size));
  postern::control_request_fuzz::check_fact(postern::as_text(data, size));
  return 0;
}
