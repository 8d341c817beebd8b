// postern-zone-server: serves a zone file (zone_map.h) until it is told to stop. For the demo and
// the end-to-end tests.
//
//   postern-zone-server --listen 127.0.0.1:5300 [--port-file F] [--log F] ZONEFILE
//
// ZONEFILE is read again when it has changed, looked at before each query, and on SIGHUP. A bad new
// version is reported, and the old one stays.
#include <sys/stat.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iostream>
#include <sstream>

#include "tests/support/zone_server.h"

namespace postern {
namespace {

namespace asio = boost::asio;

constexpr const char* kUsage =
    "usage: postern-zone-server --listen ADDRESS:PORT [--port-file F] [--log F] ZONEFILE\n";

struct Options {
  std::string listen;
  std::string port_file;
  std::string log;
  std::string zone_file;
};

Result<Options> parse_options(const std::vector<std::string>& arguments) {
  Options options;
  for (std::size_t at = 0; at < arguments.size(); ++at) {
    const std::string& word = arguments[at];
    std::string* value = nullptr;
    if (word == "--listen") value = &options.listen;
    if (word == "--port-file") value = &options.port_file;
    if (word == "--log") value = &options.log;
    if (value != nullptr) {
      if (++at == arguments.size()) return failure(word + " needs a value");
      *value = arguments[at];
    } else if (word.starts_with("-") || !options.zone_file.empty()) {
      return failure("'" + word + "' is not expected");
    } else {
      options.zone_file = word;
    }
  }
  if (options.listen.empty()) return failure("--listen is missing");
  if (options.zone_file.empty()) return failure("the zone file is missing");
  return options;
}

Result<asio::ip::udp::endpoint> parse_endpoint(std::string text) {
  const auto colon = text.rfind(':');
  const auto wrong = "'" + text + "' is not ADDRESS:PORT (want e.g. 127.0.0.1:5300)";
  if (colon == std::string::npos) return failure(wrong);
  const char* const end = text.data() + text.size();
  std::uint16_t port = 0;
  const auto [stop, number_error] = std::from_chars(text.data() + colon + 1, end, port);
  std::string host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  boost::system::error_code error;
  const auto address = asio::ip::make_address(host, error);
  if (error || number_error != std::errc{} || stop != end) return failure(wrong);
  return asio::ip::udp::endpoint(address, port);
}

Result<ZoneMap> read_zone(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return failure("cannot read " + path);
  return ZoneMap::parse(text.str());
}

// Tells a changed file from the one read last, also when it was replaced by rename.
class FileVersion {
 public:
  explicit FileVersion(std::string path) : path_(std::move(path)) {}

  bool changed() {
    struct stat now {};
    if (stat(path_.c_str(), &now) != 0) return false;
    const bool same = now.st_ino == last_.st_ino && now.st_size == last_.st_size &&
                      now.st_mtim.tv_sec == last_.st_mtim.tv_sec &&
                      now.st_mtim.tv_nsec == last_.st_mtim.tv_nsec;
    last_ = now;
    return !same;
  }

 private:
  std::string path_;
  struct stat last_ {};
};

void reload(ZoneServer& server, const std::string& path) {
  auto zone = read_zone(path);
  if (zone) {
    server.replace(std::move(*zone));
  } else {
    std::cerr << path << ": " << zone.error().text << "; the zone stays as it was" << std::endl;
  }
}

std::string log_line(const ZoneServer::Query& query) {
  const char* const transport = query.transport == Transport::udp ? "udp " : "tcp ";
  const auto number = "TYPE" + std::to_string(static_cast<unsigned>(query.type));
  const auto type = dns::to_string(query.type);
  return transport + query.name + " " + (type == "?" ? number : std::string(type));
}

// Written beside it and renamed, so that who waits for the file never reads half of it.
void write_port_file(const std::string& path, std::uint16_t port) {
  const std::string fresh = path + ".new";
  std::ofstream(fresh) << port << "\n";
  if (std::rename(fresh.c_str(), path.c_str()) != 0) std::perror(path.c_str());
}

int serve(const Options& options) {
  const auto where = parse_endpoint(options.listen);
  FileVersion version(options.zone_file);
  version.changed();
  auto zone = read_zone(options.zone_file);
  if (!where || !zone) {
    std::cerr << "postern-zone-server: "
              << (where ? options.zone_file + ": " + zone.error().text : where.error().text)
              << "\n";
    return 1;
  }
  asio::io_context io(1);
  ZoneServer server(io.get_executor(), *where, std::move(*zone));
  std::ofstream log;
  if (!options.log.empty()) log.open(options.log, std::ios::app);
  server.on_query([&](const ZoneServer::Query& query) {
    if (version.changed()) reload(server, options.zone_file);
    if (log.is_open()) log << log_line(query) << std::endl;
  });

  asio::signal_set hang_up(io, SIGHUP);
  const std::function<void()> wait_for_hang_up = [&] {
    hang_up.async_wait([&](boost::system::error_code error, int) {
      if (error) return;
      reload(server, options.zone_file);
      wait_for_hang_up();
    });
  };
  wait_for_hang_up();
  asio::signal_set end(io, SIGINT, SIGTERM);
  end.async_wait([&io](boost::system::error_code, int) { io.stop(); });

  if (!options.port_file.empty()) write_port_file(options.port_file, server.port());
  const auto colon = options.listen.rfind(':');
  std::cout << "listening on " << options.listen.substr(0, colon) << ":" << server.port()
            << std::endl;
  io.run();
  return 0;
}

}  // namespace
}  // namespace postern

int main(int count, char** words) {
  try {
    const auto options = postern::parse_options({words + 1, words + count});
    if (options) return postern::serve(*options);
    std::cerr << "postern-zone-server: " << options.error().text << "\n" << postern::kUsage;
    return 2;
  } catch (const std::exception& error) {
    std::cerr << "postern-zone-server: " << error.what() << "\n";
    return 1;
  }
}
