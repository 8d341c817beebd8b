#include "ctl/doctor/socket_question.h"

#include <algorithm>
#include <set>

#include "ctl/doctor/mistaken_address.h"

namespace postern::doctor {
namespace {

std::string tcp_text(const Endpoint& endpoint) {
  const std::string host = endpoint.host.empty() ? "localhost" : endpoint.host;
  const bool brackets = host.find(':') != std::string::npos;
  return "inet:" + (brackets ? "[" + host + "]" : host) + ":" + std::to_string(endpoint.port);
}

constexpr std::size_t kMaxHosts = 16;

template <class Visit>
void add_calls(const SmtpdService& service, const RestrictionList& list, const DoorAddresses& door,
               Visit visit) {
  for (const Restriction& item : list.items) {
    if (item.policy && item.policy->endpoint) visit(&service, *item.policy->endpoint, door);
  }
}

// Every address that an MTA has for a policy service or a filter.
template <class Visit>
void for_each_asked(const MtaConfig& mta, Visit visit) {
  const DoorAddresses policy = policy_door(mta.postern);
  const DoorAddresses milter = milter_door(mta.postern);
  if (mta.postfix) {
    for (const SmtpdService& service : mta.postfix->services) {
      for (const RestrictionList& list : service.lists) add_calls(service, list, policy, visit);
      for (const RestrictionList& list : service.classes) add_calls(service, list, policy, visit);
      for (const MilterCall& call : service.milters.calls) {
        if (call.endpoint) visit(&service, *call.endpoint, milter);
      }
    }
  }
  if (!mta.sendmail) return;
  const SmtpdService* none = nullptr;
  for (const SendmailFilter& filter : mta.sendmail->filters) {
    if (filter.endpoint) visit(none, *filter.endpoint, milter);
  }
}

}  // namespace

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
  for_each_asked(
      mta, [&](const SmtpdService* service, const Endpoint& endpoint, const DoorAddresses& door) {
        const bool ours =
            std::any_of(door.own.begin(), door.own.end(), [&](const ListenAddress& address) {
              return is_meant_for(mta, service, endpoint, address);
            });
        if (!ours && !may_be_mistaken(mta, service, endpoint, door)) return;
        questions.insert(service == nullptr ? question_of(endpoint)
                                            : question_of(*mta.postfix, *service, endpoint));
      });
  return {questions.begin(), questions.end()};
}

std::vector<std::string> named_hosts(const MtaConfig& mta) {
  std::set<std::string> hosts;
  for_each_asked(mta, [&](const SmtpdService*, const Endpoint& endpoint, const DoorAddresses&) {
    if (has_host_name(endpoint) && hosts.size() < kMaxHosts) hosts.insert(endpoint.host);
  });
  return {hosts.begin(), hosts.end()};
}

}  // namespace postern::doctor
