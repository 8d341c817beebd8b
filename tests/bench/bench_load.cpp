// bench_load policy|milter unix:/PATH|inet:ADDRESS:PORT [--NAME NUMBER]... (bench_options.h): asks
// as much as is answered, one question at a time on each connection, every one with a sender and a
// client of its own that are let in. Prints one line of key=value; the status is 1 when an answer
// was another or missing.
//
// postern-load asks more kinds of questions and looks at every answer; this one is for what has to
// be faster than an epoll loop.
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string_view>

#include "common/base/ip_address.h"
#include "tests/bench/bench_options.h"
#include "tests/bench/endpoint.h"
#include "tests/load/connections.h"

namespace postern {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kPatience{30};
constexpr std::uint64_t kOctets = 100;  // 100 to 199: of three digits each

std::uint64_t octet_of(std::uint64_t number, int place) {
  for (; place > 0; --place) number /= kOctets;
  return 100 + number % kOctets;
}

std::string client_of(std::uint64_t number) {
  return "10." + std::to_string(octet_of(number, 2)) + '.' + std::to_string(octet_of(number, 1)) +
         '.' + std::to_string(octet_of(number, 0));
}

// As long as what Postfix 3.7 sends. One text, in which client and sender are changed in place.
class PolicyQuestion {
 public:
  PolicyQuestion() : text_(kHead) {
    client_ = text_.size();
    text_ += client_of(0) + std::string(kMiddle);
    sender_ = text_.size() + 3;
    text_ += "s@" + bench_domain(0) + std::string(kTail);
  }

  const std::string& of(std::uint64_t number) {
    client_of(number).copy(text_.data() + client_, sizeof "10.100.100.100" - 1);
    write_digits(number, text_.data() + sender_);
    return text_;
  }

