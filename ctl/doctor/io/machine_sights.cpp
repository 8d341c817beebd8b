#include "ctl/doctor/io/machine_sights.h"

#include <unistd.h>

#include <algorithm>
#include <array>

#include "common/io/text_file.h"
#include "ctl/doctor/io/server_sight.h"
#include "ctl/doctor/io/socket_sight.h"

namespace postern {
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

std::vector<CopySight> look_at_copies(const PostfixWiring& postfix, const MachineFiles& files) {
  std::vector<CopySight> copies;
  for (const std::string& file : files.copied) {
    const auto text = read_text_file(file, kMaxConfigText);
    if (!text) continue;
    CopySight sight{file, postfix.queue_directory + file, CopySight::State::same};
    const auto copy = read_text_file(sight.copy, kMaxConfigText);
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

Sights look_at_machine(const Wiring& wiring, const DnsSettings& dns, const MachineFiles& files) {
  Sights sights;
  for (const SocketQuestion& question : socket_questions(wiring)) {
    sights.sockets.push_back(look_at_socket(question));
  }
  sights.servers = ask_name_servers(dns, names_of_nobody());
  const auto hosts = read_text_file(files.hosts, kMaxConfigText);
  if (hosts) sights.hosts = HostsSight{files.hosts, read_hosts(*hosts)};
  if (wiring.postfix && is_any_chrooted(*wiring.postfix)) {
    sights.copies = look_at_copies(*wiring.postfix, files);
  }
  sights.host_name = machine_name();
  return sights;
}

}  // namespace postern
