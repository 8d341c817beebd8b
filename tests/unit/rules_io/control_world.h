// For the tests of the control protocol: a daemon's parts with rules from a folder, a door that
// serves nothing, and DNS from a map.
#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <memory>
#include <string>
#include <utility>

#include "common/json/parse_json.h"
#include "rules/io/control.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/io/dns_rig.h"

namespace postern {

class QuietServer final : public DoorServer {
 public:
  explicit QuietServer(DnsRig& dns) : dns_(dns) {}
  void start(std::function<void()> /*ended*/) override {}
  void stop() override {}
  void stop_now() override {}
  void settings_changed() override {}
  [[nodiscard]] ServerStatus status() const override {
    ServerStatus status;
    status.open_connections = 3;
    status.refused_connections = 1;
    status.delays = {4, 5, 6, 7, 8};
    status.cache = dns_.cache.statistics();
    status.upstreams = {{"127.0.0.1:53", true, 5, 9, 4}};
    status.upstreams[0].outcomes[static_cast<std::size_t>(DnsReason::nxdomain)] = 3;
    status.upstreams[0].outcomes[static_cast<std::size_t>(DnsReason::overloaded)] = 99;
    status.circuit = {true, std::chrono::seconds{12}, 34, 2};
    status.dns[static_cast<std::size_t>(DnsReason::nxdomain)] = 8;
    status.dns[static_cast<std::size_t>(DnsReason::overloaded)] = 11;
    status.accepted_connections = 44;
    status.refused_waits = 12;
    status.evicted_connections = 9;
    status.waiting_for = "Too many open files";
    status.shedding = {true, std::chrono::seconds{7}, 41, "evil.example"};
    return status;
  }
  [[nodiscard]] DnsCache& cache() override { return dns_.cache; }
  [[nodiscard]] Resolver& resolver() override { return *dns_.resolver; }

 private:
  DnsRig& dns_;
};

class ControlWorld {
 public:
  static constexpr const char* kSettings =
      "version: 1\nrules: rules.yaml\ndns: { upstreams: [127.0.0.1] }\n"
      "policyd: { listen: 'inet:127.0.0.1:10040', max_connections: 77 }\n";

  // `more`: settings behind kSettings.
  ControlWorld(const std::string& rules, const std::string& zone_yaml, const std::string& more = {})
      : dns(zone(zone_yaml)),
        server(dns),
        settings_file(folder.write("postern.yaml", kSettings + more)),
        rules_file(folder.write("rules.yaml", rules)) {
    Diagnostics diagnostics;
    auto read = read_rules(rules_file, 7, kAudience, nullptr, diagnostics);
    if (!read.snapshot) throw std::runtime_error(diagnostics.to_string());
    snapshots = std::make_unique<SnapshotStore>(read.snapshot);
    ReloadReport first;
    first.at = kStart;
    first.generation = 7;
    first.took = std::chrono::microseconds{3200};
    first.diagnostics = diagnostics;
    Reloader::Parts parts{settings_file, Door::policy, *settings, *snapshots, *log, {}, {}};
    if (const std::string& state = settings->current().state_folder; !state.empty()) {
      if (auto opened = GenerationStore::open(state)) parts.generations = std::move(*opened);
    }
    reloader = std::make_unique<Reloader>(std::move(parts), first, read.files);
    control = std::make_unique<Control>(ControlParts{"postern-test", "1.2", kStart, settings_file,
                                                     *settings, *snapshots, hits, *reloader, server,
                                                     main.get_executor(), [this] { ++reloaded; }});
  }

  struct Answer {
    unsigned status = 0;
    boost::json::value json;
    [[nodiscard]] std::string error() const {
      const auto* text = json.as_object().if_contains("error");
      return text == nullptr ? "no error" : std::string(text->as_string());
    }
  };

  HttpResponse respond(const std::string& method, const std::string& target,
                       const std::string& body = {}) {
    std::optional<HttpResponse> response;
    control->answer({method, target, body}, [&](HttpResponse got) {
      EXPECT_FALSE(response) << "answered twice";
      response = std::move(got);
    });
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (!response && std::chrono::steady_clock::now() < end) {
      main.restart();
      main.run_for(std::chrono::milliseconds{10});
    }
    if (!response) throw std::runtime_error("no answer to " + target);
    return std::move(*response);
  }

  Answer ask(const std::string& method, const std::string& target, const std::string& body = {}) {
    const HttpResponse response = respond(method, target, body);
    EXPECT_EQ(response.content_type, "application/json") << target;
    auto json = parse_json(response.body);
    if (!json) throw std::runtime_error(json.error().text + ": " + response.body);
    return {response.status, std::move(*json)};
  }

  void hit(std::string_view rule, std::string_view list, const std::string& entry, UtcTime when) {
    Verdict verdict;
    verdict.action = ActionKind::reject;
    verdict.rule = rule;
    verdict.entry.list = list;
    verdict.entry.entry = entry;
    hits.record(verdict, when);
  }

  static constexpr UtcTime kStart{std::chrono::seconds{1795284000}};  // 2026-11-21T18:00:00Z
  static constexpr Audience kAudience{Door::policy, {Door::policy}};

  TemporaryFolder folder;
  boost::asio::io_context main{1};
  DnsRig dns;
  QuietServer server;
  std::string settings_file;
  std::string rules_file;
  Hits hits;
  std::unique_ptr<DaemonLog> log =
      std::move(*DaemonLog::open({LogLevel::debug, folder.path("log")}));
  std::unique_ptr<LiveSettings> settings = std::make_unique<LiveSettings>(read());
  std::unique_ptr<SnapshotStore> snapshots;
  std::unique_ptr<Reloader> reloader;
  std::unique_ptr<Control> control;
  int reloaded = 0;

 private:
  [[nodiscard]] Settings read() const {
    Diagnostics diagnostics;
    auto settings_read = read_settings(settings_file, Door::policy, diagnostics);
    if (!settings_read) throw std::runtime_error(diagnostics.to_string());
    return std::move(*settings_read);
  }
};

}  // namespace postern
