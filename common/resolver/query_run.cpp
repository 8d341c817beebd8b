#include "common/resolver/query_run.h"

#include <algorithm>
#include <utility>

namespace postern::resolver {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int kNobodyWaits = -1;  // the attempt number of a probe

// How much a failure tells: what a server said about the name before what it said about us, that
// before bytes that say nothing, that before what we did not ask to the end, and silence last.
int weight(dns::DnsReason reason) {
  switch (reason) {
    case dns::DnsReason::cname_loop:
      return 7;
    case dns::DnsReason::servfail:
      return 6;
    case dns::DnsReason::refused:
    case dns::DnsReason::formerr:
    case dns::DnsReason::notimp:
    case dns::DnsReason::other_rcode:
      return 5;
    case dns::DnsReason::referral:
      return 4;
    case dns::DnsReason::malformed:
      return 3;
    case dns::DnsReason::overloaded:
      return 2;
    case dns::DnsReason::timeout:
      return 1;
    case dns::DnsReason::unreachable:
    case dns::DnsReason::circuit_open:
    case dns::DnsReason::deadline:
    case dns::DnsReason::answer:
    case dns::DnsReason::nxdomain:
    case dns::DnsReason::nodata:
      return 0;
  }
  return 0;
}

// A loop is a loop whoever is asked.
bool is_final(const dns::DnsAnswer& answer) {
  return answer.status != dns::DnsStatus::temporary_failure ||
         answer.reason == dns::DnsReason::cname_loop;
}

}  // namespace

QueryRun::QueryRun(const boost::asio::any_io_executor& executor,
                   std::shared_ptr<const QueryContext> context, dns::DnsQuestion question,
                   dns::DnsName asker)
    : context_(std::move(context)),
      asker_(std::move(asker)),
      timer_(executor),
      chain_{std::move(question)},
      chain_ttl_(dns::DnsTtl::max()) {}

void QueryRun::start(Done done) {
  done_ = std::move(done);
  deadline_ = steady_clock::now() + context_->settings.query_timeout;
  ask_everyone();
}

void QueryRun::ask_everyone() {
  failure_ = dns::temporary_failure(dns::DnsReason::unreachable);
  pass_ = 0;
  next_pass();
}

void QueryRun::next_pass() {
  plan_ = context_->upstreams->plan(steady_clock::now());
  position_ = 0;
  if (plan_.probe) send(*plan_.probe, kNobodyWaits);
  next_attempt();
}

void QueryRun::next_attempt() {
  if (position_ == plan_.order.size()) {
    ++pass_;
    if (pass_ >= context_->settings.passes || plan_.order.empty()) {
      finish(failure_);
    } else {
      next_pass();
    }
    return;
  }
  const std::size_t server = plan_.order[position_++];
  ++attempt_;
  send(server, attempt_);
  wait_for(server);
}

void QueryRun::send(std::size_t server, int attempt) {
  const std::size_t link = chain_.size();
  const auto letters = pass_ == 0 ? UpstreamLink::Letters::mixed : UpstreamLink::Letters::lower;
  context_->links[server]->ask(chain_.back(), asker_, letters,
                               [weak = weak_from_this(), link, attempt](dns::DnsReply reply) {
                                 const auto self = weak.lock();
                                 if (self) self->replied(link, attempt, std::move(reply));
                               });
}

// A reply counts also when its attempt has been given up: a slow server is better than none.
void QueryRun::replied(std::size_t link, int attempt, dns::DnsReply reply) {
  if (!done_ || link != chain_.size()) return;
  if (reply.continue_at) {
    follow(reply);
    return;
  }
  if (is_final(reply.answer)) {
    reply.answer.ttl = std::min(reply.answer.ttl, chain_ttl_);
    finish(std::move(reply.answer));
    return;
  }
  note_failure(reply.answer);
  if (attempt == attempt_) next_attempt();
}

void QueryRun::wait_for(std::size_t server) {
  const auto now = steady_clock::now();
  const milliseconds patience = context_->settings.attempt_timeout * (1 << std::min(pass_, 16));
  timer_.expires_at(std::min(now + patience, deadline_));
  timer_.async_wait([weak = weak_from_this(), attempt = attempt_, server, now,
                     patience](boost::system::error_code error) {
    const auto self = weak.lock();
    if (!self || error || !self->done_ || attempt != self->attempt_) return;
    self->waited_in_vain(server, now, patience);
  });
}

void QueryRun::waited_in_vain(std::size_t server, TimePoint sent_at, milliseconds patience) {
  const auto now = steady_clock::now();
  // An attempt that the deadline cut short says nothing about the server.
  if (now >= sent_at + patience) context_->upstreams->silent(server, sent_at, now);
  note_failure(dns::temporary_failure(dns::DnsReason::timeout));
  if (now >= deadline_) {
    finish(failure_);
  } else {
    next_attempt();
  }
}

void QueryRun::follow(const dns::DnsReply& reply) {
  const dns::DnsQuestion next{*reply.continue_at, chain_.front().type};
  if (chain_.size() > kMaxLinks || std::find(chain_.begin(), chain_.end(), next) != chain_.end()) {
    dns::DnsAnswer loop = dns::temporary_failure(dns::DnsReason::cname_loop);
    loop.server = reply.answer.server;
    finish(std::move(loop));
    return;
  }
  chain_ttl_ = std::min(chain_ttl_, reply.answer.ttl);
  chain_.push_back(next);
  ask_everyone();
}

void QueryRun::note_failure(const dns::DnsAnswer& failure) {
  if (weight(failure.reason) > weight(failure_.reason)) failure_ = failure;
}

void QueryRun::finish(dns::DnsAnswer answer) {
  timer_.cancel();
  std::exchange(done_, nullptr)(std::move(answer));
}

}  // namespace postern::resolver
