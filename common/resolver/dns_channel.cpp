#include "common/resolver/dns_channel.h"

#include <ares.h>
#include <sys/socket.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <string>
#include <unordered_map>
#include <utility>

#include "common/os/zone_index.h"

namespace postern::resolver {
namespace {

namespace asio = boost::asio;
using Descriptor = asio::posix::stream_descriptor;

// Attempts are timed by whoever made them; this only lets c-ares drop what nobody waits for, so it
// may be coarse. (ares_timeout() would be exact, but is linear in the open queries.)
constexpr std::chrono::milliseconds kTick{100};
constexpr int kUdpPayload = 1232;
constexpr int kSocketBuffer = 1 << 20;  // c-ares takes EAGAIN for a dead server

int start_library() {
  // The counter inside ares_library_init() is not thread-safe.
  static const int status = ares_library_init(ARES_LIB_INIT_ALL);
  return status;
}

int flags_of(DnsChannel::Mode mode) {
  // NOCHECKRESP: SERVFAIL and the like reach us as they are. IGNTC: the TCP query goes over a
  // channel of its own, because a broken connection fails all queries of a c-ares channel.
  const int common = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_NOCHECKRESP;
  switch (mode) {
    case DnsChannel::Mode::udp_opt:
      return common | ARES_FLAG_IGNTC | ARES_FLAG_EDNS;
    case DnsChannel::Mode::udp_plain:
      return common | ARES_FLAG_IGNTC;
    case DnsChannel::Mode::tcp:
      return common | ARES_FLAG_USEVC;
  }
  return common;
}

DnsChannel::Outcome outcome_of(int status) {
  if (status == ARES_SUCCESS) return DnsChannel::Outcome::reply;
  if (status == ARES_ETIMEOUT) return DnsChannel::Outcome::timeout;
  return DnsChannel::Outcome::unreachable;
}

}  // namespace

class DnsChannel::Impl : public std::enable_shared_from_this<DnsChannel::Impl> {
 public:
  explicit Impl(asio::any_io_executor executor)
      : executor_(std::move(executor)), tick_timer_(executor_) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    closing_ = true;
    if (channel_ != nullptr) ares_destroy(channel_);
  }

  int open(const dns::DnsServer& server, Mode mode, std::chrono::milliseconds timeout);
  void send(const std::vector<std::uint8_t>& query, Handler handler);
  [[nodiscard]] bool lost_edns() const;

 private:
  // A socket of c-ares, lent to Asio for waiting. c-ares opens and closes it.
  struct Socket {
    Socket(const asio::any_io_executor& executor, int fd) : descriptor(executor, fd) {}
    Descriptor descriptor;
    bool wants_read = false;
    bool wants_write = false;
    bool waits_read = false;
    bool waits_write = false;
    bool gone = false;
  };
  struct Query {
    Impl* channel;
    Handler handler;
  };

  static void query_ended(void* query, int status, int timeouts, unsigned char* wire, int length);
  static void socket_changed(void* self, ares_socket_t fd, int readable, int writable);
  static int bind_to_zone(ares_socket_t fd, int type, void* self);
  void wait(const std::shared_ptr<Socket>& socket);
  void wait_read(const std::shared_ptr<Socket>& socket);
  void wait_write(const std::shared_ptr<Socket>& socket);
  void tick();

  asio::any_io_executor executor_;
  asio::steady_timer tick_timer_;
  std::unordered_map<ares_socket_t, std::shared_ptr<Socket>> sockets_;
  ares_channel channel_ = nullptr;
  Mode mode_ = Mode::udp_opt;
  std::string zone_;  // of the server, as DnsServer has it
  std::size_t open_queries_ = 0;
  bool ticking_ = false;
  bool closing_ = false;
};

int DnsChannel::Impl::open(const dns::DnsServer& server, Mode mode,
                           std::chrono::milliseconds timeout) {
  mode_ = mode;
  char lookups[] = "b";  // DNS only, no hosts file
  ares_options options{};
  options.flags = flags_of(mode);
  options.timeout = static_cast<int>(timeout.count());
  options.tries = 1;
  options.ndots = 0;
  options.ednspsz = kUdpPayload;
  options.lookups = lookups;
  options.socket_receive_buffer_size = kSocketBuffer;
  options.socket_send_buffer_size = kSocketBuffer;
  options.sock_state_cb = &Impl::socket_changed;
  options.sock_state_cb_data = this;
  const int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_NDOTS |
                   ARES_OPT_EDNSPSZ | ARES_OPT_LOOKUPS | ARES_OPT_SOCK_RCVBUF |
                   ARES_OPT_SOCK_SNDBUF | ARES_OPT_SOCK_STATE_CB | ARES_OPT_NOROTATE;
  if (const int status = ares_init_options(&channel_, &options, mask); status != ARES_SUCCESS) {
    channel_ = nullptr;
    return status;
  }
  dns::DnsServer without_zone = server;
  zone_ = std::exchange(without_zone.zone, {});
  if (!zone_.empty()) ares_set_socket_configure_callback(channel_, &Impl::bind_to_zone, this);
  return ares_set_servers_ports_csv(channel_, without_zone.to_string().c_str());
}

