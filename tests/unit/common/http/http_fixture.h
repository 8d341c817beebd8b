// For the tests of the HTTP server and client: a server on a thread of its own, on a unix socket in
// a folder of its own, and a client that says whatever it is told to.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "common/http/http_server.h"
#include "common/os/unix_connect.h"
#include "tests/support/temporary_folder.h"

namespace postern::http {

inline constexpr std::chrono::seconds kHttpPatience{20};

class HttpFixture {
 public:
  explicit HttpFixture(HttpServer::Handler handler, HttpServer::Limits limits = {})
      : server(std::make_unique<HttpServer>(io.get_executor(), listener_at(path()), limits,
                                            std::move(handler))) {
    server->start();
    thread = std::thread([this] { io.run(); });
  }
  HttpFixture(const HttpFixture&) = delete;
  HttpFixture& operator=(const HttpFixture&) = delete;
  ~HttpFixture() {
    on_thread([this] { server.reset(); });
    work.reset();
    thread.join();  // hangs when the server leaves something behind
  }

  static os::Listener listener_at(const std::string& path) {
    ListenAddress address;
    address.kind = ListenAddress::Kind::unix_socket;
    address.path = path;
    return os::Listener::open(address).value();
  }

  [[nodiscard]] std::string path() const { return folder.path("control"); }

  // Returns when it is done.
  void on_thread(std::function<void()> function) {
    std::packaged_task<void()> task(std::move(function));
    const auto done = task.get_future();
    boost::asio::post(io, [&task] { task(); });
    done.wait();
  }

  TemporaryFolder folder;
  boost::asio::io_context io{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work =
      boost::asio::make_work_guard(io);
  std::unique_ptr<HttpServer> server;
  std::thread thread;
};

class RawClient {
 public:
  explicit RawClient(const std::string& path)
      : fd_(os::connect_unix(path, kHttpPatience).value()) {}
  explicit RawClient(os::UniqueFd connection) : fd_(std::move(connection)) {}

  // Whether all of it was taken.
  bool say(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(sent));
      } else if (errno != EAGAIN || !wait(POLLOUT)) {
        return false;
      }
    }
    return true;
  }

  // Waits for as long as there is more to come, until `heard` ends in `text`; or, without one,
  // until the server closes the connection, and fails when it does not.
  std::string hear(std::string_view text = {}) {
    while (text.empty() || !std::string_view(heard_).ends_with(text)) {
      char bytes[4096];
      const ssize_t got = ::recv(fd_.get(), bytes, sizeof bytes, 0);
      if (got == 0 || (got < 0 && errno == ECONNRESET)) break;
      if (got > 0) {
        heard_.append(bytes, static_cast<std::size_t>(got));
      } else if (errno != EAGAIN || !wait(POLLIN)) {
        ADD_FAILURE() << "nothing more came after: " << heard_;
        break;
      }
    }
    return std::exchange(heard_, {});
  }

  void end_of_sending() const { ::shutdown(fd_.get(), SHUT_WR); }

 private:
  [[nodiscard]] bool wait(short event) const {
    pollfd waiting{fd_.get(), event, 0};
    const auto patience = std::chrono::duration_cast<std::chrono::milliseconds>(kHttpPatience);
    return ::poll(&waiting, 1, static_cast<int>(patience.count())) > 0;
  }

  os::UniqueFd fd_;
  std::string heard_;
};

// Says what it was asked.
inline void echo(const HttpRequest& request, const HttpServer::Respond& respond) {
  respond({200, request.method + " " + request.target + " [" + request.body + "]"});
}

inline std::string answer_of(HttpFixture& fixture, const std::string& request) {
  RawClient client(fixture.path());
  client.say(request);
  return client.hear();
}

// With `Connection: close`, so that the end of the answer is that of the connection.
inline std::string get(const std::string& target) {
  return "GET " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
}

}  // namespace postern::http
