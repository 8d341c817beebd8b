// For the tests of sessions: all that they share, with a real resolver on a thread of its own and a
// zone for it to ask.
#pragma once

#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>

#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>

#include "milter/session.h"
#include "tests/support/rules_from.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/common/resolver/resolver_fixture.h"
#include "tests/unit/milter/clients.h"

namespace postern::milter {

inline std::shared_ptr<const Snapshot> generation(std::uint64_t number, const std::string& rules) {
  Diagnostics diagnostics;
  auto snapshot = load::load_rules("version: 1\n" + rules, "rules.yaml", reader_of({}), number,
                                   {Door::milter, {Door::milter}}, diagnostics);
  if (!snapshot) throw std::runtime_error(diagnostics.to_string());
  return snapshot;
}

// What went wrong and what was decided so far.
inline std::string text_of_log(os::DaemonLog& log, const std::string& file) {
  log.flush();
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

class SessionFixture {
 public:
  explicit SessionFixture(const std::string& rules, const config::Settings& settings_now = {},
                          const std::string& zone_text = "zone: {}\n")
      : dns(resolver::zone(zone_text)),
        state{"postern-milter",
              "",
              {},
              "",
              *log_,
              config::LiveSettings(with_dns(settings_now)),
              config::SnapshotStore(generation(1, rules))},
        service(state, dns.io.get_executor()),
        sessions(settings_now.milter.max_connections),
        waiting(settings_now.milter.max_waiting),
        wakeup(dns.io.get_executor(), {}, {}, {}),
        services{service,
                 dns.io.get_executor(),
                 settings_now.milter.listen ? settings_now.milter.listen->kind
                                            : ListenAddress::Kind::unix_socket,
                 sessions,
                 waiting,
                 wakeup,
                 stopping,
                 messages} {}
  ~SessionFixture() {
    dns.stop();
    service.leave_executor();
  }

  // One that is past the negotiation with an MTA that can do everything.
  std::unique_ptr<MilterSession> open(const MilterOffer& offer = kOffer) {
    auto session = std::make_unique<MilterSession>(services);
    if (const auto begun = session->begin(offer); !begun) {
      throw std::runtime_error(begun.error().text);
    }
    return session;
  }

  std::string logged() { return text_of_log(*log_, folder_.path("log")); }

  static constexpr MilterOffer kOffer{SMFI_CURR_ACTS, SMFI_CURR_PROT};

 private:
  std::unique_ptr<os::DaemonLog> open_log() {
    os::LogSettings log;
    log.file = folder_.path("log");
    return std::move(os::DaemonLog::open(log).value());
  }
  config::Settings with_dns(config::Settings plain) const {
    plain.dns = dns.settings_now;
    return plain;
  }

  TemporaryFolder folder_;
  std::unique_ptr<os::DaemonLog> log_ = open_log();

 public:
  resolver::ResolverFixture dns;
  service::DaemonState state;
  service::DecisionService service;
  config::LiveSettings& settings = state.settings;
  config::SnapshotStore& snapshots = state.snapshots;
  service::Hits& hits = state.hits;
  service::GreetingDelay& delays = service.delays();
  service::Capacity sessions;
  resolver::DomainShares waiting;
  service::MessageBudget messages{std::size_t{1} << 20};
  WorkerWakeup wakeup;  // without connections
  StopFlag stopping;
  MilterServices services;
};

// `-` when nothing is said or the session goes on, `550 5.7.1 text`, `discard`.
inline std::string said(const MilterReply& reply) {
  switch (reply.status) {
    case MilterReply::Status::proceed:
    case MilterReply::Status::unanswered:
      return "-";
    case MilterReply::Status::discard:
      return "discard";
    case MilterReply::Status::reject:
    case MilterReply::Status::tempfail:
      break;
  }
  return reply.refusal ? reply.refusal->to_string() : "tempfail";
}

}  // namespace postern::milter
