#include "ctl/doctor/io/host_check.h"

#include <array>
#include <boost/asio/io_context.hpp>
#include <memory>

#include "common/os/random_bytes.h"
#include "common/resolver/dns_cache.h"
#include "common/resolver/resolver.h"

namespace postern::doctor {
namespace {

constexpr std::size_t kMaxServersAsked = 16;
// A resolver walks from the root for a name that it has never heard of.
constexpr std::chrono::milliseconds kPatience{5000};

std::string random_label() {
  std::array<std::byte, 12> bytes{};
  if (!os::fill_random(bytes)) bytes.fill(std::byte{7});
  std::string label = "postern-";
  for (const std::byte byte : bytes) {
    label += static_cast<char>('a' + std::to_integer<int>(byte) % 26);
  }
  return label;
}

// One server with a cache and a resolver of its own.
struct AskedServer {
  AskedServer(const boost::asio::any_io_executor& executor, resolver::DnsSettings settings)
      : cache(settings.cache), resolver(executor, std::move(settings), cache) {}
  resolver::DnsCache cache;
  resolver::Resolver resolver;
};

resolver::DnsSettings settings_for_one(const resolver::DnsSettings& dns,
                                       const dns::DnsServer& server) {
  resolver::DnsSettings settings = dns;
  settings.upstreams = {{server}};
  settings.query_timeout = kPatience;
  return settings;
}

std::string first_record(const dns::DnsAnswer& answer) {
  for (const IpAddress& address : answer.records.addresses()) return address.to_string();
  return "there";
}

ServerStatus::Answer answer_about(const std::string& name, const dns::DnsFact& fact) {
  ServerStatus::Answer answer{name, dns::DnsStatus::temporary_failure, dns::DnsReason::timeout, {}};
  if (!fact.answer) return answer;
  answer.status = fact.answer->status;
  answer.reason = fact.answer->reason;
  if (answer.status == dns::DnsStatus::found) answer.record = first_record(*fact.answer);
  return answer;
}

std::vector<dns::DnsServer> servers_of(const resolver::DnsSettings& dns) {
  std::vector<dns::DnsServer> servers;
  for (const dns::DnsServerGroup& group : dns.upstreams) {
    for (const dns::DnsServer& server : group) {
      if (servers.size() < kMaxServersAsked) servers.push_back(server);
    }
  }
  return servers;
}

}  // namespace

std::vector<std::string> names_of_nobody() {
  return {random_label() + ".invalid", random_label() + ".com"};
}

std::vector<ServerStatus> ask_name_servers(const resolver::DnsSettings& dns,
                                           const std::vector<std::string>& names) {
  boost::asio::io_context loop{1};
  std::vector<ServerStatus> found;
  std::vector<std::unique_ptr<AskedServer>> asked;
  std::size_t open = 0;
  for (const dns::DnsServer& server : servers_of(dns)) found.push_back({server.to_string(), {}});
  for (const dns::DnsServer& server : servers_of(dns)) {
    asked.push_back(
        std::make_unique<AskedServer>(loop.get_executor(), settings_for_one(dns, server)));
    ServerStatus& status = found[asked.size() - 1];
    for (const std::string& name : names) {
      const auto domain = DomainName::parse(name);
      if (!domain) continue;
      ++open;
      asked.back()->resolver.ask({*domain, dns::DnsType::a}, [&, name](const dns::DnsFact& fact) {
        status.answers.push_back(answer_about(name, fact));
        if (--open == 0) loop.stop();
      });
    }
  }
  if (open > 0) loop.run_for(2 * kPatience);
  return found;
}

}  // namespace postern::doctor
