#include <algorithm>
#include <utility>
#include <vector>

#include "tests/load/dialogue.h"
#include "tests/support/milter_client.h"

namespace postern {
namespace {

constexpr std::uint32_t kVersion = 6;
constexpr std::size_t kLengthBytes = 4;

std::uint32_t number_at(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = at; i < at + 4; ++i) {
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return value;
}

// A command and the steps that leave it, or its answer, out (mfdef.h).
struct Step {
  char letter;
  std::uint32_t untold;
  std::uint32_t unanswered;
};
constexpr Step kConnect{'C', 0x001, 0x01000};
constexpr Step kHelo{'H', 0x002, 0x02000};
constexpr Step kMail{'M', 0x004, 0x04000};
constexpr Step kRcpt{'R', 0x008, 0x08000};
constexpr Step kData{'T', 0x200, 0x10000};
constexpr Step kHeader{'L', 0x020, 0x00080};
constexpr Step kEndOfHeader{'N', 0x040, 0x40000};
constexpr Step kBody{'B', 0x010, 0x80000};
constexpr Step kEndOfMessage{'E', 0, 0};

// A session with one message after the other, each asked about to its end or to its refusal.
class MilterDialogue final : public Dialogue {
 public:
  MilterDialogue(Next next, Tally& tally, std::uint64_t per_connection)
      : next_(std::move(next)), tally_(tally), left_(per_connection) {}

  void begin(std::string& out) override {
    out += milter_negotiation(kVersion, MilterClient::kAllActions, MilterClient::kAllSteps);
  }

  std::size_t hear(std::string_view in, std::string& out) override {
    std::size_t taken = 0;
    while (in.size() - taken >= kLengthBytes) {
      const std::size_t size = number_at(in, taken);
      if (in.size() - taken < kLengthBytes + size || size == 0) break;
      hear_packet(in[taken + kLengthBytes], in.substr(taken + kLengthBytes + 1, size - 1), out);
      taken += kLengthBytes + size;
    }
    return taken;
  }

  [[nodiscard]] bool is_over() const override { return over_; }
  [[nodiscard]] std::uint64_t open() const override { return in_message_ ? 1 : 0; }

 private:
  struct Command {
    Step step;
    std::string payload;
  };

  void hear_packet(char letter, std::string_view payload, std::string& out) {
    if (letter == 'O') {
      if (payload.size() >= 12) steps_ = number_at(payload, 8);
      next_message(out, Session::fresh);
      return;
    }
    if (std::string_view("hiqm+-2bep").find(letter) != std::string_view::npos) return;
    if (!in_message_) return go_on(out);
    if (letter == 'c' && !commands_.empty()) return go_on(out);
    finish_message(letter, payload, out);
  }

  void finish_message(char letter, std::string_view payload, std::string& out) {
    std::string reply;
    if (letter == 'y') {
      reply = payload.substr(0, payload.find('\0'));
    } else if (letter != 'c' && letter != 'a') {
      reply = std::string("the packet ") + letter;
    }
    tally_.count(question_, reply, began_);
    in_message_ = false;
    if (!commands_.empty()) out += milter_frame('A');
    commands_.clear();
    next_message(out, Session::old);
  }

  enum class Session { fresh, old };
  void next_message(std::string& out, Session session) {
    if (left_ == 0 || !next_(question_)) {
      out += milter_frame('Q');
      over_ = true;
      return;
    }
    --left_;
    ++tally_.asked;
    in_message_ = true;
    began_ = Clock::now();
    if (session == Session::fresh) {
      add(kConnect, milter_client_address("unknown", question_.client));
      add(kHelo, milter_strings({"client.example"}));
    }
    add(kMail, milter_strings({"<" + question_.sender + ">"}));
    add(kRcpt, milter_strings({"<" + question_.recipient + ">"}));
    add(kData, {});
    add(kHeader, milter_strings({"Subject", "hello"}));
    add(kHeader, milter_strings({"From", "<" + question_.sender + ">"}));
    add(kEndOfHeader, {});
    add(kBody, "hello\r\n");
    add(kEndOfMessage, {});
    std::reverse(commands_.begin(), commands_.end());
    go_on(out);
  }

  void add(const Step& step, std::string payload) {
    if ((steps_ & step.untold) == 0) commands_.push_back({step, std::move(payload)});
  }

  // Up to the next command that is answered.
  void go_on(std::string& out) {
    while (!commands_.empty()) {
      const Command command = std::move(commands_.back());
      commands_.pop_back();
      out += milter_frame(command.step.letter, command.payload);
      if ((steps_ & command.step.unanswered) == 0) return;
    }
  }

  const Next next_;
  Tally& tally_;
  std::uint64_t left_;
  std::uint32_t steps_ = 0;
  std::vector<Command> commands_;  // the next one last
  Question question_;
  Clock::time_point began_;
  bool in_message_ = false;
  bool over_ = false;
};

}  // namespace

std::unique_ptr<Dialogue> milter_dialogue(Dialogue::Next next, Tally& tally,
                                          std::uint64_t per_connection) {
  return std::make_unique<MilterDialogue>(std::move(next), tally, per_connection);
}

}  // namespace postern
