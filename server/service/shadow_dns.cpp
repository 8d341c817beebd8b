#include "server/service/shadow_dns.h"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>
#include <thread>
#include <utility>

#include "common/resolver/resolver.h"
#include "server/service/waiting_decision.h"

namespace postern::service {
namespace {

class OwnDns final : public ShadowDns {
 public:
  explicit OwnDns(const resolver::DnsSettings& settings)
      : work_(loop_.get_executor()),
        cache_(settings.cache),
        resolver_(std::in_place, loop_.get_executor(), settings, cache_),
        thread_([this] { run(); }) {}

  ~OwnDns() override {
    resolver_->stop();
    loop_.stop();
    thread_.join();
    resolver_.reset();
  }

  void settle(Decision& decision, std::chrono::steady_clock::time_point deadline) override {
    wait_for_verdict(decision, *resolver_, loop_.get_executor(), deadline);
  }
  void stop() override { resolver_->stop(); }

 private:
  // Whatever a handler had no memory for, its decision ends at its deadline, and mail goes on.
  void run() {
    for (;;) {
      try {
        loop_.run();
        return;
      } catch (const std::exception&) {
        continue;
      }
    }
  }

  boost::asio::io_context loop_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  resolver::DnsCache cache_;
  std::optional<resolver::Resolver> resolver_;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<ShadowDns> make_shadow_dns(resolver::DnsSettings settings) {
  settings.cache.max_bytes = std::min(settings.cache.max_bytes, kShadowCacheBytes);
  return std::make_unique<OwnDns>(settings);
}

}  // namespace postern::service
