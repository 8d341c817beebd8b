#include "server/redis/shared_server.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "common/base/duration.h"
#include "server/redis/login.h"

namespace postern::redis {
namespace {

using std::chrono::milliseconds;

// Until a connection is there and the server has said whether it can be used.
constexpr milliseconds kLongestGreeting{2000};

// Errors that are about one command or its key. Every other one is about the server: MISCONF,
// READONLY, NOAUTH, WRONGPASS, NOPERM, LOADING, OOM, BUSY, MASTERDOWN, CLUSTERDOWN ...
constexpr std::array<std::string_view, 2> kOfOneCommand{"WRONGTYPE", "ERR"};

bool is_of_one_command(std::string_view error) {
  return std::count(kOfOneCommand.begin(), kOfOneCommand.end(), word_of(error)) > 0;
}

// A key that no record has: 128 random bits are never all zero.
state::Change harmless_change() {
  return {{}, StateKind::seen, Touch{}, std::chrono::seconds{1}, {}};
}

}  // namespace

// What is said first: who we are, by which secret the keys are hashed, and, so that all that may be
// forbidden is known before anything counts on it, a record that is changed and read.
struct SharedServer::Greeting {
  Clock::time_point sent = Clock::now();
  std::string error;  // the first one
  std::string own_mark;
  std::string mark;  // by which secret the server's records are; empty: the server had none yet
  int missing = 0;