 private:
  static constexpr std::string_view kHead =
      "request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=ESMTP\nclient_address=";
  static constexpr std::string_view kMiddle =
      "\nclient_name=unknown\nclient_port=40000\nreverse_client_name=unknown\n"
      "server_address=198.51.100.1\nserver_port=25\nhelo_name=client.example\nsender=";
  static constexpr std::string_view kTail =
      "\nrecipient=somebody@here.example\nrecipient_count=0\nqueue_id=\ninstance=1a2b.65a0.3c.1\n"
      "size=0\netrn_domain=\nstress=\nsasl_method=\nsasl_username=\nsasl_sender=\n"
      "ccert_subject=\nccert_issuer=\nccert_fingerprint=\nccert_pubkey_fingerprint=\n"
      "encryption_protocol=\nencryption_cipher=\nencryption_keysize=0\npolicy_context=\n\n";
  std::string text_;
  std::size_t client_ = 0;
  std::size_t sender_ = 0;
};

void print(const Tally& tally, std::uint64_t broken, Clock::duration took) {
  const double seconds = std::chrono::duration<double>(took).count();
  const auto at = [&](double part) {
    return static_cast<long long>(tally.latencies.at(part).count());
  };
  std::printf(
      "asked=%llu right=%llu broken=%llu seconds=%.3f per_second=%.0f p50_us=%lld p99_us=%lld "
      "worst_us=%lld\n",
      print_as(tally.asked), print_as(tally.right), print_as(broken), seconds,
      static_cast<double>(tally.right) / seconds, at(0.5), at(0.99),
      static_cast<long long>(tally.latencies.worst().count()));
  if (tally.wrong > 0) std::fprintf(stderr, "a wrong answer: %s\n", tally.first_wrong.c_str());
}

class PolicyLoad {
 public:
  explicit PolicyLoad(const BenchOptions& options)
      : options_(options), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    const Endpoint where = Endpoint::parse(options.where);
    all_.resize(options.connections);
    for (One& one : all_) {
      one.fd = connect_to(where);
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.ptr = &one;
      ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, one.fd.get(), &event);
      idle_.push_back(&one);
    }
  }

  int run() {
    began_ = Clock::now();
    end_ = began_ + options_.seconds;
    std::array<epoll_event, 256> events{};
    while (ask_idle() || idle_.size() + broken_ < all_.size()) {
      // With a rate, those that are due after the answers that are waited for now.
      const int wait = options_.rate > 0 ? 1 : static_cast<int>(kPatience.count() * 1000);
      const int ready =
          ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), wait);
      if (ready == 0 && Clock::now() > end_ + kPatience) break;
      for (int i = 0; i < ready; ++i) {
        hear(*static_cast<One*>(events[static_cast<std::size_t>(i)].data.ptr));
      }
    }
    print(tally_, broken_, Clock::now() - began_);
    return tally_.right == tally_.asked && broken_ == 0 ? 0 : 1;
  }

 private:
  struct One {
    os::UniqueFd fd;
    Clock::time_point asked;
  };

  // False: there is nothing more to ask.
  bool ask_idle() {
    const auto now = Clock::now();
    if (now >= end_ || tally_.asked >= options_.count) return false;
    std::uint64_t due = options_.count;
    if (options_.rate > 0) {
      const auto passed = std::chrono::duration<double>(now - began_).count();
      due = std::min(due, static_cast<std::uint64_t>(passed * static_cast<double>(options_.rate)));
    }
    while (!idle_.empty() && tally_.asked < due) {
      One& one = *idle_.back();
      idle_.pop_back();
      ask(one);
    }
    return broken_ < all_.size();
  }

  void ask(One& one) {
    const std::string& text = question_.of(options_.sender_of(tally_.asked++));
    one.asked = Clock::now();
    if (::send(one.fd.get(), text.data(), text.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(text.size())) {
      broke(one);
    }
  }

  void hear(One& one) {
    std::array<char, 1024> buffer;  // NOLINT(*-member-init): it is written to
    const ssize_t got = ::recv(one.fd.get(), buffer.data(), buffer.size(), 0);
    if (got <= 0) return broke(one);
    const std::string_view reply(buffer.data(), static_cast<std::size_t>(got));
    if (reply == "action=DUNNO\n\n") {
      ++tally_.right;
    } else if (tally_.wrong++ == 0) {
      tally_.first_wrong = reply;
    }
    const auto now = Clock::now();
    tally_.latencies.add(now - one.asked);
    if (options_.rate == 0 && now < end_ && tally_.asked < options_.count) {
      ask(one);
    } else {
      idle_.push_back(&one);
    }
  }

  void broke(One& one) {
    one.fd.reset();
    ++broken_;
  }

  const BenchOptions options_;
  os::UniqueFd epoll_;
  std::vector<One> all_;
  std::vector<One*> idle_;
  PolicyQuestion question_;
  Clock::time_point began_;
  Clock::time_point end_;
  Tally tally_;
  std::uint64_t broken_ = 0;
};

// As `Connections` has it.
ListenAddress listen_address(const std::string& text) {
  ListenAddress where;
  if (!text.starts_with("unix:/")) throw std::runtime_error("milter: want unix:/PATH");
  where.kind = ListenAddress::Kind::unix_socket;
  where.path = text.substr(5);
  return where;
}

int run_milter(const BenchOptions& options) {
  Tally tally;
  const auto began = Clock::now();
  const auto more = [&] {
    return tally.asked < options.count && Clock::now() < began + options.seconds;
  };
  // Whether a question is to be asked is told when its connection is made.
  const Dialogue::Next next = [&](Question& question) {
    const std::uint64_t number = options.sender_of(tally.asked);
    question = {client_of(number), "s@" + bench_domain(number), "somebody@here.example", {}};
    return true;
  };
  Connections connections(listen_address(options.where), options.connections,
                          [&]() -> std::unique_ptr<Dialogue> {
                            return more() ? milter_dialogue(next, tally, 1) : nullptr;
                          });
  connections.run(kPatience);
  print(tally, connections.broken(), Clock::now() - began);
  return tally.right == tally.asked && connections.broken() == 0 ? 0 : 1;
}

}  // namespace
}  // namespace postern

int main(int argc, char** argv) {
  try {
    const std::string protocol = argc > 1 ? argv[1] : "";
    const auto options = postern::BenchOptions::parse({argv + std::min(argc, 2), argv + argc});
    if (protocol == "milter") return postern::run_milter(options);
    if (protocol == "policy") return postern::PolicyLoad(options).run();
    throw std::runtime_error("want policy or milter first");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_load: %s\n", error.what());
    return 2;
  }
}
