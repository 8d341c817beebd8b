// One attempt to get an answer from one upstream server: UDP with EDNS, again without EDNS when the
// server does not know it, again over TCP when the reply is truncated or does not repeat the
// question letter for letter (a forgery, or a server that changes them). Notes the server's health.
// No retries, no clock of its own: whoever asks decides how long to wait.
//
// Lives on the resolver's executor, owned by the resolver.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "common/dns/dns_message.h"
#include "common/resolver/dns_transport.h"
#include "common/resolver/domain_shares.h"
#include "common/resolver/upstreams.h"

namespace postern::resolver {

class UpstreamLink : public std::enable_shared_from_this<UpstreamLink> {
 public:
  // What came back, with `answer.server` filled in; or nothing did: a temporary failure,
  // `unreachable` or `timeout`, from no server.
  using Handler = std::function<void(dns::DnsReply)>;

  // An answer that comes within `query_timeout` is still handed over.
  UpstreamLink(boost::asio::any_io_executor executor, std::shared_ptr<Upstreams> upstreams,
               std::size_t index, const DnsSettings& settings);

  // mixed: if the settings want that of this server, and it can. There are servers behind servers
  // that know a name in lower case only; so what is asked for a second time is asked like that.
  enum class Letters { mixed, lower };

  // Calls `handler` at most once (not after the link is gone), never from inside ask(). Because of
  // `asker`, who has a share of the TCP connections: beyond that, `overloaded`.
  void ask(const dns::DnsQuestion& question, const dns::DnsName& asker, Letters letters,
           Handler handler);

 private:
  struct Attempt {
    dns::DnsQuestion question;
    dns::DnsName asker;
    Handler handler;
    std::chrono::steady_clock::time_point sent_at;
    dns::Edns edns = dns::Edns::opt;
    bool asked_again = false;  // without EDNS
    Letters letters = Letters::mixed;
    std::optional<DomainShares::Place> tcp_place;
  };
  using AttemptPtr = std::shared_ptr<Attempt>;

  void send(DnsTransport::Protocol protocol, const AttemptPtr& attempt);
  void received(DnsTransport::Protocol protocol, const AttemptPtr& attempt,
                const DnsTransport::Result& result);
  void replied(DnsTransport::Protocol protocol, const AttemptPtr& attempt,
               const DnsTransport::Result& result);
  void doubt(const AttemptPtr& attempt);
  void ask_in_lower_case(const AttemptPtr& attempt);
  void note_letters_change();
  bool asks_again_without_edns(const AttemptPtr& attempt, const dns::DnsReply& reply);
  void lost(const Attempt& attempt);
  void fail(const Attempt& attempt, dns::DnsReason reason);

  boost::asio::any_io_executor executor_;
  std::shared_ptr<Upstreams> upstreams_;
  std::size_t index_;
  SharedText server_name_;  // with every answer
  bool randomizes_case_;
  std::shared_ptr<DnsTransport> transport_;
  DomainShares tcp_places_;
  // Until then the server is taken for one that does not know EDNS.
  std::chrono::steady_clock::time_point plain_until_;
  // Until then the server is taken for one that changes the letters of questions.
  std::chrono::steady_clock::time_point lower_until_;
  int strange_replies_ = 0;  // over UDP, with other letters than asked, in a row
};

}  // namespace postern::resolver
