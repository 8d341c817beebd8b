// Questions that are asked side by side under one deadline: one round of a decision. Once made,
// touched on its executor only (one thread or a strand); kept alive by the calls it waits for.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

namespace postern::resolver {

enum class Enough { no, yes };

template <class Answer>
class AskRound : public std::enable_shared_from_this<AskRound<Answer>> {
 public:
  // Calls `take` with each answer as it comes, and then `over` exactly once: as soon as all
  // `questions` have one, when `take` says that it has enough, or at the deadline.
  AskRound(const boost::asio::any_io_executor& executor, std::size_t questions,
           std::function<Enough(Answer)> take, std::function<void()> over)
      : executor_(executor),
        timer_(executor),
        missing_(questions),
        take_(std::move(take)),
        over_(std::move(over)) {}

  // Any thread: what is called is called later.
  void end_at(std::chrono::steady_clock::time_point deadline) {
    boost::asio::post(executor_, [self = this->shared_from_this(), deadline] {
      if (!self->over_) return;
      self->timer_.expires_at(deadline);
      self->timer_.async_wait([self](boost::system::error_code error) {
        if (!error) self->end();
      });
    });
  }
  // Likewise.
  void answer(Answer answer) {
    boost::asio::post(executor_,
                      [self = this->shared_from_this(), answer = std::move(answer)]() mutable {
                        self->take(std::move(answer));
                      });
  }

 private:
  void take(Answer answer) {
    if (!over_) return;
    --missing_;
    const Enough enough = take_(std::move(answer));
    if (missing_ == 0 || enough == Enough::yes) end();
  }
  void end() {
    if (!over_) return;
    timer_.cancel();
    std::exchange(over_, nullptr)();
  }

  const boost::asio::any_io_executor executor_;
  boost::asio::steady_timer timer_;
  std::size_t missing_;
  std::function<Enough(Answer)> take_;
  std::function<void()> over_;
};

}  // namespace postern::resolver
