#include "common/resolver/resolver.h"

#include <algorithm>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cassert>
#include <chrono>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "common/os/random_bytes.h"
#include "common/resolver/domain_shares.h"
#include "common/resolver/query_run.h"

namespace postern::resolver {
namespace {

namespace asio = boost::asio;
using std::chrono::steady_clock;

struct QuestionHash {
  KeyedHash hash;
  std::size_t operator()(const dns::DnsQuestion& question) const noexcept {
    return hash(question.name.text()) * 31 + static_cast<std::size_t>(question.type);
  }
};

// What every live server answers at once, be it from its own data (RFC 6761 6.3), with NXDOMAIN or
// with REFUSED: so a name whose own servers are dead never looks like a dead upstream.
const dns::DnsQuestion& probe_question() {
  static const dns::DnsQuestion question{DomainName::parse("localhost").value(), dns::DnsType::a};
  return question;
}

std::shared_ptr<const QueryContext> context_for(const asio::any_io_executor& executor,
                                                DnsSettings settings, const Upstreams* before) {
  auto context = std::make_shared<QueryContext>();
  context->settings = std::move(settings);
  context->upstreams = std::make_shared<Upstreams>(context->settings, before);
  assert(context->upstreams->size() > 0);
  for (std::size_t index = 0; index < context->upstreams->size(); ++index) {
    context->links.push_back(
        std::make_shared<UpstreamLink>(executor, context->upstreams, index, context->settings));
  }
  return context;
}

dns::DnsFact given_up(dns::DnsReason reason) {
  dns::DnsFact fact;
  fact.answer = std::make_shared<const dns::DnsAnswer>(dns::temporary_failure(reason));
  fact.source = dns::DnsFact::Source::given_up;
  return fact;
}

}  // namespace

class Resolver::Impl : public std::enable_shared_from_this<Resolver::Impl> {
 public:
  Impl(asio::any_io_executor executor, DnsSettings settings, DnsCache& cache, Watcher watcher);

  void ask(const dns::DnsQuestion& question, const dns::DnsName& asker, Handler handler);
  void stop();
  void reconfigure(DnsSettings settings);
  [[nodiscard]] std::vector<UpstreamHealth> health() const;  // from any thread
  [[nodiscard]] DnsCircuitStatus circuit() const;            // from any thread
  [[nodiscard]] DnsOutcomes::Counts outcomes() const { return outcomes_.counts(); }
  [[nodiscard]] std::uint64_t not_asked() const {
    return outcomes().at(static_cast<std::size_t>(dns::DnsReason::overloaded));
  }
  // From any thread.
  void note_shed(const dns::DnsName& asker) { shed_.note(asker.text(), steady_clock::now()); }
  [[nodiscard]] ShedStatus shedding() const { return shed_.status(steady_clock::now()); }

  [[nodiscard]] const asio::any_io_executor& executor() const { return executor_; }

 private:
  struct Flight {
    std::shared_ptr<QueryRun> run;
    DomainShares::Place place;
    std::vector<Handler> handlers;
    bool by_earlier_upstreams = false;
  };

  void give_up(dns::DnsReason reason, const Handler& handler);
  void take_off(const dns::DnsQuestion& question, const dns::DnsName& asker, Handler handler);
  void landed(const dns::DnsQuestion& question, dns::DnsAnswer answer);
  void watch_circuit();
  void close_circuit();
  void probe_after(std::chrono::milliseconds pause);
  void probed_in_vain(std::chrono::milliseconds pause);
  void probe_all();
  void go_on_with(std::shared_ptr<const QueryContext> next);
  void forget_failures();

