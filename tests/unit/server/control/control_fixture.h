// For the tests of the control protocol: a daemon's parts with rules from a folder, a door that
// serves nothing, and DNS from a map.
#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <memory>
#include <string>
#include <utility>

#include "common/json/parse_json.h"
#include "server/control/control.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/common/resolver/resolver_fixture.h"

namespace postern::control {

class QuietServer final : public service::DoorServer {
 public:
  explicit QuietServer(resolver::ResolverFixture& dns) : dns_(dns) {}
  void start(std::function<void()> /*ended*/) override {}
  void stop() override {}
  void stop_now() override {}
  void settings_changed() override {}
  [[nodiscard]] service::ServerStatus status() const override {
    service::ServerStatus status;
    status.open_connections = 3;
    status.refused_connections = 1;
    status.delays = {4, 5, 6, 7, 8};
    status.cache = dns_.cache.statistics();
    status.upstreams = {{"127.0.0.1:53", true, 5, 9, 4}};
    status.upstreams[0].outcomes[static_cast<std::size_t>(dns::DnsReason::nxdomain)] = 3;
    status.upstreams[0].outcomes[static_cast<std::size_t>(dns::DnsReason::overloaded)] = 99;
    status.circuit = {true, std::chrono::seconds{12}, 34, 2};
    status.dns[static_cast<std::size_t>(dns::DnsReason::nxdomain)] = 8;
    status.dns[static_cast<std::size_t>(dns::DnsReason::overloaded)] = 11;
    status.accepted_connections = 44;
    status.refused_waits = 12;
    status.evicted_connections = 9;
    status.waiting_for = "Too many open files";
    status.shedding = {true, std::chrono::seconds{7}, 41, "evil.example"};
    return status;
  }
  [[nodiscard]] resolver::DnsCache& cache() override { return dns_.cache; }
  [[nodiscard]] resolver::Resolver& resolver() override { return *dns_.resolver; }

 private:
  resolver::ResolverFixture& dns_;
};

class ControlFixture {
 public:
  static constexpr const char* kSettings =
      "version: 1\nrules: rules.yaml\ndns: { upstreams: [127.0.0.1] }\n"
      "policyd: { listen: 'inet:127.0.0.1:10040', max_connections: 77 }\n";

  // `more`: settings behind kSettings.
  ControlFixture(const std::string& rules, const std::string& zone_yaml,
                 const std::string& more = {})
      : dns(resolver::zone(zone_yaml)),
        server(dns),
        settings_file(folder.write("postern.yaml", kSettings + more)),
        rules_file(folder.write("rules.yaml", rules)) {
    auto read = config::RuleSource::files(rules_file).load(kTarget, 7);
    if (!read.snapshot) throw std::runtime_error(read.diagnostics.to_string());
    state.reset(new service::DaemonState{"postern-test", "1.2", kStart, settings_file, *log,
                                         config::LiveSettings(read_settings()),
                                         config::SnapshotStore(read.snapshot)});
    config::ReloadReport first;
    first.at = kStart;
    first.generation = 7;
    first.took = std::chrono::microseconds{3200};
    first.diagnostics = read.diagnostics;
    config::Reloader::Parts parts{
        settings_file, Door::policy, state->settings, state->snapshots, *log, {}, {}};
    parts.try_rules = [this](const auto&, const auto&, const auto&) { return tried; };
    const std::string& folder_of_state = state->settings.current().state_folder;
    if (!folder_of_state.empty()) {
      if (auto opened = config::GenerationStore::open(folder_of_state))
        parts.generations = std::move(*opened);
    }
    reloader = std::make_unique<config::Reloader>(std::move(parts), first, read.files,
                                                  config::identities_of(read.files));
    control = std::make_unique<Control>(
        ControlParts{*state, *reloader, server, main.get_executor(), [this] { ++reloaded; }});
  }

  config::TriedRules tried;  // what the guard finds, where settings want it

  struct Answer {
    unsigned status = 0;
    boost::json::value json;
    [[nodiscard]] std::string error() const {
      const auto* text = json.as_object().if_contains("error");
      return text == nullptr ? "no error" : std::string(text->as_string());
    }
  };

  http::HttpResponse respond(const std::string& method, const std::string& target,
                             const std::string& body = {}) {
    std::optional<http::HttpResponse> response;
    control->answer({method, target, body}, [&](http::HttpResponse got) {
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
    const http::HttpResponse response = respond(method, target, body);
    EXPECT_EQ(response.content_type, "application/json") << target;
    auto json = json::parse_json(response.body);
    if (!json) throw std::runtime_error(json.error().text + ": " + response.body);
    return {response.status, std::move(*json)};
  }

  void hit(std::string_view rule, std::string_view list, const std::string& entry, UtcTime when) {
    Verdict verdict;
    verdict.action = Disposition::reject;
    verdict.rule = rule;
    verdict.entry.list = list;
    verdict.entry.entry = entry;
    state->hits.record(verdict, when);
  }

  static constexpr UtcTime kStart{std::chrono::seconds{1795284000}};  // 2026-11-21T18:00:00Z
  static inline const LoadTarget kTarget{Door::policy, {Door::policy}};

  TemporaryFolder folder;
  boost::asio::io_context main{1};
  resolver::ResolverFixture dns;
  QuietServer server;
  std::string settings_file;
  std::string rules_file;
  std::unique_ptr<os::DaemonLog> log =
      std::move(*os::DaemonLog::open({LogLevel::debug, folder.path("log")}));
  std::unique_ptr<service::DaemonState> state;
  std::unique_ptr<config::Reloader> reloader;
  std::unique_ptr<Control> control;
  int reloaded = 0;

 private:
  [[nodiscard]] config::Settings read_settings() const {
    Diagnostics diagnostics;
    auto settings_read = config::read_settings(settings_file, Door::policy, diagnostics);
    if (!settings_read) throw std::runtime_error(diagnostics.to_string());
    return std::move(*settings_read);
  }
};

}  // namespace postern::control
