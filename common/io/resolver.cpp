#include "common/io/resolver.h"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <cassert>
#include <chrono>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "common/io/query_run.h"

namespace postern {
namespace {

namespace asio = boost::asio;
using std::chrono::steady_clock;

struct QuestionHash {
  std::size_t operator()(const DnsQuestion& question) const noexcept {
    return std::hash<DomainName>{}(question.name) * 31 + static_cast<std::size_t>(question.type);
  }
};

std::shared_ptr<const QueryContext> context_for(const asio::any_io_executor& executor,
                                                DnsSettings settings, const Upstreams* before) {
  auto context = std::make_shared<QueryContext>();
  context->settings = std::move(settings);
  context->upstreams = std::make_shared<Upstreams>(context->settings, before);
  assert(context->upstreams->size() > 0);
  for (std::size_t index = 0; index < context->upstreams->size(); ++index) {
    context->links.push_back(std::make_shared<UpstreamLink>(executor, context->upstreams, index,
                                                            context->settings.query_timeout));
  }
  return context;
}

DnsFact given_up(DnsReason reason) {
  DnsFact fact;
  fact.answer = std::make_shared<const DnsAnswer>(temporary_failure(reason));
  fact.source = DnsFact::Source::given_up;
  return fact;
}

}  // namespace

class Resolver::Impl : public std::enable_shared_from_this<Resolver::Impl> {
 public:
  Impl(asio::any_io_executor executor, DnsSettings settings, DnsCache& cache);

  void ask(const DnsQuestion& question, Handler handler);
  void stop();
  void reconfigure(DnsSettings settings);
  [[nodiscard]] std::vector<UpstreamHealth> health() const;  // from any thread

  [[nodiscard]] const asio::any_io_executor& executor() const { return executor_; }

 private:
  struct Flight {
    std::shared_ptr<QueryRun> run;
    std::vector<Handler> handlers;
  };

  void take_off(const DnsQuestion& question, Handler handler);
  void landed(const DnsQuestion& question, DnsAnswer answer);
  void go_on_with(std::shared_ptr<const QueryContext> next);

  const asio::any_io_executor executor_;
  DnsCache& cache_;
  // For what is asked next. Changes on the executor, which needs no lock to read it.
  std::shared_ptr<const QueryContext> context_;
  mutable std::mutex context_mutex_;
  std::unordered_map<DnsQuestion, Flight, QuestionHash> flights_;
  bool stopped_ = false;
};

Resolver::Impl::Impl(asio::any_io_executor executor, DnsSettings settings, DnsCache& cache)
    : executor_(std::move(executor)),
      cache_(cache),
      context_(context_for(executor_, std::move(settings), nullptr)) {}

void Resolver::Impl::ask(const DnsQuestion& question, Handler handler) {
  if (stopped_) return handler(given_up(DnsReason::deadline));
  if (const auto flight = flights_.find(question); flight != flights_.end()) {
    flight->second.handlers.push_back(std::move(handler));
    return;
  }
  const auto kept = cache_.find(question, steady_clock::now(), DnsCache::Lookup::repeated);
  if (kept) return handler(*kept);
  if (flights_.size() >= context_->settings.max_in_flight) {
    return handler(given_up(DnsReason::overloaded));
  }
  take_off(question, std::move(handler));
}

void Resolver::Impl::take_off(const DnsQuestion& question, Handler handler) {
  Flight& flight = flights_[question];
  flight.handlers.push_back(std::move(handler));
  flight.run = std::make_shared<QueryRun>(executor_, context_, question);
  flight.run->start([weak = weak_from_this(), question](DnsAnswer answer) {
    if (const auto self = weak.lock()) self->landed(question, std::move(answer));
  });
}

void Resolver::Impl::landed(const DnsQuestion& question, DnsAnswer answer) {
  DnsFact fact;
  fact.answer = std::make_shared<const DnsAnswer>(std::move(answer));
  cache_.store(question, fact.answer, steady_clock::now());
  // Out of the table first: a handler may ask again, or stop the resolver.
  const auto flight = flights_.extract(question);
  for (Handler& handler : flight.mapped().handlers) handler(fact);
}

void Resolver::Impl::stop() {
  stopped_ = true;
  auto flights = std::exchange(flights_, {});
  go_on_with(
      std::make_shared<QueryContext>(QueryContext{context_->settings, context_->upstreams, {}}));
  for (auto& [question, flight] : flights) {
    for (Handler& handler : flight.handlers) {
      asio::post(executor_,
                 [handler = std::move(handler)] { handler(given_up(DnsReason::deadline)); });
    }
  }
}

void Resolver::Impl::reconfigure(DnsSettings settings) {
  if (stopped_ || settings == context_->settings) return;
  go_on_with(context_for(executor_, std::move(settings), context_->upstreams.get()));
}

// The old one lives until the last run that began with it has ended.
void Resolver::Impl::go_on_with(std::shared_ptr<const QueryContext> next) {
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

Resolver::Resolver(asio::any_io_executor executor, DnsSettings settings, DnsCache& cache)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(settings), cache)) {}

// NOLINTNEXTLINE(bugprone-exception-escape): out of memory, where ending is right
Resolver::~Resolver() {
  impl_->stop();
}

void Resolver::ask(const DnsQuestion& question, Handler handler) {
  asio::post(impl_->executor(), [impl = impl_, question, handler = std::move(handler)]() mutable {
    impl->ask(question, std::move(handler));
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

}  // namespace postern
