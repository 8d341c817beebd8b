// A policy request read in one piece, read in pieces from buffers that move, and read with more
// behind it is the same request; what is complete becomes a transaction and a one-line reply.
#include <algorithm>
#include <string>
#include <vector>

#include "policyd/adapter.h"
#include "policyd/reply.h"
#include "policyd/request.h"
#include "tests/fuzz/require.h"

namespace postern {
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

void check_transaction(const policyd::PolicyRequest& request) {
  const auto stage = policyd::stage_of(request.protocol_state);
  if (!stage) return;
  Transaction transaction;
  policyd::fill_transaction(request, *stage, transaction);
  require(transaction.sender.has_value() == (*stage >= Stage::mail));
  require(!transaction.recipient || *stage >= Stage::rcpt);
  Verdict verdict;
  const Header header{transaction.helo, transaction.client_name};
  std::string reply;
  policyd::write_reply(verdict, &header, reply);
  require(reply.find('\n') == reply.size() - 2);
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
  if (state == State::complete) check_transaction(whole.request());
}

}  // namespace
}  // namespace postern

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  postern::check(postern::as_text(data + 1, size - 1), std::size_t{data[0]} % 64 + 1);
  return 0;
}