  const asio::any_io_executor executor_;
  DnsCache& cache_;
  const Watcher watcher_;
  DnsCircuit circuit_;
  asio::steady_timer probe_timer_;  // waits while the circuit is not closed
  // For what is asked next. Changes on the executor, which needs no lock to read it.
  std::shared_ptr<const QueryContext> context_;
  mutable std::mutex context_mutex_;
  std::unordered_map<dns::DnsQuestion, Flight, QuestionHash> flights_{
      0, QuestionHash{KeyedHash(os::random_secret())}};
  DomainShares places_;  // of `flights_`
  ShedEpisode shed_;
  DnsOutcomes outcomes_;
  bool stopped_ = false;
};

Resolver::Impl::Impl(asio::any_io_executor executor, DnsSettings settings, DnsCache& cache,
                     Watcher watcher)
    : executor_(std::move(executor)),
      cache_(cache),
      watcher_(std::move(watcher)),
      probe_timer_(executor_),
      context_(context_for(executor_, std::move(settings), nullptr)),
      places_(context_->settings.max_in_flight) {}

void Resolver::Impl::ask(const dns::DnsQuestion& question, const dns::DnsName& asker,
                         Handler handler) {
  if (stopped_) return give_up(dns::DnsReason::deadline, handler);
  if (circuit_.state() != DnsCircuit::State::closed) watch_circuit();
  const bool asking = circuit_.state() != DnsCircuit::State::open;
  if (const auto flight = flights_.find(question); asking && flight != flights_.end()) {
    flight->second.handlers.push_back(std::move(handler));
    return;
  }
  const auto kept = cache_.find(question, steady_clock::now(), DnsCache::Lookup::repeated);
  if (kept) return handler(*kept);
  if (!asking) {
    circuit_.note_not_asked();
    return give_up(dns::DnsReason::circuit_open, handler);
  }
  take_off(question, asker, std::move(handler));
}

void Resolver::Impl::give_up(dns::DnsReason reason, const Handler& handler) {
  outcomes_.note(reason);
  handler(given_up(reason));
}

void Resolver::Impl::take_off(const dns::DnsQuestion& question, const dns::DnsName& asker,
                              Handler handler) {
  auto place = places_.take(question.name.text(), asker.text());
  if (!place) {
    note_shed(asker);
    return give_up(dns::DnsReason::overloaded, handler);
  }
  auto run = std::make_shared<QueryRun>(executor_, context_, question, asker);
  Flight& flight = flights_.emplace(question, Flight{run, std::move(*place), {}}).first->second;
  flight.handlers.push_back(std::move(handler));
  run->start([weak = weak_from_this(), question](dns::DnsAnswer answer) {
    if (const auto self = weak.lock()) self->landed(question, std::move(answer));
  });
}

void Resolver::Impl::landed(const dns::DnsQuestion& question, dns::DnsAnswer answer) {
  dns::DnsFact fact;
  fact.answer = std::make_shared<const dns::DnsAnswer>(std::move(answer));
  // Out of the table first: a handler may ask again, or stop the resolver.
  auto flight = flights_.extract(question);
  const dns::DnsReason reason = fact.answer->reason;
  outcomes_.note(reason);
  if (reason == dns::DnsReason::timeout) flight.mapped().place.note(DomainShares::Outcome::silent);
  if (!fact.answer->server.empty()) {
    flight.mapped().place.note(DomainShares::Outcome::answered);
  }
  const bool failed = fact.answer->status == dns::DnsStatus::temporary_failure;
  if (reason ==
      dns::DnsReason::overloaded) {  // on its way: a want of ours, which says nothing of it
    fact.source = dns::DnsFact::Source::given_up;
    note_shed(flight.mapped().run->asker());
  } else if (!failed || !flight.mapped().by_earlier_upstreams) {
    cache_.store(question, fact.answer, steady_clock::now());
  }
  watch_circuit();
  for (Handler& handler : flight.mapped().handlers) handler(fact);
}

// After whatever may have changed what is known of the servers.
void Resolver::Impl::watch_circuit() {
  if (stopped_) return;
  if (!context_->upstreams->all_down()) return close_circuit();
  if (circuit_.state() != DnsCircuit::State::closed) return;
  circuit_.all_down();
  probe_all();
  probe_after(context_->settings.attempt_timeout);
}

void Resolver::Impl::close_circuit() {
  const DnsCircuit::State before = circuit_.state();
  if (before == DnsCircuit::State::closed) return;
  const DnsCircuitStatus was = circuit_.status(steady_clock::now());
  circuit_.close();
  probe_timer_.cancel();
  if (before == DnsCircuit::State::open && watcher_) watcher_(circuit_closed_line(was));
}

void Resolver::Impl::probe_after(std::chrono::milliseconds pause) {
  probe_timer_.expires_after(pause);
  probe_timer_.async_wait([weak = weak_from_this(), pause](boost::system::error_code error) {
    const auto self = weak.lock();
    if (!self || error || self->stopped_) return;
    // Set anew when this call was already on its way.
    if (steady_clock::now() < self->probe_timer_.expiry()) return;
    self->probed_in_vain(pause);
  });
}

// A server that was only restarted is there again in a moment; one that is away for longer is asked
// less and less.
void Resolver::Impl::probed_in_vain(std::chrono::milliseconds pause) {
  const DnsCircuit::State before = circuit_.state();
  watch_circuit();
  if (before == DnsCircuit::State::closed || circuit_.state() == DnsCircuit::State::closed) return;
  const bool first = before == DnsCircuit::State::half_open;
  if (first) {
    circuit_.open(steady_clock::now());
    if (watcher_) watcher_(circuit_opened_line());
  }
  probe_all();
  const std::chrono::milliseconds longest = context_->settings.down_probe_interval;
  probe_after(std::min(first ? pause : 2 * pause, longest));
}

// An answer is noted by the link; what it says does not matter.
void Resolver::Impl::probe_all() {
  for (const auto& link : context_->links) {
    link->ask(probe_question(), probe_question().name, UpstreamLink::Letters::lower,
              [weak = weak_from_this()](const dns::DnsReply& /*reply*/) {
                if (const auto self = weak.lock()) self->watch_circuit();
              });
  }
}

void Resolver::Impl::stop() {
  stopped_ = true;
  probe_timer_.cancel();
  auto flights = std::move(flights_);
  flights_.clear();
  go_on_with(
      std::make_shared<QueryContext>(QueryContext{context_->settings, context_->upstreams, {}}));
  for (auto& [question, flight] : flights) {
    outcomes_.note(dns::DnsReason::deadline);
    for (Handler& handler : flight.handlers) {
      asio::post(executor_,
                 [handler = std::move(handler)] { handler(given_up(dns::DnsReason::deadline)); });
    }
  }
}

void Resolver::Impl::reconfigure(DnsSettings settings) {
  if (stopped_ || settings == context_->settings) return;
  const bool others = settings.upstreams != context_->settings.upstreams;
  go_on_with(context_for(executor_, std::move(settings), context_->upstreams.get()));
  if (others) forget_failures();
  const bool was_closed = circuit_.state() == DnsCircuit::State::closed;
  watch_circuit();
  if (was_closed || circuit_.state() == DnsCircuit::State::closed) return;
  probe_all();  // with the links went their probes
  probe_after(context_->settings.attempt_timeout);
}

// Those who are asked now may do better, also on what is still under way.
void Resolver::Impl::forget_failures() {
  cache_.forget_failures(steady_clock::now());
  for (auto& [question, flight] : flights_) flight.by_earlier_upstreams = true;
}

// The old one lives until the last run that began with it has ended.
void Resolver::Impl::go_on_with(std::shared_ptr<const QueryContext> next) {
  places_.resize(next->settings.max_in_flight);
  const std::lock_guard lock(context_mutex_);
  context_.swap(next);
}

std::vector<UpstreamHealth> Resolver::Impl::health() const {
  std::shared_ptr<Upstreams> upstreams;
  {
    const std::lock_guard lock(context_mutex_);
    upstreams = context_->upstreams;
  }
  return upstreams->health();
}

DnsCircuitStatus Resolver::Impl::circuit() const {
  return circuit_.status(steady_clock::now());
}

Resolver::Resolver(asio::any_io_executor executor, DnsSettings settings, DnsCache& cache,
                   Watcher watcher)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(settings), cache,
                                   std::move(watcher))) {}

