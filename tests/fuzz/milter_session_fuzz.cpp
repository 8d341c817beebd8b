// Bytes as what an MTA tells, in any order: what is remembered is bounded, what is decided about it
// has an answer that libmilter takes.
#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>

#include "milter/dialogue.h"
#include "rules/decision.h"
#include "rules/load/rule_file.h"
#include "tests/fuzz/require.h"

namespace postern::milter_session_fuzz {
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

void check_reply(const milter::MilterReply& reply) {
  const bool rejects = reply.status == milter::MilterReply::Status::reject;
  const bool refuses = rejects || reply.status == milter::MilterReply::Status::tempfail;
  require(refuses == reply.refusal.has_value());
  if (!refuses) return;
  const auto& [code, enhanced, text] = *reply.refusal;
  require(is_line(reply.refusal->to_string()));
  require(text.size() <= SmtpReply::kMaxText);
  require(milter::as_format(text).size() <= 2 * SmtpReply::kMaxText);
  const char wanted = rejects ? '5' : '4';
  require(code.size() == 3 && code[0] == wanted && enhanced[0] == wanted);
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

// What an MTA may be, by the bits of one byte.
enum : unsigned { kNoMacrosAsked = 1, kOverTcp = 2, kMildest = 4, kAtGreeting = 8, kOldMta = 64 };

class Session {
 public:
  Session(const std::shared_ptr<const Snapshot>& rules, unsigned bits) : dialogue_(rules) {
    config::MilterSettings settings;
    if ((bits & kMildest) != 0) settings.mixed_recipients = MixedRecipients::mildest;
    if ((bits & kAtGreeting) != 0) settings.refuse_clients = config::RefuseClients::at_greeting;
    milter::MilterOffer offer{SMFI_CURR_ACTS, SMFI_CURR_PROT};
    if ((bits & kOldMta) != 0) offer.steps = SMFI_V2_PROT;
    if ((bits & kNoMacrosAsked) != 0)
      offer.actions &= ~static_cast<unsigned long>(SMFIF_SETSYMLIST);
    const auto transport =
        (bits & kOverTcp) != 0 ? ListenAddress::Kind::tcp : ListenAddress::Kind::unix_socket;
    const auto negotiated =
        milter::negotiate(rules->needs(), settings.refuse_clients, transport, offer);
    require(negotiated.has_value());
    dialogue_.begin(*negotiated, rules, settings);
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
        answer(milter::Step::helo, dialogue_.helo(input.text()));
        break;
      case 'M': {
        const auto sender = input.text();
        const auto id = input.text();
        const auto user = input.text();
        answer(milter::Step::mail, dialogue_.mail(sender, {id, input.text(), {}, {user}}));
        break;
      }
      case 'm': {
        const auto sender = input.text();
        answer(milter::Step::mail, dialogue_.mail(sender, {.sender = input.text()}));
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
        answer(milter::Step::data, dialogue_.data(queue_id_));
        break;
      case 'L': {
        const auto name = input.text();
        check_answer(milter::Step::header, dialogue_.header(name, input.text()));
        break;
      }
      case 'E':
        answer(milter::Step::end_of_message, dialogue_.end_of_message(queue_id_));
        break;
      case 'I':
        queue_id_ = input.text();
        break;
      case 'X':
        check_lost(milter::Step::header, dialogue_.lose_step(milter::Step::header));
        break;
      case 'A':
        dialogue_.end_message();
        break;
      default:
        return;
    }
    check_actions(dialogue_.actions());
    check_bounds();
  }

 private:
  static constexpr int kStepsInACrowd = 6;

  void connect(Input& input) {
    const auto name = input.text();
    const auto ptr = input.text();
    const auto client = IpAddress::parse(input.text());
    answer(milter::Step::connect,
           dialogue_.connect(name, client ? std::optional(*client) : std::nullopt, ptr));
  }

  void rcpt(std::string_view recipient, RecipientState state, MtaReading reading = std::nullopt) {
    answer(milter::Step::rcpt, dialogue_.rcpt(recipient, state, queue_id_, reading, {}));
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
    dialogue_.header("List-Id", std::to_string(number));
  }

  void answer(milter::Step step, milter::Dialogue::Next next) {
    const auto [reply, decided] =
        dialogue_.settle(std::move(next), [this]() -> milter::Dialogue::Judgement {
          Decision decision(dialogue_.rules(), dialogue_.transaction(), nullptr, {});
          require(decision.step() == Decision::Step::done);
          require(!is_milder(decision.verdict(), decision.verdict()));
          return {decision.verdict()};
        });
    check_answer(step, reply);
    if (decided != nullptr) check_reply(milter::reply_for(decided->verdict));
  }

  // Where the MTA does not wait there is no answer; where it does, there is one.
  void check_answer(milter::Step step, const milter::MilterReply& reply) const {
    const bool is_answered = reply.status != milter::MilterReply::Status::unanswered;
    require(is_answered == dialogue_.agreed().waits_at(step));
    if (dialogue_.has_lost_a_step()) {
      require(!is_answered || reply.status == milter::MilterReply::Status::tempfail);
    } else if (is_answered) {
      check_reply(reply);
    }
  }

  // An MTA that waits is told at once, in its own words.
  void check_lost(milter::Step step, const milter::MilterReply& reply) const {
    if (!dialogue_.agreed().waits_at(step)) return check_answer(step, reply);
    require(reply.status == milter::MilterReply::Status::tempfail && !reply.refusal);
  }

  void check_bounds() const {
    const auto& recipients = dialogue_.state().recipients();
    require(recipients.size() <= milter::SessionState::kMaxRecipients);
    const Transaction& now = dialogue_.transaction();
    require(now.recipient_count >= recipients.size());
    require(now.client || (now.client_name.empty() && now.reverse_client_name.empty()));
    if (!now.header) return;
    const auto& wanted = dialogue_.rules()->needs().header_fields;
    std::map<std::string_view, std::size_t> bytes;
    for (const HeaderField& field : now.header->fields) {
      // An invalid byte becomes three, and every field counts for more than its text.
      require((bytes[field.name] += field.text.size()) <= 3 * milter::SessionState::kMaxFieldBytes);
      require(std::find(wanted.begin(), wanted.end(), field.name) != wanted.end());
    }
  }

  milter::Dialogue dialogue_;
  std::string queue_id_;
  int steps_left_ = 200;
};

void check(std::string_view bytes) {
  static const auto the_rules = rules();
  Input input(bytes);
  Session session(the_rules, input.number());
  while (!session.is_over() && !input.is_over()) session.step(input);
}

}  // namespace
}  // namespace postern::milter_session_fuzz

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  postern::milter_session_fuzz::check(postern::as_text(data, size));
  return 0;
}
