#include "ctl/doctor/mistaken_address.h"

#include <algorithm>
#include <set>
#include <string>

#include "common/base/ip_scope.h"
#include "common/base/nearest_word.h"

namespace postern::doctor {
namespace {

constexpr std::uint16_t kUsualPolicyPort = 10040;
constexpr std::uint16_t kUsualMilterPort = 10050;

bool is_meant_for_any(const MtaConfig& mta, const MtaCall& call, Door door) {
  const auto addresses = addresses_of(mta.postern, door);
  return std::any_of(addresses.begin(), addresses.end(), [&](const ListenAddress& address) {
    return is_meant_for(mta, call.service, *call.endpoint, address);
  });
}

// `tcp` on this machine, or a path that has our name.
bool looks_like_postern(const MtaCall& call) {
  const Endpoint& endpoint = *call.endpoint;
  if (endpoint.kind == ListenAddress::Kind::unix_socket) {
    return endpoint.path.find("postern") != std::string::npos;
  }
  const auto address = IpAddress::parse(endpoint.host);
  const bool local = endpoint.host.empty() || endpoint.host == "localhost" ||
                     (address && scope_of(*address) == IpScope::loopback);
  return local &&
         endpoint.port == (call.door == Door::policy ? kUsualPolicyPort : kUsualMilterPort);
}

bool is_unknown_host(const MtaConfig& mta, const Endpoint& endpoint) {
  return has_host_name(endpoint) && !is_looked_up(mta, endpoint);
}

bool has_right_host(const MtaConfig& mta, const MtaCall& call) {
  Endpoint endpoint = *call.endpoint;
  if (endpoint.kind != ListenAddress::Kind::tcp || is_unknown_host(mta, endpoint)) return false;
  const auto own = addresses_of(mta.postern, call.door);
  return std::any_of(own.begin(), own.end(), [&](const ListenAddress& address) {
    endpoint.port = address.port;
    return is_meant_for(mta, call.service, endpoint, address);
  });
}

bool is_port_near(const MtaConfig& mta, const MtaCall& call) {
  const std::string port = std::to_string(call.endpoint->port);
  const auto own = addresses_of(mta.postern, call.door);
  return std::any_of(own.begin(), own.end(), [&](const ListenAddress& address) {
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

SocketQuestion question_of(const MtaConfig& mta, const MtaCall& call) {
  return call.service == nullptr ? question_of(*call.endpoint)
                                 : question_of(*mta.postfix, *call.service, *call.endpoint);
}

Door other_of(Door door) {
  return door == Door::policy ? Door::milter : Door::policy;
}

// Whether it has to be found out if somebody listens there.
bool may_be_mistaken(const MtaConfig& mta, const MtaCall& call) {
  return !is_meant_for_any(mta, call, call.door) &&
         !is_meant_for_any(mta, call, other_of(call.door)) &&
         (looks_like_postern(call) || has_right_host(mta, call));
}

std::string tcp_text(const Endpoint& endpoint) {
  const std::string host = endpoint.host.empty() ? "localhost" : endpoint.host;
  const bool brackets = host.find(':') != std::string::npos;
  return "inet:" + (brackets ? "[" + host + "]" : host) + ":" + std::to_string(endpoint.port);
}

constexpr std::size_t kMaxHosts = 16;

}  // namespace

std::vector<MtaCall> calls_of(const MtaConfig& mta) {
  std::vector<MtaCall> calls;
  const auto add_lists = [&](const SmtpdService& service, const auto& lists) {
    for (const RestrictionList& list : lists) {
      for (const Restriction& item : list.items) {
        if (!item.policy || !item.policy->endpoint) continue;
        calls.push_back(
            {&service, list.where, &*item.policy->endpoint, Door::policy, &list, &item, nullptr});
      }
    }
  };
  if (mta.postfix) {
    for (const SmtpdService& service : mta.postfix->services) {
      add_lists(service, service.lists);
      add_lists(service, service.classes);
    }
    for (const SmtpdService& service : mta.postfix->services) {
      for (const MilterCall& call : service.milters.calls) {
        if (!call.endpoint) continue;
        calls.push_back({&service, service.milters.where, &*call.endpoint, Door::milter});
      }
    }
  }
  if (!mta.sendmail) return calls;
  for (const SendmailFilter& filter : mta.sendmail->filters) {
    if (!filter.endpoint) continue;
    calls.push_back(
        {nullptr, filter.where, &*filter.endpoint, Door::milter, nullptr, nullptr, &filter});
  }
  return calls;
}

std::vector<ListenAddress> addresses_of(const PosternConfig& postern, Door door) {
  if (door == Door::policy) return postern.policy;
  return postern.milter ? std::vector{*postern.milter} : std::vector<ListenAddress>{};
}

Mistake mistake_in(const MtaConfig& mta, const MtaCall& call) {
  if (is_meant_for_any(mta, call, call.door)) return Mistake::none;
  if (is_unknown_host(mta, *call.endpoint)) return Mistake::none;
  if (is_meant_for_any(mta, call, other_of(call.door))) return Mistake::other_door;
  if (!may_be_mistaken(mta, call)) return Mistake::none;
  const SocketQuestion question = question_of(mta, call);
  const SocketStatus* socket = find_socket(mta.host, question.address, question.user);
  if (socket != nullptr && socket->state == SocketStatus::State::answers) return Mistake::none;
  if (!has_right_host(mta, call)) return Mistake::unserved;
  if (asks_already(mta, call.service, call.door)) return Mistake::none;
  const bool dead = socket != nullptr && socket->state == SocketStatus::State::nobody;
  if (dead || is_port_near(mta, call)) return Mistake::wrong_port;
  return looks_like_postern(call) ? Mistake::unserved : Mistake::none;
}

SocketQuestion question_of(const PostfixConfig& postfix, const SmtpdService& service,
                           const Endpoint& endpoint) {
  if (endpoint.kind == ListenAddress::Kind::tcp) return {tcp_text(endpoint), {}, false};
  const std::string path = path_seen(postfix, service, endpoint);
  const bool moved = endpoint.path.starts_with('/') && path != endpoint.path;
  return {"unix:" + path, postfix.mail_owner, moved};
}

SocketQuestion question_of(const Endpoint& endpoint) {
  if (endpoint.kind == ListenAddress::Kind::tcp) return {tcp_text(endpoint), {}, false};
  return {"unix:" + endpoint.path, kSendmailUser, false};
}

std::vector<SocketQuestion> socket_questions(const MtaConfig& mta) {
  std::set<SocketQuestion> questions;
  for (const MtaCall& call : calls_of(mta)) {
    if (is_meant_for_any(mta, call, call.door) || may_be_mistaken(mta, call)) {
      questions.insert(question_of(mta, call));
    }
  }
  return {questions.begin(), questions.end()};
}

std::vector<std::string> named_hosts(const MtaConfig& mta) {
  std::set<std::string> hosts;
  for (const MtaCall& call : calls_of(mta)) {
    if (has_host_name(*call.endpoint) && hosts.size() < kMaxHosts)
      hosts.insert(call.endpoint->host);
  }
  return {hosts.begin(), hosts.end()};
}

}  // namespace postern::doctor
