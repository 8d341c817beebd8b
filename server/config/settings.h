// Daemon settings (postern.yaml) as typed values: every default, limit and unit in one place.
// Plain values, no I/O. Which of them take a restart to change: server/config/settings_change.h.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/listen_address.h"
#include "common/os/log_settings.h"
#include "common/resolver/dns_settings.h"
#include "rules/model/mixed_recipients.h"

namespace postern::config {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct DecisionSettings {
  milliseconds deadline{5000};   // then missing facts become temporary failures
  milliseconds max_work{100};    // of processor time; then what was not looked at is unknown
  std::size_t max_delayed = 50;  // greetings held back at once; more are not delayed
  friend bool operator==(const DecisionSettings&, const DecisionSettings&) = default;
};

struct PolicydSettings {
  std::vector<ListenAddress> listen;
  std::optional<ListenAddress> metrics;  // TCP, loopback; none: on the control socket alone
  unsigned threads = 1;
  std::size_t max_connections = 2000;
  std::size_t max_request_bytes = 16384;
  std::size_t max_request_attributes = 200;
  seconds idle_timeout{1200};   // above Postfix's max_ttl of 1000 s
  seconds request_timeout{30};  // from the first byte of a request to its empty line
  seconds stop_timeout{10};     // for what is in flight when told to stop
  friend bool operator==(const PolicydSettings&, const PolicydSettings&) = default;
};

// When a client that a rule refuses at CONNECT or HELO hears of it.
enum class RefuseClients {
  at_mail,      // in answer to MAIL, where both MTAs pass on the rule's own text
  at_greeting,  // 554 in the place of the 220, with the MTA's text
};

// The milter door. Without `listen` there is none.
struct MilterSettings {
  std::optional<ListenAddress> listen;   // libmilter has one socket
  std::optional<ListenAddress> metrics;  // as the policy door's
  RefuseClients refuse_clients = RefuseClients::at_mail;
  MixedRecipients mixed_recipients = MixedRecipients::split;
  std::size_t max_connections = 2000;  // SMTP sessions at once; the MTA does without for more
  // Callbacks that wait for DNS at once, each on a thread of libmilter; for more, what is unknown
  // stays so.
  std::size_t max_waiting = 500;
  // Of all fields of one name that rules look at, in one message; what is beyond was not kept.
  std::size_t max_header_bytes = 32768;
  seconds stop_timeout{5};  // for the sessions that are open when told to stop
  friend bool operator==(const MilterSettings&, const MilterSettings&) = default;
};

// Where posternctl talks to the daemons: each has a socket of its own in `folder`, named after it
// (`postern-policyd.control`).
struct ControlSettings {
  std::string folder;  // absolute
  std::string owner;   // empty: who the daemon becomes
  std::string group;
  std::uint32_t mode = 0600;  // permission bits: who may connect may change what mail is let in
  friend bool operator==(const ControlSettings&, const ControlSettings&) = default;
};

struct Settings {
  std::string rules_file;                  // absolute, or relative to the settings file
  std::string state_folder;                // where generations are kept, absolute; empty: nowhere
  std::optional<ControlSettings> control;  // none: no control socket
  std::string user = "postern";            // taken on when started as root
  std::string group;                       // empty: the user's own
  resolver::DnsSettings dns;
  DecisionSettings decision;
  os::LogSettings log;
  PolicydSettings policyd;  // the policy door; without `listen` there is none
  MilterSettings milter;
  friend bool operator==(const Settings&, const Settings&) = default;
};

}  // namespace postern::config
