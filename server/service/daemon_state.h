// What both daemons have while they serve. server/daemon/daemon.cpp makes it; server, control and
// supervisor refer to it. Each part says which threads may use it.
#pragma once

#include <memory>
#include <string>

#include "common/base/utc_date.h"
#include "common/os/log.h"
#include "server/config/in_force.h"
#include "server/journal/journal.h"
#include "server/service/dns_list_health.h"
#include "server/service/hits.h"
#include "server/service/recent_tokens.h"
#include "server/service/shadow_slot.h"
#include "server/service/spf_list_status.h"
#include "server/service/traces.h"
#include "server/state/state_store.h"

namespace postern::service {

struct DaemonState {
  std::string name;  // `postern-policyd`
  std::string version;
  UtcTime started;
  std::string settings_file;
  os::DaemonLog& log;  // outlives it
  config::LiveSettings settings;
  config::SnapshotStore snapshots;
  Hits hits = {};
  DnsListHealth dns_lists = {};
  Traces traces = {};
  RecentTokens tokens = {};
  std::unique_ptr<journal::Journal> journal = {};  // null in tools and tests: there is none
  ShadowSlot shadow = {};
  std::unique_ptr<state::StateStore> store = {};  // null: the settings want none
  SpfListStatuses spf_lists = {};                 // of the main thread
};

}  // namespace postern::service
