// Bytes as what an MTA tells, in any order: what is remembered is bounded, what is decided about it
// has an answer that libmilter takes.
#include <algorithm>
#include <map>
#include <memory>
#include <string>

#include "milter/end_of_message_actions.h"
#include "milter/reply.h"
#include "milter/session_state.h"
#include "rules/decision.h"
#include "rules/load/rule_file.h"
#include "tests/fuzz/require.h"

namespace postern {
namespace {

constexpr std::string_view kRules = R"(
version: 1
rules:
  - { name: client, when: { client_name: bad.example },
      then: 'defer 450 4.7.1 "not you, {client}"' }
  - { name: tagged, when: { sender_domain: tag.example },
      then: { prepend: 'X-Tag: {sender_domain}' } }
  - { name: plain, when: { tls: no, sender: plain@ },
      then: 'reject 530 5.7.0 "100% {sender_domain}"' }
  - { name: trap, when: { recipient: trap@ }, then: 'reject 550 5.1.1 "trap"' }
  - { name: words, when: { header.subject: '~b[aä]d' },
      then: 'reject 554 5.7.1 "{sender_domain}"' }
  - { name: list, when: { header.list-id: '~.', recipient_domain: d.example }, then: hold }
  - { name: forged, when: { header.from_differs: domain }, then: 'hold "forged {sender_domain}"' }
  - { name: from, when: { header.from_domain: bad.example }, then: discard }
)";

std::shared_ptr<const Snapshot> rules() {
  Diagnostics diagnostics;
  auto snapshot = load::load_rules(
      kRules, "rules", [](const std::string&) { return failure("no lists"); }, 1, {}, diagnostics);
  require(snapshot != nullptr);
  return snapshot;
}

bool is_line(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

void check_reply(const Verdict& verdict) {
  const milter::MilterReply reply = milter::reply_for(verdict);
  require(is_line(reply.code + reply.enhanced + reply.text));
  require(reply.text.size() <= SmtpReply::kMaxText);
  require(milter::as_format(reply.text).size() <= 2 * SmtpReply::kMaxText);
  const bool rejects = reply.status == milter::MilterReply::Status::reject;
  const bool refuses = rejects || reply.status == milter::MilterReply::Status::tempfail;
  require(refuses == !reply.code.empty());
  if (!refuses) return;
  const char wanted = rejects ? '5' : '4';
  require(reply.code.size() == 3 && reply.code[0] == wanted && reply.enhanced[0] == wanted);
}

void check_actions(const milter::EndOfMessageActions& actions) {
  require(actions.headers().size() <= 100);
  for (const Header& header : actions.headers()) {
    require(is_line(header.name) && is_line(header.value));
    require(header.value.size() <= kMaxHeaderValue);
  }
  if (!actions.hold_reason()) return;
  require(!actions.hold_reason()->empty() && is_line(*actions.hold_reason()));
}

// Takes the bytes apart.
class Input {
 public:
  explicit Input(std::string_view bytes) : bytes_(bytes) {}
  [[nodiscard]] bool is_over() const { return bytes_.empty(); }
  unsigned number() {
    if (bytes_.empty()) return 0;
    const auto byte = static_cast<unsigned char>(bytes_.front());
    bytes_.remove_prefix(1);
    return byte;
  }
  // Up to the end of the line.
  std::string_view text() {
    const std::string_view text = bytes_.substr(0, bytes_.find('\n'));
    bytes_.remove_prefix(std::min(bytes_.size(), text.size() + 1));
    return text;
  }

 private:
  std::string_view bytes_;
};

class Session {
 public:
  Session(const std::shared_ptr<const Snapshot>& rules, milter::SessionState::Tls tls)
      : rules_(rules) {
    state_.begin(tls, rules->needs().header_fields);
  }

  // Commands enough.
  [[nodiscard]] bool is_over() const { return steps_left_ <= 0; }

  // One command: a letter, and what it needs, a line each.
  void step(Input& input) {
    --steps_left_;
    switch (input.number()) {
      case 'C':
        connect(input);
        break;
      case 'H':
        state_.helo(input.text());
        break;
      case 'M': {
        const auto sender = input.text();
        const auto id = input.text();
        const auto user = input.text();
        state_.mail(sender, {id, user, input.text(), std::nullopt});
        actions_.clear();
        break;
      }
      case 'm': {
        const auto sender = input.text();
        state_.mail(sender, {.sender = input.text()});
        actions_.clear();
        break;
      }
      case 'q': {
        const auto recipient = input.text();
        rcpt(recipient, RecipientState::accepted, input.text());
        break;
      }
      case 'R':
        rcpt(input.text(), RecipientState::accepted);
        break;
      case 'r':
        rcpt(input.text(), RecipientState::refused);
        break;
      case '*':
        for (unsigned count = crowd(input.number()); count > 0; --count) many(count);
        break;
      case 'T':
        state_.data();
        break;
      case 'L': {
        const auto name = input.text();
        state_.header(name, input.text());
        break;
      }
      case 'E':
        state_.end_of_message();
        break;
      case 'I':
        state_.queue_id(input.text());
        break;
      case 'A':
        state_.end();
        actions_.clear();
        break;
      default:
        return;
    }
    decide();
    check_bounds();
  }

 private:
  static constexpr int kStepsInACrowd = 6;

  void connect(Input& input) {
    const auto name = input.text();
    const auto ptr = input.text();
    const auto client = IpAddress::parse(input.text());
    state_.connect(name, client ? std::optional(*client) : std::nullopt, ptr);
    actions_.clear();
  }

  void rcpt(std::string_view recipient, RecipientState state, MtaReading reading = std::nullopt) {
    state_.rcpt(recipient, state, reading);
    if (state != RecipientState::accepted) return;
    state_.recipient_taken(recipient_key(*rules_, state_.transaction(), {}));
  }

  // More than are remembered, but by one letter and near the end: each step behind it costs what a
  // hundred other inputs do.
  unsigned crowd(unsigned number) {
    if (number != 0xff || steps_left_ <= kStepsInACrowd) return number % 8;
    steps_left_ = kStepsInACrowd;
    return static_cast<unsigned>(milter::SessionState::kMaxRecipients) + 100;
  }

  void many(unsigned number) {
    rcpt("<" + std::to_string(number) + "@d.example>", RecipientState::accepted);
    state_.header("List-Id", std::to_string(number));
  }

  Verdict verdict() {
    Decision decision(rules_, state_.transaction(), nullptr, {});
    require(decision.step() == Decision::Step::done);
    return decision.verdict();
  }

  // For each recipient, as a session does it, if not for all of a thousand.
  void decide() {
    const std::size_t count = state_.recipients().size();
    const Stage stage = state_.transaction().stage;
    for (std::size_t i = 0; stage >= Stage::data && i < count && i < 10; ++i) {
      state_.look_at_recipient(i);
      const Verdict one = verdict();
      require(!is_milder(one, one));
      actions_.note_headers(one);
      check_reply(one);
    }
    const Verdict last = verdict();
    actions_.note(last);
    check_reply(last);
    check_actions(actions_);
  }

  void check_bounds() const {
    require(state_.recipients().size() <= milter::SessionState::kMaxRecipients);
    const Transaction& now = state_.transaction();
    require(now.recipient_count >= state_.recipients().size());
    require(now.client || (now.client_name.empty() && now.reverse_client_name.empty()));
    if (!now.header) return;
    const auto& wanted = rules_->needs().header_fields;
    std::map<std::string_view, std::size_t> bytes;
    for (const HeaderField& field : now.header->fields) {
      // An invalid byte becomes three, and every field counts for more than its text.
      require((bytes[field.name] += field.text.size()) <= 3 * milter::SessionState::kMaxFieldBytes);
      require(std::find(wanted.begin(), wanted.end(), field.name) != wanted.end());
    }
  }

  std::shared_ptr<const Snapshot> rules_;
  milter::SessionState state_;
  milter::EndOfMessageActions actions_;
  int steps_left_ = 200;
};

void check(std::string_view bytes) {
  static const auto the_rules = rules();
  Input input(bytes);
  const auto tls = input.number() % 2 == 0 ? milter::SessionState::Tls::told
                                           : milter::SessionState::Tls::not_told;
  Session session(the_rules, tls);
  while (!session.is_over() && !input.is_over()) session.step(input);
}

}  // namespace
}  // namespace postern

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  postern::check(postern::as_text(data, size));
  return 0;
}
