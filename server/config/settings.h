// Daemon settings (postern.yaml) as typed values: every key, default and bound in one place.
// Plain values, no I/O.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/listen_address.h"
#include "common/base/setting.h"
#include "common/os/log_settings.h"
#include "common/resolver/dns_settings.h"
#include "rules/model/mixed_recipients.h"
#include "server/config/journal_settings.h"
#include "server/config/radar_settings.h"
#include "server/config/store_settings.h"

namespace postern::config {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct DecisionSettings {
  milliseconds deadline{5000};
  milliseconds max_work{100};
  std::size_t max_delayed = 50;
  friend bool operator==(const DecisionSettings&, const DecisionSettings&) = default;

  static void describe(const auto& row) {
    using S = DecisionSettings;
    using namespace std::chrono_literals;
    // Postfix waits 100 s for a policy server, 30 s for a milter.
    row({"deadline", "Then facts that are missing count as temporary failures"}, &S::deadline,
        Duration{100ms, 25s});
    row({"max_work", "Of the processor; what was not looked at then is unknown"}, &S::max_work,
        Duration{10ms, 10s});
    row({"max_delayed", "Greetings held back at once; of one client, an eighth of them"},
        &S::max_delayed, Number{0, 100000});
  }
};

struct PolicydSettings {
  std::vector<ListenAddress> listen;
  std::optional<ListenAddress> metrics;  // TCP, loopback; none: on the control socket alone
  unsigned threads = 1;
  std::size_t max_connections = 2000;
  std::size_t max_request_bytes = 16384;
  std::size_t max_request_attributes = 200;
  seconds idle_timeout{1200};  // above Postfix's max_ttl of 1000 s
  seconds request_timeout{30};
  seconds stop_timeout{10};
  friend bool operator==(const PolicydSettings&, const PolicydSettings&) = default;

  static void describe(const auto& row) {
    using S = PolicydSettings;
    using namespace std::chrono_literals;
    row({"listen", "Where Postfix connects", Taken::at_restart}, &S::listen,
        Listen{"inet:127.0.0.1:10040, 'inet:[::1]:10040', unix:/run/postern/policy"});
    row({"metrics", "Where Prometheus reads /metrics", Taken::at_restart}, &S::metrics,
        LoopbackPort{});
    row({"threads", "Each with an event loop of its own", Taken::at_restart}, &S::threads,
        Number{1, 64});
    row({"max_connections",
         "Above the number of smtpd processes that ask; one address over the "
         "network may have nine tenths"},
        &S::max_connections, Number{1, 1000000});
    row({"max_request_size", "A longer request ends the connection"}, &S::max_request_bytes,
        Size{kKiB, kMiB});
    row({"max_request_attributes", "Attributes of one request"}, &S::max_request_attributes,
        Number{40, 10000});
    row({"idle_timeout", "A connection without a request is closed after it"}, &S::idle_timeout,
        Duration{1s, 24h});
    row({"request_timeout", "From the first byte of a request to its empty line"},
        &S::request_timeout, Duration{1s, 1h});
    row({"stop_timeout", "For requests under way when the daemon is told to stop"},
        &S::stop_timeout, Duration{0s, 300s});
  }
};

// When a client that a rule refuses at CONNECT or HELO hears of it.
enum class RefuseClients {
  at_mail,      // in answer to MAIL, where both MTAs pass on the rule's own text
  at_greeting,  // 554 in the place of the 220, with the MTA's text
};
inline constexpr Word<RefuseClients> kRefuseClients[] = {
    {"at_mail", RefuseClients::at_mail}, {"at_greeting", RefuseClients::at_greeting}};
inline constexpr Word<MixedRecipients> kMixedRecipients[] = {{"split", MixedRecipients::split},
                                                             {"mildest", MixedRecipients::mildest}};

// The milter door. Without `listen` there is none.
struct MilterSettings {
  std::optional<ListenAddress> listen;
  std::optional<ListenAddress> metrics;  // as the policy door's
  RefuseClients refuse_clients = RefuseClients::at_mail;
  MixedRecipients mixed_recipients = MixedRecipients::split;
  std::size_t max_connections = 2000;
  std::size_t max_waiting = 500;
  std::size_t max_header_bytes = 32768;
  seconds stop_timeout{5};
  friend bool operator==(const MilterSettings&, const MilterSettings&) = default;

