// For the tests of the commands: an installation in a folder of its own, whose daemons say what
// they are told to, and posternctl on it.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <functional>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "common/base/utc_date.h"
#include "common/http/http_server.h"
#include "ctl/command_line.h"
#include "tests/support/temporary_folder.h"

namespace postern::ctl {

// Answers every request as its function says, on a thread of its own.
class FakeDaemon {
 public:
  using Answer = std::function<http::HttpResponse(const http::HttpRequest&)>;

  FakeDaemon(const std::string& socket, Answer answer)
      : server_(std::make_unique<http::HttpServer>(
            io_.get_executor(), listener_at(socket), http::HttpServer::Limits{},
            [answer = std::move(answer)](const http::HttpRequest& request,
                                         const http::HttpServer::Respond& respond) {
              respond(answer(request));
            })) {
    server_->start();
    thread_ = std::thread([this] { io_.run(); });
  }
  FakeDaemon(const FakeDaemon&) = delete;
  FakeDaemon& operator=(const FakeDaemon&) = delete;
  ~FakeDaemon() {
    io_.stop();
    thread_.join();
  }

 private:
  static os::Listener listener_at(const std::string& path) {
    ListenAddress address;
    address.kind = ListenAddress::Kind::unix_socket;
    address.path = path;
    return os::Listener::open(address).value();
  }

  boost::asio::io_context io_{1};
  std::unique_ptr<http::HttpServer> server_;
  std::thread thread_;
};

struct CtlResult {
  int exit = 0;
  std::string out;
  std::string err;
};

class InstallationFixture {
 public:
  InstallationFixture() {
    std::filesystem::create_directory(folder.path("lists"));
    settings(
        "policyd: { listen: \"inet:127.0.0.1:10040\" }\n"
        "milter: { listen: \"inet:127.0.0.1:10050\" }\n");
  }

  void settings(const std::string& doors) {
    folder.write("postern.yaml", "version: 1\nrules: rules.yaml\nstate: " + folder.path("state") +
                                     "\ncontrol: { folder: " + folder.path("") + " }\n" +
                                     "dns: { upstreams: [[127.0.0.1]] }\n" + doors);
  }

  // Both daemons, with one way to answer.
  void start(const FakeDaemon::Answer& answer) {
    policyd.reset();
    milter.reset();
    policyd = std::make_unique<FakeDaemon>(folder.path("postern-policyd.control"), answer);
    milter = std::make_unique<FakeDaemon>(folder.path("postern-milter.control"), answer);
  }

  // A reload that ends like this, as docs/control.md has it.
  static FakeDaemon::Answer reloads(const std::string& outcome, int generation,
                                    const std::string& diagnostics = "[]") {
    return [=](const http::HttpRequest& request) {
      if (request.target != "/v1/reload")
        return http::HttpResponse{404, R"({"error": "not here"})"};
      return http::HttpResponse{
          200, R"({"at": "2026-11-21T12:00:00Z", "trigger": "control", "outcome": ")" + outcome +
                   R"(", "generation": )" + std::to_string(generation) +
                   R"(, "milliseconds": 3.2, "diagnostics": )" + diagnostics + "}"};
    };
  }

  // Without a person at a terminal.
  CtlResult run(std::vector<std::string> words) const {
    std::istringstream nothing;
    return run(std::move(words), nothing, Terminal::none);
  }
  // With one, who types that.
  CtlResult run_at_terminal(std::vector<std::string> words, const std::string& typed) const {
    std::istringstream in(typed);
    return run(std::move(words), in, Terminal::both_ways);
  }

  CtlResult run(std::vector<std::string> words, std::istream& in, Terminal terminal) const {
    words.insert(words.begin(), {"posternctl", "--config", settings_file});
    std::vector<const char*> argv;
    for (const std::string& word : words) argv.push_back(word.c_str());
    std::ostringstream out;
    std::ostringstream err;
    CtlResult result;
    result.exit = run_command_line({"1.2.3", user, in, out, err, now, terminal},
                                   static_cast<int>(argv.size()), argv.data());
    result.out = out.str();
    result.err = err.str();
    return result;
  }

  [[nodiscard]] std::string read(const std::string& name) const {
    std::ifstream file(folder.path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  TemporaryFolder folder;
  std::string settings_file = folder.path("postern.yaml");  // as it is named to posternctl
  std::string user = "drj";
  std::chrono::system_clock::time_point now = parse_expiry("2026-11-21T12:00:00Z").value();
  std::unique_ptr<FakeDaemon> policyd;
  std::unique_ptr<FakeDaemon> milter;
};

// That `text` has `part` in it, with both in the message when not.
inline testing::AssertionResult has(const std::string& text, const std::string& part) {
  if (text.find(part) != std::string::npos) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "no '" << part << "' in:\n" << text;
}

}  // namespace postern::ctl
