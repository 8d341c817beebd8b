#include "ctl/doctor/socket_question.h"

#include <set>

namespace postern {
namespace {

std::string tcp_text(const Endpoint& endpoint) {
  const std::string host = endpoint.host.empty() ? "localhost" : endpoint.host;
  const bool brackets = host.find(':') != std::string::npos;
  return "inet:" + (brackets ? "[" + host + "]" : host) + ":" + std::to_string(endpoint.port);
}

}  // namespace

SocketQuestion question_of(const PostfixWiring& postfix, const SmtpdService& service,
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

std::vector<SocketQuestion> socket_questions(const Wiring& wiring) {
  std::set<SocketQuestion> questions;
  for (const PolicyUse& use : policy_uses(wiring)) {
    questions.insert(question_of(*wiring.postfix, *use.service, *use.call->endpoint));
  }
  for (const MilterUse& use : milter_uses(wiring)) {
    if (use.service == nullptr) continue;
    questions.insert(question_of(*wiring.postfix, *use.service, *use.call->endpoint));
  }
  for (const SendmailFilter* filter : filter_uses(wiring)) {
    questions.insert(question_of(*filter->endpoint));
  }
  return {questions.begin(), questions.end()};
}

}  // namespace postern
