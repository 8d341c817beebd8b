// Keeps one connection to the server that hosts share: makes it, tries whether the server takes
// what it will be told, gives it up when it does not answer, and tries again. Any error that a
// server reports counts as no answer. On its executor, one thread's; is_in_use() and status() from
// any thread.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <string>

#include "server/redis/circuit.h"
#include "server/redis/connection.h"
#include "server/redis/site.h"

namespace postern::redis {

class SharedServer {
 public:
  using Clock = std::chrono::steady_clock;

  struct Parts {
    ServerPlace place;
    std::string user;           // empty: the server's default one
    std::string password_file;  // empty: none is told
    SiteKeys keys{""};
    // By which secret this host hashes keys: the same for all hosts. Asked at each try.
    std::function<Result<std::string>()> secret_mark;
    std::chrono::milliseconds patience{50};
    std::function<void(const std::string& line)> warn;  // told once when it fails, once when it is
                                                        // in use again
    std::function<void()> in_use;                       // begins to be
    std::function<void()> tried;                        // for the first time, whatever came of it
  };

  enum class Outcome : std::uint8_t {
    answered,
    refused,  // an error that is about this command alone
    late,     // it may still be carried out
    lost,     // the connection; it may have been carried out
  };
  // The reply is null unless it was answered.
  using Answer = std::function<void(Outcome outcome, const Reply* reply)>;

  SharedServer(boost::asio::any_io_executor executor, Parts parts);
  SharedServer(const SharedServer&) = delete;
  SharedServer& operator=(const SharedServer&) = delete;

  void start();
  // What is under way is lost. Nothing of `parts` is called any more.
  void stop();

  // Gives the connection up, and makes another one after a while.
  void lose(const std::string& why);

  // `answer` is called once: within about the patience, whatever the server does.
  void ask(Call call, Answer answer) { send(std::move(call), Waits::briefly, std::move(answer)); }
  // `answer` is called once: when it is carried out, or will not be; never `late`.
  void change(Call call, Answer answer) { send(std::move(call), Waits::on, std::move(answer)); }

  [[nodiscard]] bool is_in_use() const { return is_in_use_.load(std::memory_order_acquire); }
  // Why it is not; empty: it is.
  [[nodiscard]] std::string failing() const;
  // How often it went out of use, or could not come into it at the start.
  [[nodiscard]] std::uint64_t losses() const { return losses_; }

 private:
  enum class Waits : std::uint8_t { briefly, on };
  // A command on its way.
  struct Flight {
    Call call;
    Waits waits = Waits::on;
    By by = By::hash;
    Answer answer;  // empty: it was called
    Clock::time_point due;
  };
  struct Greeting;

  void connect();
  void greet();
  void greeted(const Greeting& greeting);
  void try_again();
  void set_failing(const std::string& why);

  void send(Call call, Waits waits, Answer answer);
  void fly(std::shared_ptr<Flight> flight);
  void landed(Flight& flight, const Reply* reply);
  void answered_by_error(Flight& flight, const std::string& error);
  static void finish(Flight& flight, Outcome outcome, const Reply* reply = nullptr);
  void watch();
  void look_at_clock();

  const boost::asio::any_io_executor executor_;
  const Parts parts_;
  const Scripts scripts_;
  std::shared_ptr<Connection> connection_;
  std::deque<std::shared_ptr<Flight>> flights_;
  boost::asio::steady_timer watch_;
  bool watches_ = false;
  boost::asio::steady_timer try_;
  Circuit circuit_;
  std::minstd_rand chance_{std::random_device{}()};
  bool stopped_ = false;
  bool told_ = false;  // the log knows that it fails

  std::atomic<bool> is_in_use_{false};
  std::atomic<std::uint64_t> losses_{0};
  mutable std::mutex mutex_;  // guards what follows
  std::string failing_ = "it was not reached yet";
};

}  // namespace postern::redis