  static void describe(const auto& row) {
    using S = MilterSettings;
    using namespace std::chrono_literals;
    row({"listen", "One address: libmilter has one socket", Taken::at_restart}, &S::listen,
        Listen{"inet:127.0.0.1:10050, 'inet:[::1]:10050', unix:/run/postern/milter"});
    row({"metrics", "Where Prometheus reads /metrics", Taken::at_restart}, &S::metrics,
        LoopbackPort{});
    row({"refuse_clients", "When a client that is refused at CONNECT or HELO hears of it"},
        &S::refuse_clients, OneOf{kRefuseClients});
    row({"mixed_recipients",
         "A message for whose recipients different rules may decide at its "
         "end: one transaction for each group of them, or the mildest verdict for all"},
        &S::mixed_recipients, OneOf{kMixedRecipients});
    row({"max_connections", "SMTP sessions at once; the MTA does without for more"},
        &S::max_connections, Number{1, 1000000});
    row({"max_waiting", "Callbacks that wait for DNS at once, each on a thread"}, &S::max_waiting,
        Number{1, 10000});
    row({"max_header_size", "Of all fields of one name that rules look at; what is beyond is cut"},
        &S::max_header_bytes, Size{kKiB, 32 * kKiB});
    row({"stop_timeout", "For sessions that are open when the daemon is told to stop"},
        &S::stop_timeout, Duration{0s, 300s});
  }
};

// Where posternctl talks to the daemons: each has a socket of its own in `folder`, named after it
// (`postern-policyd.control`).
struct ControlSettings {
  std::string folder;  // absolute
  std::string owner;   // empty: the account that the daemon takes on
  std::string group;
  std::uint32_t mode = 0600;  // permission bits: a client may change what mail is let in
  friend bool operator==(const ControlSettings&, const ControlSettings&) = default;
};

// Whether changed rules are tried on the journal before they come into service.
enum class ReplayGuard { off, on };
inline constexpr Word<ReplayGuard> kReplayGuards[] = {{"off", ReplayGuard::off},
                                                      {"on", ReplayGuard::on}};

struct ReloadSettings {
  ReplayGuard replay_guard = ReplayGuard::off;
  friend bool operator==(const ReloadSettings&, const ReloadSettings&) = default;

  static void describe(const auto& row) {
    using S = ReloadSettings;
    row({"replay_guard",
         "Refuses changed rules that would have lost good mail of the last day, by the journal"},
        &S::replay_guard, OneOf{kReplayGuards});
  }
};

struct Settings {
  std::string rules_file;                  // as read_settings() gives it: absolute
  std::string state_folder;                // empty: generations are kept nowhere
  std::optional<ControlSettings> control;  // none: no control socket
  std::string user = "postern";
  std::string group;        // empty: the user's own
  std::string authserv_id;  // empty: what the machine calls itself
  resolver::DnsSettings dns;
  DecisionSettings decision;
  os::LogSettings log;
  JournalSettings journal;
  StoreSettings store;
  RadarSettings radar;
  ReloadSettings reload;
  PolicydSettings policyd;  // the policy door; without `listen` there is none
  MilterSettings milter;
  friend bool operator==(const Settings&, const Settings&) = default;

  static void describe(const auto& row) {
    using S = Settings;
    row({"rules", "The rule file; relative to this file"}, &S::rules_file, RequiredPath{});
    row({"state", "Where the generations of the rules are kept; without it nowhere",
         Taken::at_restart},
        &S::state_folder, AbsolutePath{});
    row({"control", "The folder of the sockets for posternctl; without it there are none",
         Taken::at_restart},
        &S::control, ControlFolder{});
    row({"user", "Taken on when started as root", Taken::at_restart}, &S::user, Text{"name"});
    row({"group", "Default: the user's own", Taken::at_restart}, &S::group, Text{"name"});
    row({"authserv_id", "Of this site in Authentication-Results. Default: the name of the machine"},
        &S::authserv_id, HostName{});
    row({"dns"}, &S::dns, Section{});
    row({"decision"}, &S::decision, Section{});
    row({"log"}, &S::log, Section{});
    row({"journal"}, &S::journal, Section{"off"});
    row({"store"}, &S::store, Section{});
    row({"radar"}, &S::radar, Section{});
    row({"reload"}, &S::reload, Section{});
    row({"policyd"}, &S::policyd, Section{});
    row({"milter"}, &S::milter, Section{});
  }
};

}  // namespace postern::config
