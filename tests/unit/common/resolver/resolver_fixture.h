// For the tests of the resolver: zone servers and a resolver on a thread of their own, on loopback
// and free ports.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/resolver/dns_cache.h"
#include "common/resolver/resolver.h"
#include "tests/support/zone_server.h"
#include "tests/unit/common/resolver/dns_answers.h"

namespace postern::resolver {

inline ZoneMap zone(const std::string& yaml) {
  auto map = ZoneMap::parse(yaml);
  if (!map) throw std::runtime_error(map.error().text);
  return std::move(*map);
}

class ResolverFixture {
 public:
  // One group of servers for each element; the servers of a group serve these zones.
  explicit ResolverFixture(const std::vector<std::vector<ZoneMap>>& groups,
                           DnsSettings settings = patient())
      : cache(settings.cache) {
    for (const auto& zones : groups) {
      dns::DnsServerGroup group;
      for (const ZoneMap& map : zones) {
        servers.push_back(std::make_unique<ZoneServer>(io.get_executor(), any_port(), map));
        group.push_back({IpAddress::from_v4(0x7f000001), servers.back()->port()});
      }
      settings.upstreams.push_back(group);
    }
    resolver =
        std::make_unique<Resolver>(io.get_executor(), settings, cache,
                                   [this](const std::string& line) { lines.push_back(line); });
    settings_now = settings;
    thread = std::thread([this] { io.run(); });
  }
  explicit ResolverFixture(const ZoneMap& map, const DnsSettings& settings = patient())
      : ResolverFixture(std::vector<std::vector<ZoneMap>>{{map}}, settings) {}
  ResolverFixture(const ResolverFixture&) = delete;
  ResolverFixture& operator=(const ResolverFixture&) = delete;
  ~ResolverFixture() { stop(); }

  // The thread runs no more.
  void stop() {
    io.stop();
    if (thread.joinable()) thread.join();
  }

  static DnsSettings quick() {
    DnsSettings settings;
    settings.attempt_timeout = std::chrono::milliseconds{150};
    settings.query_timeout = std::chrono::milliseconds{1500};
    settings.down_probe_interval = std::chrono::seconds{1};
    return settings;
  }

  // Nobody asks again, or gives up, because the processor was elsewhere. A shorter `attempt` is for
  // those who are also not answered.
  static DnsSettings patient(std::chrono::seconds attempt) {
    DnsSettings settings = quick();
    settings.attempt_timeout = attempt;
    settings.query_timeout = std::chrono::seconds{10};
    return settings;
  }
  static DnsSettings patient() { return patient(std::chrono::seconds{5}); }

  std::future<dns::DnsFact> start(const dns::DnsQuestion& what) {
    auto promise = std::make_shared<std::promise<dns::DnsFact>>();
    // A second call would throw out of the handler and end the test.
    resolver->ask(what, [promise](dns::DnsFact fact) { promise->set_value(std::move(fact)); });
    return promise->get_future();
  }

  static dns::DnsFact wait(std::future<dns::DnsFact> future) {
    if (future.wait_for(std::chrono::seconds{20}) != std::future_status::ready) {
      throw std::runtime_error("the resolver never answered");
    }
    return future.get();
  }

  dns::DnsAnswer ask(const std::string& name, dns::DnsType type) {
    return *wait(start(question(name, type))).answer;
  }

  template <class Function>
  auto on_thread(Function function) {
    std::packaged_task<decltype(function())()> task(std::move(function));
    auto future = task.get_future();
    boost::asio::post(io, [&task] { task(); });
    return future.get();
  }

  // The servers of these indexes, as one group.
  void use(const std::vector<std::size_t>& indexes) {
    settings_now.upstreams = {{}};
    for (const std::size_t index : indexes) {
      settings_now.upstreams[0].push_back({IpAddress::from_v4(0x7f000001), servers[index]->port()});
    }
    resolver->reconfigure(settings_now);
  }

  // When the resolver's thread has done what it has to do by now.
  std::vector<UpstreamHealth> health() {
    on_thread([] {});
    return resolver->health();
  }

  [[nodiscard]] std::string address(std::size_t server) const {
    return "127.0.0.1:" + std::to_string(servers[server]->port());
  }

  static boost::asio::ip::udp::endpoint any_port() {
    return {boost::asio::ip::address_v4::loopback(), 0};
  }

  boost::asio::io_context io{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work =
      boost::asio::make_work_guard(io);
  DnsCache cache;
  std::vector<std::unique_ptr<ZoneServer>> servers;
  std::vector<std::string> lines;  // that the resolver had for the log; on the thread
  std::unique_ptr<Resolver> resolver;
  DnsSettings settings_now;
  std::thread thread;
};

}  // namespace postern::resolver
