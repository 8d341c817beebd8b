// Asks the server of a shared store about itself, over a connection as the daemons make it.
#include <boost/asio/io_context.hpp>
#include <utility>

#include "common/base/whole_number.h"
#include "ctl/doctor/io/host_check.h"
#include "server/redis/connection.h"
#include "server/redis/login.h"
#include "server/service/open_store.h"

namespace postern::doctor {
namespace {

using redis::Reply;
using Words = std::vector<std::string>;

constexpr std::chrono::seconds kLongestTalk{2};

class StoreServerTalk {
 public:
  StoreServerTalk(boost::asio::io_context& loop, const config::StoreServerSettings& settings)
      : loop_(loop), settings_(settings) {
    status_.server = settings.server->to_string();
    status_.failing = "no answer within 2s";
  }

  StoreServerStatus run() {
    const auto login = redis::login_words(settings_.user, settings_.password_file);
    if (!login) return failed(login.error().text);
    auto stream = redis::make_stream(loop_.get_executor(), service::store_server_place(settings_));
    if (!stream) return failed(stream.error().text);
    connection_ = std::make_shared<redis::Connection>(std::move(*stream),
                                                      [this](const std::string& why) { end(why); });
    connection_->open([this, words = *login] { ask_all(words); });
    loop_.run_for(kLongestTalk);
    connection_->close();
    loop_.restart();
    loop_.poll();  // what was cancelled
    return status_;
  }

 private:
  void ask_all(const Words& login) {
    // What whoever has no password is answered.
    ask({"PING"}, [this](const Reply& reply) {
      status_.is_open = reply.kind != Reply::Kind::error &&
                        settings_.server->kind == ListenAddress::Kind::tcp &&
                        settings_.tls_certificate.empty();
    });
    if (!login.empty()) {
      ask(login, [this](const Reply& reply) {
        if (reply.kind == Reply::Kind::error) {
          end("it says: " + std::string(redis::word_of(redis::shown_error(reply.text))));
        }
      });
    }
    ask({"INFO"}, [this](const Reply& reply) { take_info_reply(reply); });
    ask({"CONFIG", "GET", "save"}, [this](const Reply& reply) { take_save(reply); });
    ask({"TIME"}, [this](const Reply& reply) {
      take_time(reply);
      end("");
    });
  }

  template <class Take>
  void ask(const Words& words, Take take) {
    connection_->send(words, [take](const Reply* reply) {
      if (reply != nullptr) take(*reply);
    });
  }

  void take_info_reply(const Reply& reply) {
    if (reply.kind == Reply::Kind::text) return take_info(reply.text, status_);
    if (reply.kind != Reply::Kind::error) return;
    if (redis::word_of(reply.text) != "NOPERM") {
      return end("it says: " + redis::shown_error(reply.text));
    }
    status_.barred_user = settings_.user.empty() ? "default" : settings_.user;
  }

  // One who may not ask for it goes by what INFO says.
  void take_save(const Reply& reply) {
    using enum StoreServerStatus::Persistence;
    if (reply.kind != Reply::Kind::list || reply.items.size() != 2) return;
    if (!reply.items[1].text.empty()) status_.persistence = there;
    if (status_.persistence == unknown && status_.barred_user.empty()) status_.persistence = none;
  }

  void take_time(const Reply& reply) {
    using namespace std::chrono;
    if (reply.kind != Reply::Kind::list || reply.items.empty()) return;
    const auto time = parse_whole<std::int64_t>(reply.items[0].text);
    const auto here = duration_cast<seconds>(system_clock::now().time_since_epoch());
    if (time && *time >= 0) status_.ahead = seconds(*time) - here;
  }

  StoreServerStatus failed(const std::string& why) {
    status_.failing = why;
    return status_;
  }

  void end(const std::string& why) {
    status_.failing = why;
    connection_->close();
    loop_.stop();
  }

  boost::asio::io_context& loop_;
  const config::StoreServerSettings& settings_;
  StoreServerStatus status_;
  std::shared_ptr<redis::Connection> connection_;
};

}  // namespace

std::optional<StoreServerStatus> check_store_server(const config::StoreSettings& settings) {
  if (settings.backend != config::StoreBackend::redis) return std::nullopt;
  boost::asio::io_context loop{1};
  return StoreServerTalk(loop, settings.redis).run();
}

}  // namespace postern::doctor
