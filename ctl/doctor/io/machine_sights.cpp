#include "ctl/doctor/io/machine_sights.h"

#include <unistd.h>

#include <algorithm>
#include <array>

#include "common/os/text_file.h"
#include "ctl/doctor/io/host_sight.h"
#include "ctl/doctor/io/server_sight.h"
#include "ctl/doctor/io/socket_sight.h"
#include "ctl/doctor/io/unit_sight.h"
#include "ctl/doctor/socket_question.h"

namespace postern::doctor {
namespace {

std::string machine_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return {};
  return name.data();
}

bool is_any_chrooted(const PostfixWiring& postfix) {
  return std::any_of(postfix.services.begin(), postfix.services.end(),
                     [](const SmtpdService& service) { return service.chroot.value_or(false); });
}

std::vector<std::string> units_of(const Gatehouse& postern) {
  std::vector<std::string> units;
  if (!postern.policy.empty()) {
    units.insert(units.end(), {"postern-policyd.socket", "postern-policyd.service"});
  }
  if (postern.milter) {
    units.insert(units.end(), {"postern-milter.socket", "postern-milter.service"});
  }
  return units;
}

std::vector<CopySight> look_at_copies(const PostfixWiring& postfix, const MachineFiles& files) {
  std::vector<CopySight> copies;
  for (const std::string& file : files.copied) {
    const auto text = os::read_text_file(file, kMaxConfigText);
    if (!text) continue;
    CopySight sight{file, postfix.queue_directory + file, CopySight::State::same};
    const auto copy = os::read_text_file(sight.copy, kMaxConfigText);
    if (!copy && ::access(sight.copy.c_str(), F_OK) != 0) {
      sight.state = CopySight::State::missing;
    } else if (copy && *copy != *text) {
      sight.state = CopySight::State::differs;
    }
    copies.push_back(std::move(sight));
  }
  return copies;
}

}  // namespace

Sights look_at_machine(Wiring wiring, const resolver::DnsSettings& dns, const MachineFiles& files) {
  Sights sights;
  for (const std::string& host : named_hosts(wiring)) {
    sights.host_addresses.emplace(host, addresses_of_host(host));
  }
  // Which sockets are Postern's depends on the addresses.
  wiring.sights.host_addresses = sights.host_addresses;
  sights.units = look_at_units(units_of(wiring.postern));
  for (const SocketQuestion& question : socket_questions(wiring)) {
    sights.sockets.push_back(look_at_socket(question));
  }
  sights.servers = ask_name_servers(dns, names_of_nobody());
  const auto hosts = os::read_text_file(files.hosts, kMaxConfigText);
  if (hosts) sights.hosts = HostsSight{files.hosts, read_hosts(*hosts)};
  if (wiring.postfix && is_any_chrooted(*wiring.postfix)) {
    sights.copies = look_at_copies(*wiring.postfix, files);
  }
  sights.host_name = machine_name();
  return sights;
}

}  // namespace postern::doctor
