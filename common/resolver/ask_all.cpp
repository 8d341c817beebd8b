#include "common/resolver/ask_all.h"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cassert>
#include <memory>
#include <utility>

namespace postern::resolver {
namespace {

namespace asio = boost::asio;

// One round. Once made, touched on its executor only; kept alive by the calls it waits for.
class Round : public std::enable_shared_from_this<Round> {
 public:
  Round(const asio::any_io_executor& executor, const std::vector<dns::DnsQuestion>& questions,
        std::function<void(std::vector<DnsAnswered>)> handler,
        std::function<Enough(const DnsAnswered&)> enough)
      : timer_(executor),
        handler_(std::move(handler)),
        enough_(std::move(enough)),
        missing_(questions.size()) {
    answered_.reserve(questions.size());
    for (const dns::DnsQuestion& question : questions) answered_.push_back({question, {}});
  }

  void give_up_at(std::chrono::steady_clock::time_point deadline) {
    if (!handler_) return;
    timer_.expires_at(deadline);
    timer_.async_wait([self = shared_from_this()](boost::system::error_code error) {
      if (!error) self->give_up();
    });
  }

  void take(std::size_t index, dns::DnsFact fact) {
    if (!handler_) return;
    answered_[index].fact = std::move(fact);
    if (--missing_ == 0) {
      finish();
    } else if (enough_(answered_[index]) == Enough::yes) {
      std::erase_if(answered_, [](const DnsAnswered& one) { return !one.fact.answer; });
      finish();
    }
  }

 private:
  void give_up() {
    if (!handler_) return;
    dns::DnsFact late;
    late.answer =
        std::make_shared<const dns::DnsAnswer>(dns::temporary_failure(dns::DnsReason::deadline));
    late.source = dns::DnsFact::Source::given_up;
    for (DnsAnswered& one : answered_) {
      if (!one.fact.answer) one.fact = late;
    }
    finish();
  }

  void finish() {
    timer_.cancel();
    std::exchange(handler_, nullptr)(std::move(answered_));
  }

  asio::steady_timer timer_;
  std::function<void(std::vector<DnsAnswered>)> handler_;
  std::function<Enough(const DnsAnswered&)> enough_;
  std::vector<DnsAnswered> answered_;
  std::size_t missing_;
};

}  // namespace

void ask_all(Resolver& resolver, const asio::any_io_executor& executor,
             std::vector<dns::DnsQuestion> questions, const DomainName& asker,
             std::chrono::steady_clock::time_point deadline,
             std::function<void(std::vector<DnsAnswered>)> handler,
             std::function<Enough(const DnsAnswered&)> enough) {
  assert(!questions.empty());
  const auto round =
      std::make_shared<Round>(executor, questions, std::move(handler), std::move(enough));
  for (std::size_t index = 0; index < questions.size(); ++index) {
    resolver.ask(questions[index], asker, [executor, round, index](dns::DnsFact fact) {
      asio::post(executor, [round, index, fact = std::move(fact)]() mutable {
        round->take(index, std::move(fact));
      });
    });
  }
  asio::post(executor, [round, deadline] { round->give_up_at(deadline); });
}

}  // namespace postern::resolver
