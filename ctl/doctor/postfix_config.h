// Postfix as far as it asks others about a mail: each SMTP server of master.cf with the parameters
// that hold for it, main.cf below its own -o. Pure.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ctl/doctor/config_lines.h"
#include "ctl/doctor/endpoint.h"
#include "ctl/doctor/restriction_list.h"

namespace postern::doctor {

struct PostfixSetting {
  std::string value;
  ConfigPlace where;
  bool is_set = false;  // else it is Postfix's own default
};

// One filter of smtpd_milters or non_smtpd_milters.
struct MilterCall {
  PostfixService service;
  std::optional<Endpoint> endpoint;  // nothing: not understood
  // Of its own braces, else of the parameters.
  PostfixSetting connect_time;
  PostfixSetting command_time;
  PostfixSetting content_time;
  PostfixSetting default_action;
  PostfixSetting protocol;
};

struct MilterList {
  ConfigPlace where;
  std::string text;
  std::vector<MilterCall> calls;
};

struct SmtpdService {
  std::string name;            // `smtp/inet`
  std::string port;            // `smtp`, `127.0.0.1:2525`
  std::string type;            // `inet`, `pass`
  std::optional<bool> chroot;  // nothing: master.cf is not known
  bool delay_reject = true;
  // In the order in which they are looked at when a recipient is named and delay_reject is on.
  std::vector<RestrictionList> lists;
  std::vector<RestrictionList> classes;
  // Those that a list names; only a table may call the others.
  std::set<std::string, std::less<>> named_classes;
  PostfixSetting soft_bounce;
  PostfixSetting proxy_filter;
  PostfixSetting policy_timeout;
  PostfixSetting policy_default_action;
  PostfixSetting policy_try_limit;
  PostfixSetting policy_request_limit;
  MilterList milters;
  ConfigPlace delay_reject_place;

  // Null when it is no list that we read.
  [[nodiscard]] const RestrictionList* list(std::string_view parameter) const;
  // For mail of strangers: port 25, or behind postscreen.
  [[nodiscard]] bool is_public() const;
  // For one's own people: submission, submissions.
  [[nodiscard]] bool is_submission() const;
};

struct PostfixConfig {
  std::vector<SmtpdService> services;  // at most 100
  MilterList non_smtpd_milters;
  std::string queue_directory;
  std::string mail_owner;
  PostfixSetting mynetworks;
  // By which lists a postscreen(8) of master.cf turns clients away; empty: by none.
  PostfixSetting screen_lists;
};

// Without `master` there is one server, of which no more is known than what main.cf says.
PostfixConfig read_postfix(const ConfigText& main, const std::optional<ConfigText>& master);

// The path of a unix socket as the kernel sees it when that service opens it.
std::string path_seen(const PostfixConfig& postfix, const SmtpdService& service,
                      const Endpoint& endpoint);

}  // namespace postern::doctor
