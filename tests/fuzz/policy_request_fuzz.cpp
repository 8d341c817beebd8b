// A policy request read in one piece, read in pieces from buffers that move, and read with more
// behind it is the same request; all that a connection asks is answered, in one line each.
#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "policyd/dialogue.h"
#include "tests/fuzz/require.h"

namespace postern::policy_request_fuzz {
namespace {

using State = policyd::PolicyRequestReader::State;

constexpr policyd::PolicyRequestLimits kLimits{2048, 50};

void check_same(const policyd::PolicyRequestReader& one, const policyd::PolicyRequestReader& other,
                State state) {
  if (state == State::bad) {
    require(one.error() == other.error());
    return;
  }
  require(one.consumed() == other.consumed());
  require(one.request().sender == other.request().sender);
  require(one.request().instance == other.request().instance);
  require(one.request().encryption_protocol == other.request().encryption_protocol);
}

void check_transaction(const Transaction& transaction) {
  require(transaction.sender.has_value() == (transaction.stage >= Stage::mail));
  require(!transaction.recipient || transaction.stage >= Stage::rcpt);
}

// Another action each time; every text in it comes from the client.
Verdict verdict_about(const Transaction& transaction, std::size_t turn) {
  constexpr std::array kActions{Disposition::pass,   Disposition::pass,    Disposition::hold,
                                Disposition::reject, Disposition::discard, Disposition::pass};
  Verdict verdict;
  verdict.action = kActions[turn % kActions.size()];
  verdict.text = transaction.helo;
  verdict.reply = {550, {5, 7, 1}, transaction.client_name};
  verdict.redirect = "samples@cap.example";
  verdict.copies = {transaction.helo.empty() ? "copies@cap.example" : "others@cap.example"};
  verdict.prepend = {{transaction.helo, transaction.client_name}, {transaction.queue_id, "1"}};
  return verdict;
}

// All requests of the text on one connection, which get one line each.
void check_dialogue(std::string_view text) {
  const auto rules = std::make_shared<const Snapshot>();
  policyd::Dialogue dialogue([&] { return rules; });
  policyd::PolicyRequestReader reader(kLimits);
  std::size_t wanted = 0;
  for (std::size_t turn = 0; reader.read(text) == State::complete; ++turn) {
    if (dialogue.ask(reader.request()) == policyd::Dialogue::Step::need_verdict) {
      require(dialogue.rules() == rules);
      check_transaction(dialogue.transaction());
      Verdict verdict = verdict_about(dialogue.transaction(), turn);
      wanted += verdict.prepend.size() + verdict.copies.size();
      require("action=" + std::string(dialogue.answer(verdict)) + "\n\n" == dialogue.reply());
    }
    require(dialogue.reply().starts_with("action="));
    require(dialogue.reply().find('\n') == dialogue.reply().size() - 2);
    dialogue.replied();
    text.remove_prefix(reader.consumed());
    reader.reset(kLimits);
  }
  dialogue.end();
  require(dialogue.take_lost_additions().size() <= wanted);
  require(dialogue.take_lost_additions().empty());
}

void check(std::string_view text, std::size_t piece) {
  policyd::PolicyRequestReader whole(kLimits);
  const State state = whole.read(text);
  if (state == State::complete) {
    require(whole.consumed() <= text.size() && whole.consumed() <= kLimits.max_bytes);
    require(text.substr(0, whole.consumed()).ends_with("\n\n") || whole.consumed() == 1);
  }

  policyd::PolicyRequestReader pieces(kLimits);
  State now = State::incomplete;
  std::vector<char> buffer;
  for (std::size_t size = 0; now == State::incomplete && size < text.size();) {
    size = std::min(size + piece, text.size());
    buffer = std::vector<char>(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(size));
    now = pieces.read({buffer.data(), buffer.size()});
  }
  require(now == state);
  if (state == State::incomplete) return;
  check_same(whole, pieces, state);
  check_dialogue(text);
}

}  // namespace
}  // namespace postern::policy_request_fuzz

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  postern::policy_request_fuzz::check(postern::as_text(data + 1, size - 1),
                                      std::size_t{data[0]} % 64 + 1);
  return 0;
}
