// bare_dns PORT --at-once N --seconds S --first N: a plain c-ares loop that asks the server on
// 127.0.0.1:PORT for the MX records of names that are all different, so many at once. What DNS
// itself costs. Prints one line of key=value.
#include <ares.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>

#include "tests/bench/bench_options.h"

namespace postern {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kMx = 15;
constexpr int kInternet = 1;

class BareDns {
 public:
  explicit BareDns(const BenchOptions& options)
      : options_(options), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    ares_options settings{};
    settings.flags = ARES_FLAG_EDNS | ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES;
    settings.ednspsz = 1232;
    settings.timeout = 2000;
    settings.sock_state_cb = [](void* self, ares_socket_t fd, int readable, int writable) {
      static_cast<BareDns*>(self)->watch(fd, readable, writable);
    };
    settings.sock_state_cb_data = this;
    const int mask =
        ARES_OPT_FLAGS | ARES_OPT_EDNSPSZ | ARES_OPT_TIMEOUTMS | ARES_OPT_SOCK_STATE_CB;
    const std::string server = "127.0.0.1:" + options.where;
    if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS ||
        ares_init_options(&channel_, &settings, mask) != ARES_SUCCESS ||
        ares_set_servers_ports_csv(channel_, server.c_str()) != ARES_SUCCESS) {
      throw std::runtime_error("c-ares does not start");
    }
  }
  ~BareDns() {
    ares_destroy(channel_);
    ::close(epoll_);
  }
  BareDns(const BareDns&) = delete;
  BareDns& operator=(const BareDns&) = delete;

  void run() {
    began_ = Clock::now();
    end_ = began_ + options_.seconds;
    ask();
    std::array<epoll_event, 64> events{};
    while (open_ > 0) {
      const int ready = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 100);
      for (int i = 0; i < ready; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        const ares_socket_t fd = event.data.fd;
        ares_process_fd(channel_, (event.events & EPOLLIN) != 0 ? fd : ARES_SOCKET_BAD,
                        (event.events & EPOLLOUT) != 0 ? fd : ARES_SOCKET_BAD);
      }
      if (ready == 0) ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
      // From here, not from inside of a callback, which would be called by what it calls.
      ask();
    }
    const double took = std::chrono::duration<double>(Clock::now() - began_).count();
    std::printf("asked=%llu right=%llu seconds=%.3f per_second=%.0f\n", print_as(asked_),
                print_as(right_), took, static_cast<double>(right_) / took);
  }

  [[nodiscard]] bool is_whole() const { return right_ == asked_; }

 private:
  void watch(ares_socket_t fd, int readable, int writable) {
    epoll_event event{};
    event.events = (readable != 0 ? EPOLLIN : 0U) | (writable != 0 ? EPOLLOUT : 0U);
    event.data.fd = fd;
    if (event.events == 0) {
      ::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
    } else if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) {
      ::epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event);
    }
  }

  void ask() {
    while (open_ < options_.at_once && Clock::now() < end_) {
      const std::string name = bench_domain(options_.first + asked_++);
      ++open_;
      ares_query(channel_, name.c_str(), kInternet, kMx, &BareDns::answered, this);
    }
  }

  static void answered(void* self, int status, int /*timeouts*/, unsigned char* bytes, int size) {
    auto& bare = *static_cast<BareDns*>(self);
    --bare.open_;
    ares_mx_reply* records = nullptr;
    if (status != ARES_SUCCESS) return;
    if (ares_parse_mx_reply(bytes, size, &records) == ARES_SUCCESS && records != nullptr) {
      ++bare.right_;
      ares_free_data(records);
    }
  }

  const BenchOptions options_;
  const int epoll_;
  ares_channel channel_ = nullptr;
  Clock::time_point began_;
  Clock::time_point end_;
  std::uint64_t asked_ = 0;
  std::uint64_t right_ = 0;
  std::uint64_t open_ = 0;
};

}  // namespace
}  // namespace postern

int main(int argc, char** argv) {
  try {
    const auto options = postern::BenchOptions::parse({argv + 1, argv + argc});
    postern::BareDns dns(options);
    dns.run();
    return dns.is_whole() ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bare_dns: %s\n", error.what());
    return 2;
  }
}
