#include "ctl/doctor/io/host_check.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <sstream>

#include "common/os/host_name.h"
#include "common/os/text_file.h"
#include "ctl/cli/program_output.h"
#include "ctl/doctor/mistaken_address.h"

namespace postern::doctor {
namespace {

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

constexpr std::size_t kMaxAddresses = 64;

struct FreeAddressList {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

}  // namespace

HostState check_host(MtaConfig mta, const config::Settings& settings, const HostFiles& files) {
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
  state.store = check_store(settings);
  state.store_server = check_store_server(settings.store);
  state.servers = ask_name_servers(settings.dns, names_of_nobody());
  const auto hosts = os::read_text_file(files.hosts, kMaxConfigText);
  if (hosts) state.hosts = HostsStatus{files.hosts, read_hosts(*hosts)};
  if (mta.postfix && is_any_chrooted(*mta.postfix)) {
    state.copies = check_copies(*mta.postfix, files);
  }
  state.host_name = os::host_name();
  return state;
}

std::vector<IpAddress> addresses_of_host(const std::string& host) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), nullptr, &wanted, &found) != 0) return {};
  const std::unique_ptr<addrinfo, FreeAddressList> list(found);
  std::vector<IpAddress> addresses;
  for (const addrinfo* one = list.get(); one != nullptr && addresses.size() < kMaxAddresses;
       one = one->ai_next) {
    std::array<char, NI_MAXHOST> text{};
    if (::getnameinfo(one->ai_addr, one->ai_addrlen, text.data(), text.size(), nullptr, 0,
                      NI_NUMERICHOST) != 0) {
      continue;
    }
    const auto address = IpAddress::parse(text.data());
    if (address) addresses.push_back(*address);
  }
  return addresses;
}

std::vector<UnitStatus> read_unit_states(const std::string& text) {
  std::vector<UnitStatus> units;
  std::map<std::string, std::string> values;
  const auto take = [&] {
    if (values["LoadState"] == "loaded") {
      units.push_back({values["Id"], values["ActiveState"], values["Result"]});
    }
    values.clear();
  };
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t equals = line.find('=');
    if (line.empty()) {
      take();
    } else if (equals != std::string::npos) {
      values[line.substr(0, equals)] = line.substr(equals + 1);
    }
  }
  take();
  return units;
}

std::vector<UnitStatus> check_units(const std::vector<std::string>& units,
                                    const std::string& systemctl) {
  if (units.empty()) return {};
  std::vector<std::string> words{systemctl, "show", "--property=Id,LoadState,ActiveState,Result"};
  words.insert(words.end(), units.begin(), units.end());
  const auto text = ctl::program_output(words);
  return text ? read_unit_states(*text) : std::vector<UnitStatus>{};
}

}  // namespace postern::doctor