// c-ares 1.18 keeps no scope of an address (RFC 4007 6). A socket that is bound to the interface
// needs none. Called before connect(2); anything but zero makes the server unreachable.
int DnsChannel::Impl::bind_to_zone(ares_socket_t fd, int /*type*/, void* self) {
  const auto index = os::zone_index(static_cast<Impl*>(self)->zone_);
  if (!index) return -1;
  return setsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, &*index, sizeof *index);
}

void DnsChannel::Impl::send(const std::vector<std::uint8_t>& query, Handler handler) {
  auto state = std::make_unique<Query>(Query{this, std::move(handler)});
  ++open_queries_;
  // May call query_ended() before it returns.
  ares_send(channel_, query.data(), static_cast<int>(query.size()), &Impl::query_ended,
            state.release());
  if (!ticking_) tick();
}

void DnsChannel::Impl::query_ended(void* query, int status, int /*timeouts*/, unsigned char* wire,
                                   int length) {
  const std::unique_ptr<Query> ended(static_cast<Query*>(query));
  Impl& self = *ended->channel;
  --self.open_queries_;
  if (self.closing_) return;
  Result result;
  result.outcome = outcome_of(status);
  if (wire != nullptr && length > 0) result.wire.assign(wire, wire + length);
  // Posted, because the channel must not be used or destroyed inside its own callback.
  asio::post(self.executor_,
             [handler = std::move(ended->handler), result = std::move(result)]() mutable {
               handler(std::move(result));
             });
}

void DnsChannel::Impl::socket_changed(void* self, ares_socket_t fd, int readable, int writable) {
  auto& impl = *static_cast<Impl*>(self);
  auto found = impl.sockets_.find(fd);
  if (readable == 0 && writable == 0) {
    if (found == impl.sockets_.end()) return;
    // c-ares closes it right after this call.
    found->second->gone = true;
    found->second->descriptor.release();
    impl.sockets_.erase(found);
    return;
  }
  if (found == impl.sockets_.end()) {
    found = impl.sockets_.emplace(fd, std::make_shared<Socket>(impl.executor_, fd)).first;
  }
  found->second->wants_read = readable != 0;
  found->second->wants_write = writable != 0;
  impl.wait(found->second);
}

void DnsChannel::Impl::wait(const std::shared_ptr<Socket>& socket) {
  if (socket->gone) return;
  if (socket->wants_read && !socket->waits_read) wait_read(socket);
  if (socket->wants_write && !socket->waits_write) wait_write(socket);
}

void DnsChannel::Impl::wait_read(const std::shared_ptr<Socket>& socket) {
  socket->waits_read = true;
  socket->descriptor.async_wait(
      Descriptor::wait_read, [weak = weak_from_this(), socket](boost::system::error_code error) {
        socket->waits_read = false;
        const auto self = weak.lock();
        if (!self || socket->gone || error) return;
        ares_process_fd(self->channel_, socket->descriptor.native_handle(), ARES_SOCKET_BAD);
        self->wait(socket);
      });
}

void DnsChannel::Impl::wait_write(const std::shared_ptr<Socket>& socket) {
  socket->waits_write = true;
  socket->descriptor.async_wait(
      Descriptor::wait_write, [weak = weak_from_this(), socket](boost::system::error_code error) {
        socket->waits_write = false;
        const auto self = weak.lock();
        if (!self || socket->gone || error) return;
        ares_process_fd(self->channel_, ARES_SOCKET_BAD, socket->descriptor.native_handle());
        self->wait(socket);
      });
}

void DnsChannel::Impl::tick() {
  ticking_ = open_queries_ > 0;
  if (!ticking_) return;
  tick_timer_.expires_after(kTick);
  tick_timer_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
    const auto self = weak.lock();
    if (!self || error) return;
    ares_process_fd(self->channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    self->tick();
  });
}

bool DnsChannel::Impl::lost_edns() const {
  if (mode_ != Mode::udp_opt) return false;
  ares_options options{};
  int mask = 0;
  if (ares_save_options(channel_, &options, &mask) != ARES_SUCCESS) return false;
  const bool lost = (options.flags & ARES_FLAG_EDNS) == 0;
  ares_destroy_options(&options);
  return lost;
}

postern::Result<DnsChannel> DnsChannel::open(asio::any_io_executor executor,
                                             const dns::DnsServer& server, Mode mode,
                                             std::chrono::milliseconds timeout) {
  int status = start_library();
  auto impl = std::make_shared<Impl>(std::move(executor));
  if (status == ARES_SUCCESS) status = impl->open(server, mode, timeout);
  if (status != ARES_SUCCESS) {
    return failure("cannot open a DNS channel to " + server.to_string() + ": " +
                   ares_strerror(status));
  }
  return DnsChannel(std::move(impl));
}

DnsChannel::DnsChannel(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
DnsChannel::~DnsChannel() = default;
DnsChannel::DnsChannel(DnsChannel&&) noexcept = default;
DnsChannel& DnsChannel::operator=(DnsChannel&&) noexcept = default;

void DnsChannel::send(const std::vector<std::uint8_t>& query, Handler handler) {
  impl_->send(query, std::move(handler));
}

bool DnsChannel::lost_edns() const {
  return impl_->lost_edns();
}

}  // namespace postern::resolver
