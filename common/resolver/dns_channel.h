// One c-ares channel to one DNS server, driven by Asio: raw messages in and out, nothing retried.
// The only user of ares.h.
//
// Lives on one executor (one thread). Queries that are still open when it is destroyed are dropped
// without a call.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "common/base/result.h"
#include "common/resolver/dns_settings.h"

namespace postern::resolver {

class DnsChannel {
 public:
  // udp_opt:   for queries that end with an OPT record (RFC 6891); UDP, replies up to 1232 octets.
  // udp_plain: for queries without one; UDP, replies up to 512 octets.
  // tcp:       for either.
  enum class Mode { udp_opt, udp_plain, tcp };

  enum class Outcome { reply, timeout, unreachable };
  struct Result {
    Outcome outcome = Outcome::unreachable;
    // Of `reply`: at least a header, with the id and the question of the query. May have TC set.
    std::vector<std::uint8_t> wire;
  };
  using Handler = std::function<void(Result)>;

  // `timeout` ends a query; it is kept to a tenth of a second or so. Errors: c-ares could not
  // start.
  static postern::Result<DnsChannel> open(boost::asio::any_io_executor executor,
                                          const dns::DnsServer& server, Mode mode,
                                          std::chrono::milliseconds timeout);
  ~DnsChannel();
  DnsChannel(DnsChannel&&) noexcept;
  DnsChannel& operator=(DnsChannel&&) noexcept;

  // Sends one query. Calls `handler` at most once, on the executor and never from inside send().
  void send(const std::vector<std::uint8_t>& query, Handler handler);

  // True once c-ares has met a FORMERR without OPT on a udp_opt channel. It has then asked that
  // question again without OPT, and cuts replies at 512 octets for the rest of the channel's life.
  [[nodiscard]] bool lost_edns() const;

 private:
  class Impl;
  explicit DnsChannel(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace postern::resolver