// NOLINTNEXTLINE(bugprone-exception-escape): out of memory, where ending is right
Resolver::~Resolver() {
  impl_->stop();
}

void Resolver::ask(const dns::DnsQuestion& question, const dns::DnsName& asker, Handler handler) {
  asio::post(impl_->executor(),
             [impl = impl_, question, asker, handler = std::move(handler)]() mutable {
               impl->ask(question, asker, std::move(handler));
             });
}

void Resolver::stop() {
  asio::dispatch(impl_->executor(), [impl = impl_] { impl->stop(); });
}

void Resolver::reconfigure(DnsSettings settings) {
  asio::post(impl_->executor(), [impl = impl_, settings = std::move(settings)]() mutable {
    impl->reconfigure(std::move(settings));
  });
}

std::vector<UpstreamHealth> Resolver::health() const {
  return impl_->health();
}

DnsCircuitStatus Resolver::circuit() const {
  return impl_->circuit();
}

DnsOutcomes::Counts Resolver::outcomes() const {
  return impl_->outcomes();
}

std::uint64_t Resolver::not_asked() const {
  return impl_->not_asked();
}

void Resolver::note_shed(const dns::DnsName& asker) {
  impl_->note_shed(asker);
}

ShedStatus Resolver::shedding() const {
  return impl_->shedding();
}

std::string why_not_asked(const DnsSettings& settings, const ShedStatus& shedding) {
  std::string why = "DNS questions not asked because max_in_flight (" +
                    std::to_string(settings.max_in_flight) +
                    ") are on their way, or what of it is left to one domain";
  if (!shedding.domain.empty()) why += ", the last for " + shedding.domain;
  return why;
}

}  // namespace postern::resolver
