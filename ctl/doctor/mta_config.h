// All that the findings look at: Postern, the MTAs of this machine, and what was seen beside their
// files. A value.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "ctl/doctor/host_state.h"
#include "ctl/doctor/postfix_config.h"
#include "ctl/doctor/sendmail_cf.h"
#include "rules/model/door.h"
#include "rules/snapshot.h"
#include "server/config/settings.h"

namespace postern::doctor {

// Postern itself: what its settings and rules say of its place in the MTA.
struct PosternConfig {
  DoorSet doors;
  std::vector<ListenAddress> policy;    // where postern-policyd listens
  std::optional<ListenAddress> milter;  // where postern-milter does
  std::chrono::milliseconds deadline{0};
  // Of a rule that is in force: how long it may hold back a greeting; 0: none does.
  std::chrono::milliseconds longest_delay{0};
  // Whether a rule refuses or defers by the check sender_mx.
  bool decides_by_sender_mx = false;
  // The same by the check spf.
  bool decides_by_spf = false;
  // And by the check dnsbl.
  bool decides_by_dnsbl = false;
  // Whether a rule asks a DNS list, if only for the log.
  bool asks_dns_lists = false;
  // The first rule whose check needs the store; empty: none does.
  std::string remembers;
  bool has_store = true;
  // Where the store's server is, if it is asked over the network without TLS.
  std::optional<ListenAddress> plain_store_server;
  // Whether a rule holds, redirects or copies mail.
  bool changes_delivery = false;
  bool has_header_rules = false;
  bool has_recipient_rules = false;

  // Longest that an answer takes at CONNECT, and at any other stage.
  [[nodiscard]] std::chrono::milliseconds longest_greeting() const {
    return deadline + longest_delay;
  }
};

struct MtaConfig {
  PosternConfig postern;
  std::optional<PostfixConfig> postfix;
  std::optional<SendmailCf> sendmail;
  HostState host;
};

// One place where Postfix asks postern-policyd.
struct PolicyUse {
  const SmtpdService* service = nullptr;
  const RestrictionList* list = nullptr;
  std::size_t index = 0;  // in the list
  const PolicyCall* call = nullptr;
  // by_table: it stands in a restriction class that no list names.
  enum class Way { always, by_table } way = Way::always;
};

// One place where Postfix asks postern-milter.
struct MilterUse {
  const SmtpdService* service = nullptr;  // null: non_smtpd_milters
  const MilterList* list = nullptr;
  std::size_t index = 0;
  const MilterCall* call = nullptr;
};

// All of them, one for each service that a list holds for. They point into `mta`.
std::vector<PolicyUse> policy_uses(const MtaConfig& mta);
std::vector<MilterUse> milter_uses(const MtaConfig& mta);
// Those filters of sendmail that lead to Postern.
std::vector<const SendmailFilter*> filter_uses(const MtaConfig& mta);

// Whether the host name of an endpoint has an address here.
bool is_looked_up(const MtaConfig& mta, const Endpoint& endpoint);

// Whether an endpoint is meant to lead to that socket: it does, it would without the chroot, or it
// may, since it has a host name that has no address here or was not looked up, and the port is
// right.
bool is_meant_for(const MtaConfig& mta, const SmtpdService* service, const Endpoint& endpoint,
                  const ListenAddress& address);

// `rules`: as the widest door has them; null when they could not be read.
PosternConfig postern_config_of(const config::Settings& settings, DoorSet doors,
                                const Snapshot* rules);

}  // namespace postern::doctor
