// What posternctl and Prometheus can ask of a daemon (docs/control.md): requests in, JSON out, or
// the metrics as text. For the main thread; answers of DNS come later.
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
  // The same for a port on which there is nothing but the metrics: whoever can connect to it can
  // change nothing.
  void answer_metrics(const http::HttpRequest& request, const http::HttpServer::Respond& respond);

 private:
  ControlParts parts_;
};

}  // namespace postern::control
