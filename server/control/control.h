// Answers the requests of posternctl and Prometheus (docs/control.md) with JSON, or with the
// metrics as text. The supervisor owns it, on the main thread; an answer that needs DNS comes
// later.
#pragma once

#include "common/http/http_server.h"
#include "server/config/reloader.h"
#include "server/service/daemon_state.h"
#include "server/service/door_server.h"

namespace postern::control {

// The references outlive the control and every answer that is under way.
struct ControlParts {
  service::DaemonState& state;
  config::Reloader& reloader;
  service::DoorServer& server;
  boost::asio::any_io_executor executor;  // of the main thread, where answers are given
  // Called after each reload that was asked for, with what is to be watched from then on.
  std::function<void()> reloaded;
};

class Control {
 public:
  explicit Control(ControlParts parts) : parts_(std::move(parts)) {}

  // The handler of an HttpServer. Answers every request, faulty ones too.
  void answer(const http::HttpRequest& request, const http::HttpServer::Respond& respond);
  // The same for a port that serves the metrics alone: a client that connects there can change
  // nothing.
  void answer_metrics(const http::HttpRequest& request, const http::HttpServer::Respond& respond);

 private:
  ControlParts parts_;
};

}  // namespace postern::control
