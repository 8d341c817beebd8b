#include "common/resolver/upstream_link.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <span>
#include <utility>

#include "common/base/ip_scope.h"
#include "common/os/random_bytes.h"

namespace postern::resolver {
namespace {

using std::chrono::steady_clock;

// How long a server that refused EDNS is asked without it. Long enough not to open a channel for
// every query, short enough to notice that the server was replaced.
constexpr std::chrono::minutes kPlainPeriod{5};

// c-ares keeps one socket per channel, and so one source port, for as long as any query is open. A
// sender whose DNS never answers could hold the port still and leave the id alone to guess
// (RFC 5452 9.2); so channels are renewed.
constexpr std::chrono::seconds kPortLife{1};

// How long a server that changes letters is asked in lower case.
constexpr std::chrono::minutes kLowerPeriod{5};

// A forged reply that hits id and port may have other letters; a second one in a row, when TCP has
// not helped, is the server's own way.
constexpr int kStrangeReplies = 2;

// Queries over TCP at a time, to one server. Resolvers take about as many from one client, and
// truncated answers are rare.
constexpr std::size_t kTcpPlaces = 64;

// A channel of c-ares takes 80 KiB, so that few are kept for the next one.
constexpr std::ptrdiff_t kIdleConnections = 2;

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

DnsChannel::Mode udp_with(dns::Edns edns) {
  return edns == dns::Edns::none ? DnsChannel::Mode::udp_plain : DnsChannel::Mode::udp_opt;
}

bool truncated(const std::vector<std::uint8_t>& wire) {
  return wire.size() > 2 && (wire[2] & 0x02) != 0;
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
      patience_(settings.query_timeout),
      randomizes_case_(randomizes_case(settings.case_randomization, upstreams_->server(index_))),
      tcp_places_(kTcpPlaces) {}

void UpstreamLink::ask(const dns::DnsQuestion& question, const DomainName& asker, Letters letters,
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
  const auto mode = udp_with(attempt->edns);
  send(mode, std::move(attempt));
}

void UpstreamLink::send(DnsChannel::Mode mode, AttemptPtr attempt) {
  if (mode == DnsChannel::Mode::tcp) return send_over_tcp(std::move(attempt));
  send_by(udp_channel(mode), *attempt,
          [weak = weak_from_this(), mode, attempt](const DnsChannel::Result& result) {
            if (const auto self = weak.lock()) self->received(mode, attempt, result);
          });
}

void UpstreamLink::send_over_tcp(AttemptPtr attempt) {
  auto place = tcp_places_.take(attempt->question.name.text(), attempt->asker.text());
  if (!place) {
    boost::asio::post(executor_, [weak = weak_from_this(), attempt = std::move(attempt)] {
      if (const auto self = weak.lock()) self->fail(*attempt, dns::DnsReason::overloaded);
    });
    return;
  }
  TcpConnection* const connection = idle_connection();
  if (connection != nullptr) connection->busy = true;
  send_by(connection == nullptr ? nullptr : &connection->channel, *attempt,
          [weak = weak_from_this(), attempt, connection,
           place = std::make_shared<DomainShares::Place>(std::move(*place))](
              const DnsChannel::Result& result) {
            const auto self = weak.lock();
            if (!self) return;
            if (connection != nullptr) self->set_idle(*connection);
            self->received(DnsChannel::Mode::tcp, attempt, result);
          });
}

// Without a channel, or without chance: `unreachable`.
void UpstreamLink::send_by(DnsChannel* channel, Attempt& attempt, DnsChannel::Handler handler) {
  const auto secrets = random_secrets();
  if (channel == nullptr || !secrets) {
    boost::asio::post(executor_, [handler = std::move(handler)] { handler({}); });
    return;
  }
  attempt.query = dns::encode_query(secrets->id, attempt.question, attempt.edns);
  if (attempt.letters == Letters::mixed) dns::randomize_case(attempt.query, secrets->letters);
  channel->send(attempt.query, std::move(handler));
}

void UpstreamLink::received(DnsChannel::Mode mode, const AttemptPtr& attempt,
                            const DnsChannel::Result& result) {
  switch (result.outcome) {
    case DnsChannel::Outcome::reply:
      upstreams_->answered(index_, steady_clock::now());
      replied(mode, attempt, result.wire);
      return;
    case DnsChannel::Outcome::unreachable:
      lost(*attempt);
      return;
    case DnsChannel::Outcome::timeout:
      // Not counted here: whoever asked has given up long ago, and counted it.
      fail(*attempt, dns::DnsReason::timeout);
      return;
  }
}

void UpstreamLink::replied(DnsChannel::Mode mode, const AttemptPtr& attempt,
                           const std::vector<std::uint8_t>& wire) {
  if (mode != DnsChannel::Mode::tcp && truncated(wire)) {
    send(DnsChannel::Mode::tcp, attempt);
    return;
  }
  if (attempt->letters == Letters::mixed) {
    const bool repeated = dns::repeats_question(wire, attempt->query);
    if (mode != DnsChannel::Mode::tcp) {
      if (!repeated) return doubt(attempt);
      strange_replies_ = 0;
    } else if (!repeated) {
      note_letters_change();  // nobody who has not seen the query forges a TCP reply
    }
  }
  dns::DnsReply reply = dns::decode_reply(wire, attempt->question);
  const bool has_answer = reply.continue_at || reply.answer.status == dns::DnsStatus::found;
  if (attempt->letters == Letters::mixed && !has_answer) return ask_in_lower_case(attempt);
  if (attempt->edns == dns::Edns::opt && !reply.has_opt) {
    if (mode == DnsChannel::Mode::udp_opt && udp_opt_ && udp_opt_->lost_edns()) {
      replace_channel_without_edns();
    }
    if (asks_again_without_edns(attempt, reply)) return;
  }
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
  if (++strange_replies_ < kStrangeReplies) return send(DnsChannel::Mode::tcp, attempt);
  note_letters_change();
  ask_in_lower_case(attempt);
}

void UpstreamLink::ask_in_lower_case(const AttemptPtr& attempt) {
  attempt->letters = Letters::lower;
  send(udp_with(attempt->edns), attempt);
}

void UpstreamLink::note_letters_change() {
  lower_until_ = steady_clock::now() + kLowerPeriod;
  strange_replies_ = 0;
}

bool UpstreamLink::asks_again_without_edns(const AttemptPtr& attempt, const dns::DnsReply& reply) {
  if (!refuses_edns(reply.answer.reason)) return false;
  attempt->edns = dns::Edns::none;
  attempt->asked_again = true;
  send(DnsChannel::Mode::udp_plain, attempt);
  return true;
}

void UpstreamLink::replace_channel_without_edns() {
  plain_until_ = steady_clock::now() + kPlainPeriod;
  retire(udp_opt_);
}

// Queries in flight on the old channel stay there; it is dropped when the last must be over.
void UpstreamLink::retire(std::optional<DnsChannel>& channel) {
  if (!channel) return;
  const auto now = steady_clock::now();
  std::erase_if(retired_, [now](const auto& old) { return old.second < now; });
  retired_.emplace_back(std::move(*channel), now + 2 * patience_);
  channel.reset();
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

// Null: there is none, and none could be opened.
UpstreamLink::TcpConnection* UpstreamLink::idle_connection() {
  const auto idle =
      std::find_if(tcp_.begin(), tcp_.end(), [](const auto& one) { return !one->busy; });
  if (idle != tcp_.end()) return idle->get();
  auto opened =
      DnsChannel::open(executor_, upstreams_->server(index_), DnsChannel::Mode::tcp, patience_);
  if (!opened) return nullptr;
  tcp_.push_back(std::make_unique<TcpConnection>(TcpConnection{std::move(*opened)}));
  return tcp_.back().get();
}

void UpstreamLink::set_idle(TcpConnection& connection) {
  connection.busy = false;
  const auto idle =
      std::count_if(tcp_.begin(), tcp_.end(), [](const auto& one) { return !one->busy; });
  if (idle <= kIdleConnections) return;
  std::erase_if(tcp_, [&](const auto& one) { return one.get() == &connection; });
}

DnsChannel* UpstreamLink::udp_channel(DnsChannel::Mode mode) {
  if (steady_clock::now() - udp_opened_ >= kPortLife) {
    retire(udp_opt_);
    retire(udp_plain_);
    udp_opened_ = steady_clock::now();
  }
  std::optional<DnsChannel>* slot = &udp_opt_;
  if (mode == DnsChannel::Mode::udp_plain) slot = &udp_plain_;
  if (!*slot) {
    auto opened = DnsChannel::open(executor_, upstreams_->server(index_), mode, patience_);
    if (!opened) return nullptr;
    slot->emplace(std::move(*opened));
  }
  return &**slot;
}

}  // namespace postern::resolver
