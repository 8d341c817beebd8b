// Name servers that are silent or lie, and names that this machine knows without them.
#include <algorithm>
#include <array>

#include "common/base/ascii_case.h"
#include "common/base/ip_scope.h"
#include "common/dns/dns_server.h"
#include "ctl/doctor/finding.h"

namespace postern::doctor {
namespace {

constexpr std::size_t kNamesShown = 3;

bool is_silent(const ServerStatus::Answer& answer) {
  return answer.status == dns::DnsStatus::temporary_failure &&
         answer.reason != dns::DnsReason::refused;
}

bool is_refused(const ServerStatus::Answer& answer) {
  return answer.status == dns::DnsStatus::temporary_failure &&
         answer.reason == dns::DnsReason::refused;
}

std::size_t usable_servers(const HostState& host) {
  return static_cast<std::size_t>(
      std::count_if(host.servers.begin(), host.servers.end(), [](const ServerStatus& server) {
        return std::all_of(server.answers.begin(), server.answers.end(),
                           [](const ServerStatus::Answer& answer) {
                             return answer.status != dns::DnsStatus::temporary_failure;
                           });
      }));
}

// Without any server that answers nothing is known; with one left it is a matter of time.
FindingSeverity severity_of_loss(const HostState& host) {
  return usable_servers(host) == 0 ? FindingSeverity::error : FindingSeverity::warning;
}

constexpr const char* kUpstreams = "postern.yaml: dns.upstreams";

// Resolvers for everybody, by their operators' pages: Google, Cloudflare, Quad9, OpenDNS.
constexpr std::array<std::string_view, 12> kPublicResolvers = {
    "8.8.8.8", "8.8.4.4",         "2001:4860:4860::8888", "2001:4860:4860::8844",
    "1.1.1.1", "1.0.0.1",         "2606:4700:4700::1111", "2606:4700:4700::1001",
    "9.9.9.9", "149.112.112.112", "208.67.222.222",       "208.67.220.220"};

bool is_public_resolver(const std::string& server) {
  const auto parsed = dns::DnsServer::parse(server);
  return parsed && std::find(kPublicResolvers.begin(), kPublicResolvers.end(),
                             parsed->address.to_string()) != kPublicResolvers.end();
}

bool is_localhost(const std::string& name) {
  return name == "localhost" || name == "localhost.localdomain" || name == "ip6-localhost" ||
         name.ends_with(".localhost") || name == "localhost4" || name == "localhost6";
}

// Names below that of this host are its own business; its own one may be anywhere.
bool is_own_name(const std::string& name, const std::string& host_name) {
  if (host_name.empty()) return false;
  const std::string host = ascii_lower(host_name);
  return name == host || host.starts_with(name + ".") || name.starts_with(host + ".");
}

bool is_hidden_name(const std::string& name, const std::string& host_name) {
  return name.find('.') != std::string::npos && !is_localhost(name) &&
         !is_own_name(name, host_name) && !name.ends_with(".localdomain");
}

void check_resolver_silent(const MtaConfig& mta, FindingList& findings) {
  for (const ServerStatus& server : mta.host.servers) {
    for (const ServerStatus::Answer& answer : server.answers) {
      if (!is_silent(answer)) continue;
      findings.add(
          severity_of_loss(mta.host), kUpstreams,
          server.server + " gives no answer: " + std::string(dns::to_string(answer.reason)),
          "What DNS does not answer is a temporary failure: checks that need it defer or let "
          "pass.",
          "dns: { upstreams: [[127.0.0.1]] }\n# with a resolver on this machine, or servers "
          "that answer");
    }
  }
}

void check_resolver_refuses(const MtaConfig& mta, FindingList& findings) {
  for (const ServerStatus& server : mta.host.servers) {
    for (const ServerStatus::Answer& answer : server.answers) {
      if (!is_refused(answer)) continue;
      findings.add(
          severity_of_loss(mta.host), kUpstreams,
          server.server + " refuses to look up " + answer.name,
          "It only knows zones of its own, or does not serve this machine; every other "
          "question to it is a temporary failure.",
          "dns: { upstreams: [[127.0.0.1]] }\n# with a resolver on this machine, or let that "
          "server serve this one");
      break;
    }
  }
}

void check_resolver_lies(const MtaConfig& mta, FindingList& findings) {
  for (const ServerStatus& server : mta.host.servers) {
    for (const ServerStatus::Answer& answer : server.answers) {
      if (answer.status != dns::DnsStatus::found) continue;
      findings.add(
          FindingSeverity::error, kUpstreams,
          server.server + " says that " + answer.name + " is " + answer.record +
              "; nobody has that name",
          "It makes up answers for names that do not exist, so that every sender domain "
          "exists.",
          "dns: { upstreams: [[127.0.0.1]] }\n# with a resolver on this machine that asks the "
          "root");
      break;
    }
  }
}

void check_resolver_public(const MtaConfig& mta, FindingList& findings) {
  if (!mta.postern.asks_dns_lists) return;
  for (const ServerStatus& server : mta.host.servers) {
    if (!is_public_resolver(server.server)) continue;
    findings.add(
        FindingSeverity::warning, kUpstreams,
        server.server + " serves everybody, and a rule asks DNS lists",
        "Most lists refuse to answer such resolvers: the checks dnsbl and dnswl find "
        "'refused' then: no list refuses anybody, and by its preset dnswl skips all dnsbl.",
        "dns: { upstreams: [[127.0.0.1]] }\n# with a resolver on this machine");
  }
}

void check_hosts_localhost(const MtaConfig& mta, FindingList& findings) {
  if (!mta.host.hosts) return;
  for (const HostsLine& line : mta.host.hosts->hosts.lines) {
    const bool named =
        std::find(line.names.begin(), line.names.end(), "localhost") != line.names.end();
    if (!named || scope_of(line.address) == IpScope::loopback) continue;
    findings.add(FindingSeverity::error,
                 ConfigPlace{mta.host.hosts->file, line.number, {}}.to_string(),
                 "localhost is " + line.address.to_string(),
                 "What the MTA says to localhost goes to another machine, questions to Postern "
                 "included.",
                 "127.0.0.1 localhost");
  }
}

void check_hosts_hidden_names(const MtaConfig& mta, FindingList& findings) {
  if (!mta.host.hosts) return;
  std::size_t count = 0;
  int first_line = 0;
  std::string shown;
  for (const HostsLine& line : mta.host.hosts->hosts.lines) {
    for (const std::string& name : line.names) {
      if (!is_hidden_name(name, mta.host.host_name)) continue;
      if (count == 0) first_line = line.number;
      if (++count > kNamesShown) continue;
      shown += (shown.empty() ? "" : ", ") + name + " " + line.address.to_string();
    }
  }
  if (count == 0) return;
  findings.add(
      FindingSeverity::note, ConfigPlace{mta.host.hosts->file, first_line, {}}.to_string(),
      shown + (count > kNamesShown ? " and " + std::to_string(count - kNamesShown) + " more names"
                                   : ""),
      "Postern asks DNS and does not see these, while the MTA takes the names of its "
      "clients from there: client_name and sender_mx can disagree.",
      "# the names in DNS, or rules that go by the address (client:)");
}

void check_hosts_copy_differs(const MtaConfig& mta, FindingList& findings) {
  for (const CopyStatus& copy : mta.host.copies) {
    if (copy.state == CopyStatus::State::same) continue;
    findings.add(
        FindingSeverity::warning, copy.copy,
        copy.state == CopyStatus::State::missing ? "is not there" : "differs from " + copy.file,
        "A chrooted SMTP server has its own copy; with an old one it finds other names for "
        "clients, or none, and rules about client_name go wrong.",
        "cp -p " + copy.file + " " + copy.copy + " && postfix reload");
  }
}

}  // namespace

FindingKinds name_findings() {
  static constexpr std::array kFindings{
      FindingKind{"resolver-silent", check_resolver_silent},
      FindingKind{"resolver-refuses", check_resolver_refuses},
      FindingKind{"resolver-lies", check_resolver_lies},
      FindingKind{"resolver-public", check_resolver_public},
      FindingKind{"hosts-localhost", check_hosts_localhost},
      FindingKind{"hosts-hidden-names", check_hosts_hidden_names},
      FindingKind{"hosts-copy-differs", check_hosts_copy_differs},
  };
  return kFindings;
}

}  // namespace postern::doctor
