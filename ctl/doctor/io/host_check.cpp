#include "ctl/doctor/io/host_check.h"

#include <unistd.h>

#include <algorithm>
#include <array>

#include "common/os/text_file.h"
#include "ctl/doctor/io/host_addresses.h"
#include "ctl/doctor/io/server_check.h"
#include "ctl/doctor/io/socket_check.h"
#include "ctl/doctor/io/unit_check.h"
#include "ctl/doctor/socket_question.h"

namespace postern::doctor {
namespace {

std::string machine_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return {};
  return name.data();
}

bool is_any_chrooted(const PostfixConfig& postfix) {
  return std::any_of(postfix.services.begin(), postfix.services.end(),
                     [](const SmtpdService& service) { return service.chroot.value_or(false); });
}

std::vector<std::string> units_of(const PosternConfig& postern) {
  std::vector<std::string> units;
  if (!postern.policy.empty()) {
    units.insert(units.end(), {"postern-policyd.socket", "postern-policyd.service"});
  }
  if (postern.milter) {
    units.insert(units.end(), {"postern-milter.socket", "postern-milter.service"});
  }
  return units;
}

std::vector<CopyStatus> check_copies(const PostfixConfig& postfix, const HostFiles& files) {
  std::vector<CopyStatus> copies;
  for (const std::string& file : files.copied) {
    const auto text = os::read_text_file(file, kMaxConfigText);
    if (!text) continue;
    CopyStatus status{file, postfix.queue_directory + file, CopyStatus::State::same};
    const auto copy = os::read_text_file(status.copy, kMaxConfigText);
    if (!copy && ::access(status.copy.c_str(), F_OK) != 0) {
      status.state = CopyStatus::State::missing;
    } else if (copy && *copy != *text) {
      status.state = CopyStatus::State::differs;
    }
    copies.push_back(std::move(status));
  }
  return copies;
}

}  // namespace

HostState check_host(MtaConfig mta, const resolver::DnsSettings& dns, const HostFiles& files) {
  HostState state;
  for (const std::string& host : named_hosts(mta)) {
    state.host_addresses.emplace(host, addresses_of_host(host));
  }
  // Which sockets are Postern's depends on the addresses.
  mta.host.host_addresses = state.host_addresses;
  state.units = check_units(units_of(mta.postern));
  for (const SocketQuestion& question : socket_questions(mta)) {
    state.sockets.push_back(check_socket(question));
  }
  state.servers = ask_name_servers(dns, names_of_nobody());
  const auto hosts = os::read_text_file(files.hosts, kMaxConfigText);
  if (hosts) state.hosts = HostsStatus{files.hosts, read_hosts(*hosts)};
  if (mta.postfix && is_any_chrooted(*mta.postfix)) {
    state.copies = check_copies(*mta.postfix, files);
  }
  state.host_name = machine_name();
  return state;
}

}  // namespace postern::doctor
