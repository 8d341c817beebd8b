// What sendmail.cf says about filters, and about senders whose domain does not exist ("Sendmail
// Installation and Operation Guide", X lines and InputMailFilters). Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "ctl/doctor/config_lines.h"
#include "ctl/doctor/endpoint.h"

namespace postern::doctor {

// An X line: `Xpostern, S=local:/run/postern/milter, F=T, T=C:10s;S:10s;R:30s;E:1m`.
struct SendmailFilter {
  std::string name;
  ConfigPlace where;
  std::string socket;  // as it is written
  std::optional<Endpoint> endpoint;
  char flag = ' ';  // of F=: T, R, 4 or none
  // Without T= as sendmail has them by itself.
  std::chrono::milliseconds connect_time{std::chrono::minutes{5}};
  std::chrono::milliseconds send_time{std::chrono::seconds{10}};
  std::chrono::milliseconds read_time{std::chrono::seconds{10}};
  std::chrono::milliseconds end_time{std::chrono::minutes{5}};
};

// One listener: `O DaemonPortOptions=Name=MTA, InputMailFilters=a;b`.
struct SendmailDaemon {
  std::string name;
  std::string port;
  ConfigPlace where;
  // Nothing: it takes those of `O InputMailFilters`.
  std::optional<std::vector<std::string>> filters;
};

struct SendmailCf {
  std::string file;
  std::vector<SendmailFilter> filters;
  std::vector<std::string> input_filters;  // in their order
  ConfigPlace input_filters_place;
  std::vector<SendmailDaemon> daemons;
  // Whether senders are refused whose domain does not exist: without
  // FEATURE(accept_unresolvable_domains).
  bool checks_sender_domain = false;
};

// At most 200 filters and daemons each.
SendmailCf read_sendmail_cf(const ConfigText& text);

// Whether any listener asks it.
bool is_asked(const SendmailCf& cf, const SendmailFilter& filter);

}  // namespace postern::doctor
