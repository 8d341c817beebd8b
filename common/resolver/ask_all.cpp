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
  Round(const asio::any_io_executor& executor, std::vector<dns::DnsRequest> requests,
        std::function<Enough(DnsAnswered)> take, std::function<void()> over)
      : timer_(executor),
        requests_(std::move(requests)),
        take_(std::move(take)),
        over_(std::move(over)),
        missing_(requests_.size()) {}

  void end_at(std::chrono::steady_clock::time_point deadline) {
    if (!over_) return;
    timer_.expires_at(deadline);
    timer_.async_wait([self = shared_from_this()](boost::system::error_code error) {
      if (!error) self->end();
    });
  }

  void take(std::size_t index, dns::DnsFact fact) {
    if (!over_) return;
    --missing_;
    const Enough enough = take_({std::move(requests_[index].question), std::move(fact)});
    if (missing_ == 0 || enough == Enough::yes) end();
  }

 private:
  void end() {
    if (!over_) return;
    timer_.cancel();
    std::exchange(over_, nullptr)();
  }

  asio::steady_timer timer_;
  std::vector<dns::DnsRequest> requests_;
  std::function<Enough(DnsAnswered)> take_;
  std::function<void()> over_;
  std::size_t missing_;
};

}  // namespace

void ask_all(Resolver& resolver, const asio::any_io_executor& executor,
             std::vector<dns::DnsRequest> requests, std::chrono::steady_clock::time_point deadline,
             std::function<Enough(DnsAnswered)> take, std::function<void()> over) {
  assert(!requests.empty());
  const auto round = std::make_shared<Round>(executor, requests, std::move(take), std::move(over));
  for (std::size_t index = 0; index < requests.size(); ++index) {
    const auto& [question, asker] = requests[index];
    resolver.ask(question, asker, [executor, round, index](dns::DnsFact fact) {
      asio::post(executor, [round, index, fact = std::move(fact)]() mutable {
        round->take(index, std::move(fact));
      });
    });
  }
  asio::post(executor, [round, deadline] { round->end_at(deadline); });
}

}  // namespace postern::resolver
