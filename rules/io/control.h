// What posternctl and Prometheus can ask of a daemon (docs/control.md): requests in, JSON out, or
// the metrics as text. For the main thread; answers of DNS come later.
#pragma once

#include <string>

#include "common/io/http_server.h"
#include "common/utc_date.h"
#include "rules/io/door_server.h"
#include "rules/io/hits.h"
#include "rules/io/reloader.h"
#include "rules/io/snapshot_store.h"
#include "rules/io/traces.h"

namespace postern {

// The references outlive the control and every answer that is under way.
struct ControlParts {
  std::string daemon;  // `postern-policyd`
  std::string version;
  UtcTime started;
  std::string settings_file;
  const LiveSettings& settings;
  SnapshotStore& snapshots;
  Hits& hits;
  Reloader& reloader;
  DoorServer& server;
  boost::asio::any_io_executor executor;  // of the main thread, where answers are given
  // Called after each reload that was asked for, with what is to be watched from then on.
  std::function<void()> reloaded;
  Traces* traces = nullptr;  // null: none can be set
};

class Control {
 public:
  explicit Control(ControlParts parts) : parts_(std::move(parts)) {}

  // The handler of an HttpServer. Answers every request, faulty ones too.
  void answer(const HttpRequest& request, const HttpServer::Respond& respond);
  // The same for a port on which there is nothing but the metrics: whoever can connect to it can
  // change nothing.
  void answer_metrics(const HttpRequest& request, const HttpServer::Respond& respond);

 private:
  ControlParts parts_;
};

}  // namespace postern
