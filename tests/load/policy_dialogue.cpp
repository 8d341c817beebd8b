#include <deque>
#include <utility>

#include "tests/load/dialogue.h"

namespace postern {
namespace {

// As much as Postfix 3.7 sends.
void append_request(const Question& question, std::uint64_t number, std::string& out) {
  out += "request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=ESMTP\nclient_address=";
  out += question.client;
  out +=
      "\nclient_name=unknown\nclient_port=40000\nreverse_client_name=unknown\n"
      "server_address=198.51.100.1\nserver_port=25\nhelo_name=client.example\nsender=";
  out += question.sender;
  out += "\nrecipient=";
  out += question.recipient;
  out += "\nrecipient_count=0\nqueue_id=\ninstance=";
  out += std::to_string(number);
  out +=
      ".1\nsize=0\netrn_domain=\nstress=\nsasl_method=\nsasl_username=\nsasl_sender=\n"
      "ccert_subject=\nccert_issuer=\nccert_fingerprint=\nccert_pubkey_fingerprint=\n"
      "encryption_protocol=\nencryption_cipher=\nencryption_keysize=0\npolicy_context=\n\n";
}

class PolicyDialogue final : public Dialogue {
 public:
  PolicyDialogue(Next next, Tally& tally, std::uint64_t at_once, std::uint64_t per_connection)
      : next_(std::move(next)), tally_(tally), at_once_(at_once), left_(per_connection) {}

  void begin(std::string& out) override { ask(out); }

  std::size_t hear(std::string_view in, std::string& out) override {
    std::size_t taken = 0;
    for (;;) {
      const auto end = in.find("\n\n", taken);
      if (end == std::string_view::npos) break;
      answered(in.substr(taken, end - taken));
      taken = end + 2;
    }
    if (taken > 0) ask(out);
    return taken;
  }

  [[nodiscard]] bool is_over() const override { return left_ == 0 && asked_.empty(); }
  [[nodiscard]] std::uint64_t open() const override { return asked_.size(); }

 private:
  struct Asked {
    Question question;
    Clock::time_point at;
  };

  void ask(std::string& out) {
    while (left_ > 0 && asked_.size() < at_once_) {
      Asked one;
      if (!next_(one.question)) {
        left_ = 0;
        return;
      }
      --left_;
      one.at = Clock::now();
      append_request(one.question, tally_.asked++, out);
      asked_.push_back(std::move(one));
    }
  }

  void answered(std::string_view reply) {
    if (asked_.empty()) {
      tally_.count({"", "nobody asked", "", "nothing"}, reply, Clock::now());
      return;
    }
    constexpr std::string_view kAction = "action=";
    if (reply.starts_with(kAction)) reply.remove_prefix(kAction.size());
    if (reply == "DUNNO") reply = {};
    tally_.count(asked_.front().question, reply, asked_.front().at);
    asked_.pop_front();
  }

  const Next next_;
  Tally& tally_;
  const std::uint64_t at_once_;
  std::uint64_t left_;
  std::deque<Asked> asked_;
};

}  // namespace

std::unique_ptr<Dialogue> policy_dialogue(Dialogue::Next next, Tally& tally, std::uint64_t at_once,
                                          std::uint64_t per_connection) {
  return std::make_unique<PolicyDialogue>(std::move(next), tally, at_once, per_connection);
}

}  // namespace postern