  void take(std::string_view text) {
    if (error.empty()) error = text;
  }
};

SharedServer::SharedServer(boost::asio::any_io_executor executor, Parts parts)
    : executor_(std::move(executor)),
      parts_(std::move(parts)),
      watch_(executor_),
      try_(executor_) {}

void SharedServer::start() {
  connect();
}

void SharedServer::stop() {
  stopped_ = true;
  is_in_use_ = false;
  try_.cancel();
  watch_.cancel();
  flights_.clear();
  if (connection_) connection_->close();
}

std::string SharedServer::failing() const {
  const std::lock_guard lock(mutex_);
  return failing_;
}

void SharedServer::set_failing(const std::string& why) {
  const std::lock_guard lock(mutex_);
  failing_ = why;
}

// ---- a connection

void SharedServer::connect() {
  auto stream = make_stream(executor_, parts_.place);
  if (!stream) return lose(stream.error().text);
  connection_ = std::make_shared<Connection>(std::move(*stream),
                                             [this](const std::string& why) { lose(why); });
  try_.expires_after(kLongestGreeting);
  try_.async_wait([this](boost::system::error_code error) {
    if (!error && !stopped_ && !is_in_use()) {
      lose("it was not ready within " + format_duration(kLongestGreeting));
    }
  });
  connection_->open([this] { greet(); });
}

void SharedServer::greet() {
  const auto own_mark = parts_.secret_mark();
  if (!own_mark) return lose(own_mark.error().text);
  auto greeting = std::make_shared<Greeting>();
  greeting->own_mark = *own_mark;
  const auto say = [&](const std::vector<std::string>& words, auto take) {
    ++greeting->missing;
    connection_->send(words, [this, greeting, take](const Reply* reply) {
      if (reply == nullptr) return;
      take(*greeting, *reply);
      if (--greeting->missing == 0) greeted(*greeting);
    });
  };
  const auto no_error = [](Greeting& to, const Reply& reply) {
    if (reply.kind == Reply::Kind::error) to.take(reply.text);
  };
  const auto login = login_words(parts_.user, parts_.password_file);
  if (!login) return lose(login.error().text);
  if (!login->empty()) {
    // A server that does not know AUTH repeats the password, which is not to be in the log.
    say(*login, [](Greeting& to, const Reply& reply) {
      if (reply.kind == Reply::Kind::error) to.take(word_of(reply.text));
    });
  }
  say({"SET", parts_.keys.secret_mark(), *own_mark, "NX", "GET"},
      [no_error](Greeting& to, const Reply& reply) {
        no_error(to, reply);
        if (reply.kind == Reply::Kind::text) to.mark = reply.text;
      });
  const std::string key = parts_.keys.record(StateKind::seen, {});
  say(scripts_.words_of(change_call(key, harmless_change(), {}), By::text), no_error);
  say(scripts_.words_of(read_call(key), By::text), no_error);
}

void SharedServer::greeted(const Greeting& greeting) {
  if (!greeting.error.empty()) return lose("it says: " + shown_error(greeting.error));
  if (!greeting.mark.empty() && greeting.mark != greeting.own_mark) {
    return lose("the key in the store's folder is not that of the other hosts");
  }
  const auto now = Clock::now();
  const auto took = std::chrono::ceil<milliseconds>(now - greeting.sent);
  if (took > parts_.patience) {
    return lose("it answers too late, after " + format_duration(took));
  }
  try_.cancel();
  circuit_.in_use(now);
  set_failing("");
  is_in_use_.store(true, std::memory_order_release);
  if (std::exchange(told_, false)) {
    parts_.warn("the shared store at " + parts_.place.address.to_string() + " is in use again");
  }
  if (parts_.tried) parts_.tried();
  parts_.in_use();
}

void SharedServer::lose(const std::string& why) {
  if (stopped_) return;
  is_in_use_ = false;
  set_failing(why);
  if (connection_) std::exchange(connection_, nullptr)->close();
  // Their answers may have been given by the connection already.
  for (const auto& flight : std::exchange(flights_, {})) finish(*flight, Outcome::lost);
  watch_.cancel();
  watches_ = false;
  if (!std::exchange(told_, true)) {
    ++losses_;
    parts_.warn("the shared store at " + parts_.place.address.to_string() +
                " is not in use: " + why + "; this host judges by what it knows itself");
  }
  if (parts_.tried) parts_.tried();
  try_again();
}

void SharedServer::try_again() {
  const auto pause = circuit_.pause_after_loss(Clock::now());
  std::uniform_int_distribution<milliseconds::rep> more(0, pause.count() / 2);
  try_.expires_after(pause + milliseconds(more(chance_)));
  try_.async_wait([this](boost::system::error_code error) {
    if (!error && !stopped_) connect();
  });
}

// ---- commands

void SharedServer::finish(Flight& flight, Outcome outcome, const Reply* reply) {
  if (const Answer answer = std::exchange(flight.answer, nullptr)) answer(outcome, reply);
}

void SharedServer::send(Call call, Waits waits, Answer answer) {
  if (!is_in_use()) return answer(Outcome::lost, nullptr);
  fly(std::make_shared<Flight>(
      Flight{std::move(call), waits, By::hash, std::move(answer), Clock::now() + parts_.patience}));
}

void SharedServer::fly(std::shared_ptr<Flight> flight) {
  flights_.push_back(flight);
  watch();
  const auto words = scripts_.words_of(flight->call, flight->by);
  connection_->send(words, [this, flight = std::move(flight)](const Reply* reply) {
    if (reply == nullptr) return finish(*flight, Outcome::lost);
    if (!flights_.empty()) flights_.pop_front();
    landed(*flight, reply);
  });
}

void SharedServer::landed(Flight& flight, const Reply* reply) {
  if (reply->kind == Reply::Kind::error) return answered_by_error(flight, reply->text);
  if (Clock::now() < flight.due) circuit_.answered();
  finish(flight, Outcome::answered, reply);
}

void SharedServer::answered_by_error(Flight& flight, const std::string& error) {
  // Its scripts are gone (SCRIPT FLUSH, a restart): the command was not carried out.
  if (word_of(error) == "NOSCRIPT" && flight.by == By::hash) {
    return fly(std::make_shared<Flight>(Flight{std::move(flight.call), flight.waits, By::text,
                                               std::exchange(flight.answer, nullptr), flight.due}));
  }
  if (!is_of_one_command(error)) {
    finish(flight, Outcome::lost);
    return lose("it says: " + shown_error(error));
  }
  finish(flight, Outcome::refused);
  if (circuit_.failed(Clock::now(), parts_.patience)) lose("it says: " + shown_error(error));
}

// While anything is on its way.
void SharedServer::watch() {
  if (watches_ || flights_.empty()) return;
  watches_ = true;
  const auto waiting = std::find_if(flights_.begin(), flights_.end(),
                                    [](const auto& flight) { return flight->due > Clock::now(); });
  watch_.expires_at(waiting == flights_.end() ? Clock::now() + parts_.patience : (*waiting)->due);
  watch_.async_wait([this](boost::system::error_code error) {
    if (error || stopped_) return;
    watches_ = false;
    look_at_clock();
  });
}

void SharedServer::look_at_clock() {
  const auto now = Clock::now();
  bool is_late = false;
  for (const auto& flight : flights_) {
    if (flight->due > now) break;
    is_late = true;
    if (flight->waits == Waits::briefly) finish(*flight, Outcome::late);
  }
  if (is_late && circuit_.failed(now, parts_.patience)) {
    return lose("no answer within " + format_duration(parts_.patience) + ", " +
                std::to_string(Circuit::kMostFailures) + " times in a row");
  }
  watch();
}

}  // namespace postern::redis
