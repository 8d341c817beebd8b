#include "ctl/doctor/mistaken_address.h"

#include <algorithm>
#include <string>

#include "common/base/ip_scope.h"
#include "ctl/doctor/socket_question.h"
#include "ctl/doctor/typing_errors.h"

namespace postern::doctor {
namespace {

constexpr std::uint16_t kUsualPolicyPort = 10040;
constexpr std::uint16_t kUsualMilterPort = 10050;

bool is_meant_for_any(const MtaConfig& mta, const SmtpdService* service, const Endpoint& endpoint,
                      const std::vector<ListenAddress>& addresses) {
  return std::any_of(addresses.begin(), addresses.end(), [&](const ListenAddress& address) {
    return is_meant_for(mta, service, endpoint, address);
  });
}

// `tcp` on this machine, or a path that has our name.
bool looks_like_postern(const Endpoint& endpoint, std::uint16_t usual_port) {
  if (endpoint.kind == ListenAddress::Kind::unix_socket) {
    return endpoint.path.find("postern") != std::string::npos;
  }
  const auto address = IpAddress::parse(endpoint.host);
  const bool local = endpoint.host.empty() || endpoint.host == "localhost" ||
                     (address && scope_of(*address) == IpScope::loopback);
  return local && endpoint.port == usual_port;
}

bool is_unknown_host(const MtaConfig& mta, const Endpoint& endpoint) {
  return has_host_name(endpoint) && !is_looked_up(mta, endpoint);
}

bool has_right_host(const MtaConfig& mta, const SmtpdService* service, Endpoint endpoint,
                    const std::vector<ListenAddress>& addresses) {
  if (is_unknown_host(mta, endpoint)) return false;
  return endpoint.kind == ListenAddress::Kind::tcp &&
         std::any_of(addresses.begin(), addresses.end(), [&](const ListenAddress& address) {
           endpoint.port = address.port;
           return is_meant_for(mta, service, endpoint, address);
         });
}

bool is_port_near(const Endpoint& endpoint, const std::vector<ListenAddress>& addresses) {
  const std::string port = std::to_string(endpoint.port);
  return std::any_of(addresses.begin(), addresses.end(), [&](const ListenAddress& address) {
    return address.kind == ListenAddress::Kind::tcp &&
           typing_errors(port, std::to_string(address.port)) <= 1;
  });
}

// With one that is right beside it, another port is another service's.
bool asks_already(const MtaConfig& mta, const SmtpdService* service, Door door) {
  const auto is_there = [&](const auto& uses) {
    return std::any_of(uses.begin(), uses.end(),
                       [&](const auto& use) { return use.service == service; });
  };
  return door == Door::policy ? is_there(policy_uses(mta)) : is_there(milter_uses(mta));
}

const SocketStatus* socket_of(const MtaConfig& mta, const SmtpdService* service,
                              const Endpoint& endpoint) {
  const SocketQuestion question =
      service == nullptr ? question_of(endpoint) : question_of(*mta.postfix, *service, endpoint);
  return find_socket(mta.host, question.address, question.user);
}

}  // namespace

DoorAddresses policy_door(const PosternConfig& postern) {
  DoorAddresses door{Door::policy, postern.policy, {}, kUsualPolicyPort};
  if (postern.milter) door.other = {*postern.milter};
  return door;
}

DoorAddresses milter_door(const PosternConfig& postern) {
  DoorAddresses door{Door::milter, {}, postern.policy, kUsualMilterPort};
  if (postern.milter) door.own = {*postern.milter};
  return door;
}

bool may_be_mistaken(const MtaConfig& mta, const SmtpdService* service, const Endpoint& endpoint,
                     const DoorAddresses& door) {
  if (is_meant_for_any(mta, service, endpoint, door.own)) return false;
  if (is_meant_for_any(mta, service, endpoint, door.other)) return false;
  return looks_like_postern(endpoint, door.usual_port) ||
         has_right_host(mta, service, endpoint, door.own);
}

Mistake mistake_in(const MtaConfig& mta, const SmtpdService* service, const Endpoint& endpoint,
                   const DoorAddresses& door) {
  if (is_meant_for_any(mta, service, endpoint, door.own)) return Mistake::none;
  if (is_unknown_host(mta, endpoint)) return Mistake::none;
  if (is_meant_for_any(mta, service, endpoint, door.other)) return Mistake::other_door;
  if (!may_be_mistaken(mta, service, endpoint, door)) return Mistake::none;
  const SocketStatus* socket = socket_of(mta, service, endpoint);
  if (socket != nullptr && socket->state == SocketStatus::State::answers) return Mistake::none;
  if (!has_right_host(mta, service, endpoint, door.own)) return Mistake::unserved;
  if (asks_already(mta, service, door.door)) return Mistake::none;
  const bool dead = socket != nullptr && socket->state == SocketStatus::State::nobody;
  if (dead || is_port_near(endpoint, door.own)) return Mistake::wrong_port;
  return looks_like_postern(endpoint, door.usual_port) ? Mistake::unserved : Mistake::none;
}

}  // namespace postern::doctor
