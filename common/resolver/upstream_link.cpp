#include "common/resolver/upstream_link.h"

#include <boost/asio/post.hpp>
#include <span>
#include <utility>

#include "common/base/ip_scope.h"
#include "common/os/random_bytes.h"

namespace postern::resolver {
namespace {

using std::chrono::steady_clock;

using Protocol = DnsTransport::Protocol;

// How long a server that refused EDNS is asked without it: not twice for every question, and the
// server may be replaced.
constexpr std::chrono::minutes kPlainPeriod{5};

// How long a server that changes letters is asked in lower case.
constexpr std::chrono::minutes kLowerPeriod{5};

// A forged reply that hits id and port may have other letters; a second one in a row, when TCP has
// not helped, is the server's own way.
constexpr int kStrangeReplies = 2;

// Queries over TCP at a time, to one server. Resolvers take about as many from one client, and
// truncated answers are rare.
constexpr std::size_t kTcpPlaces = 64;

bool randomizes_case(CaseRandomization which, const dns::DnsServer& server) {
  if (which == CaseRandomization::remote) return scope_of(server.address) != IpScope::loopback;
  return which == CaseRandomization::always;
}

struct Secrets {
  std::uint16_t id = 0;
  dns::LetterBits letters{};
};
static_assert(sizeof(Secrets) == sizeof(std::uint16_t) + sizeof(dns::LetterBits), "all random");

// Never from a predictable generator: with the port this is what keeps forged replies out.
std::optional<Secrets> random_secrets() {
  Secrets secrets;
  if (!os::fill_random(std::as_writable_bytes(std::span(&secrets, 1)))) return std::nullopt;
  return secrets;
}

bool truncated(std::span<const std::uint8_t> wire) {
  return (wire[2] & 0x02) != 0;
}

// RFC 6891 7: what a server that does not know EDNS says, without an OPT record.
bool refuses_edns(dns::DnsReason reason) {
  return reason == dns::DnsReason::formerr || reason == dns::DnsReason::notimp;
}

}  // namespace

UpstreamLink::UpstreamLink(boost::asio::any_io_executor executor,
                           std::shared_ptr<Upstreams> upstreams, std::size_t index,
                           const DnsSettings& settings)
    : executor_(std::move(executor)),
      upstreams_(std::move(upstreams)),
      index_(index),
      server_name_(upstreams_->server(index_).to_string()),
      randomizes_case_(randomizes_case(settings.case_randomization, upstreams_->server(index_))),
      transport_(std::make_shared<DnsTransport>(executor_, upstreams_->server(index_),
                                                settings.query_timeout)),
      tcp_places_(kTcpPlaces) {}

void UpstreamLink::ask(const dns::DnsQuestion& question, const dns::DnsName& asker, Letters letters,
                       Handler handler) {
  upstreams_->asked(index_);
  const auto now = steady_clock::now();
  auto attempt = std::make_shared<Attempt>();
  attempt->question = question;
  attempt->asker = asker;
  attempt->handler = std::move(handler);
  attempt->sent_at = now;
  attempt->edns = now < plain_until_ ? dns::Edns::none : dns::Edns::opt;
  attempt->letters = randomizes_case_ && now >= lower_until_ ? letters : Letters::lower;
  send(Protocol::udp, attempt);
}

// Without chance: `unreachable`.
void UpstreamLink::send(Protocol protocol, const AttemptPtr& attempt) {
  if (protocol == Protocol::tcp) {
    auto place = tcp_places_.take(attempt->question.name.text(), attempt->asker.text());
    if (!place) {
      boost::asio::post(executor_, [weak = weak_from_this(), attempt] {
        if (const auto self = weak.lock()) self->fail(*attempt, dns::DnsReason::overloaded);
      });
      return;
    }
    attempt->tcp_place.emplace(std::move(*place));
  }
  auto handler = [weak = weak_from_this(), protocol, attempt](const DnsTransport::Result& result) {
    if (const auto self = weak.lock()) self->received(protocol, attempt, result);
  };
  const auto secrets = random_secrets();
  if (!secrets) return boost::asio::post(executor_, [handler] { handler({}); });
  auto query = dns::encode_query(secrets->id, attempt->question, attempt->edns);
  if (attempt->letters == Letters::mixed) dns::randomize_case(query, secrets->letters);
  transport_->send(protocol, std::move(query), std::move(handler));
}

void UpstreamLink::received(Protocol protocol, const AttemptPtr& attempt,
                            const DnsTransport::Result& result) {
  attempt->tcp_place.reset();
  switch (result.outcome) {
    case DnsTransport::Outcome::reply:
      upstreams_->answered(index_, steady_clock::now());
      replied(protocol, attempt, result);
      return;
    case DnsTransport::Outcome::unreachable:
      lost(*attempt);
      return;
    case DnsTransport::Outcome::timeout:
      // Not counted here: whoever asked has given up long ago, and counted it.
      fail(*attempt, dns::DnsReason::timeout);
      return;
  }
}

void UpstreamLink::replied(Protocol protocol, const AttemptPtr& attempt,
                           const DnsTransport::Result& result) {
  if (protocol == Protocol::udp && truncated(result.wire)) return send(Protocol::tcp, attempt);
  if (attempt->letters == Letters::mixed) {
    const bool repeated = result.echo == dns::Echo::exact;
    if (protocol == Protocol::udp) {
      if (!repeated) return doubt(attempt);
      strange_replies_ = 0;
    } else if (!repeated) {
      note_letters_change();  // nobody who has not seen the query forges a TCP reply
    }
  }
  dns::DnsReply reply = dns::decode_reply(result.wire, attempt->question);
  const bool has_answer = reply.continue_at || reply.answer.status == dns::DnsStatus::found;
  if (attempt->letters == Letters::mixed && !has_answer) return ask_in_lower_case(attempt);
  if (asks_again_without_edns(attempt, reply)) return;
  // The question was the same but for the OPT record: so that was what the server disliked.
  if (attempt->asked_again && !refuses_edns(reply.answer.reason)) {
    plain_until_ = steady_clock::now() + kPlainPeriod;
  }
  // An alias is an answer, though it takes another question to get to its end.
  upstreams_->ended(index_, reply.continue_at ? dns::DnsReason::answer : reply.answer.reason);
  reply.answer.server = server_name_;
  attempt->handler(std::move(reply));
}

void UpstreamLink::doubt(const AttemptPtr& attempt) {
  // One of many that were on their way when it was found out.
  if (steady_clock::now() < lower_until_) return ask_in_lower_case(attempt);
  if (++strange_replies_ < kStrangeReplies) return send(Protocol::tcp, attempt);
  note_letters_change();
  ask_in_lower_case(attempt);
}

void UpstreamLink::ask_in_lower_case(const AttemptPtr& attempt) {
  attempt->letters = Letters::lower;
  send(Protocol::udp, attempt);
}

void UpstreamLink::note_letters_change() {
  lower_until_ = steady_clock::now() + kLowerPeriod;
  strange_replies_ = 0;
}

bool UpstreamLink::asks_again_without_edns(const AttemptPtr& attempt, const dns::DnsReply& reply) {
  const bool refused = refuses_edns(reply.answer.reason) && !reply.has_opt;
  if (attempt->edns == dns::Edns::none || !refused) return false;
  attempt->edns = dns::Edns::none;
  attempt->asked_again = true;
  send(Protocol::udp, attempt);
  return true;
}

void UpstreamLink::lost(const Attempt& attempt) {
  upstreams_->silent(index_, attempt.sent_at, steady_clock::now());
  fail(attempt, dns::DnsReason::unreachable);
}

void UpstreamLink::fail(const Attempt& attempt, dns::DnsReason reason) {
  upstreams_->ended(index_, reason);
  dns::DnsReply reply;
  reply.answer = dns::temporary_failure(reason);
  attempt.handler(std::move(reply));
}

}  // namespace postern::resolver
