// Made-up rules, and a client that is patient: with `mixed_recipients: split` it delivers to each
// recipient, over its transactions, what this recipient would get alone.
#include <gtest/gtest.h>

#include <map>

#include "tests/scenarios/chance.h"
#include "tests/unit/milter/session_fixture.h"

namespace postern::milter::mixed_recipients_model_test {
namespace {

constexpr int kFiles = 1500;
constexpr int kMessagesEach = 6;

bool is_split(const MilterReply& reply) {
  return reply.refusal && reply.refusal->code == "452" && reply.refusal->enhanced == "4.5.3";
}

// What became of one transaction.
struct Transmission {
  // By recipient: `taken`, `held`, each with ` by another` where it is redirected, or what was
  // said.
  std::map<std::string, std::string> fates;
  Words again;         // to be sent in another one
  bool whole = false;  // refused, discarded or held as a whole before DATA
};

class Sender {
 public:
  Sender(SessionFixture& fixture, const Session& from) : fixture_(fixture), from_(from) {}

  Transmission send(const Message& message, const Words& recipients) {
    session_ = fixture_.open();
    Transmission sent;
    session_->connect("[x]", *IpAddress::parse(from_.client), "");
    session_->helo(from_.helo);
    const std::string at_mail =
        said(session_->mail("<" + message.sender + ">", {.texts = {message.user}}));
    if (at_mail != "-") return all(recipients, at_mail);
    Words taken;
    for (const std::string& recipient : recipients) {
      const MilterReply reply = session_->rcpt("<" + recipient + ">", RecipientState::accepted, "");
      if (reply.status == MilterReply::Status::discard) return all(recipients, "discard");
      if (reply.status == MilterReply::Status::proceed) {
        taken.push_back(recipient);
      } else if (is_split(reply)) {
        sent.again.push_back(recipient);
      } else {
        sent.fates[recipient] = said(reply);
      }
    }
    sent.whole = session_->dialogue().actions().hold_reason().has_value();
    if (taken.empty()) return sent;
    const std::string end = finish(message);
    for (const std::string& recipient : taken) sent.fates[recipient] = end + redirected(recipient);
    return sent;
  }

 private:
  static Transmission all(const Words& recipients, const std::string& fate) {
    Transmission sent;
    sent.whole = true;
    for (const std::string& recipient : recipients) sent.fates[recipient] = fate;
    return sent;
  }

  std::string finish(const Message& message) {
    if (const std::string at_data = said(session_->data("")); at_data != "-") return at_data;
    session_->header("From", message.from);
    session_->header("Subject", message.subject);
    const std::string at_end = said(session_->end_of_message(""));
    if (at_end != "-") return at_end;
    return session_->dialogue().actions().hold_reason() ? "held" : "taken";
  }

  std::string redirected(const std::string& recipient) const {
    const RecipientChanges& changes = session_->dialogue().actions().recipients();
    const Words removed = changes.removed();
    const bool is_gone =
        std::find(removed.begin(), removed.end(), "<" + recipient + ">") != removed.end();
    return is_gone ? " by another" : "";
  }

  SessionFixture& fixture_;
  const Session& from_;
  std::unique_ptr<MilterSession> session_;
};

bool comes_in(const std::string& fate) {
  return fate.starts_with("taken") || fate.starts_with("held");
}

bool is_redirected(const std::string& fate) {
  return fate.ends_with(" by another");
}

struct Count {
  int escaped = 0;    // it came in to somebody whose own verdict refuses it
  int different = 0;  // somebody got something else than alone, though it was nothing about all
  int deferred = 0;   // for another transaction
  int recipients = 0;
};

Count try_all(MixedRecipients mixed) {
  config::Settings settings;
  settings.milter.mixed_recipients = mixed;
  SessionFixture fixture("rules: []\n", settings, kZoneOfChance);
  Chance chance(20261129);
  Count count;
  std::uint64_t number = 1;
  for (int loaded = 0; loaded < kFiles;) {
    const std::string rules = chance.rule_file();
    Diagnostics ignored;
    auto snapshot = load::load_rules(rules, "r", reader_of({}), ++number, {}, ignored);
    if (!snapshot) continue;
    ++loaded;
    fixture.snapshots.replace(std::move(snapshot));
    for (int i = 0; i < kMessagesEach; ++i) {
      const Session session = chance.session();
      const Message& message = session.messages.front();
      std::set<std::string> names(message.recipients.begin(), message.recipients.end());
      Sender sender(fixture, session);
      Words left(names.begin(), names.end());
      for (std::size_t rounds = 0; !left.empty(); ++rounds) {
        EXPECT_LT(rounds, names.size()) << "no end of it: " << rules;
        if (rounds == names.size()) break;
        const Transmission sent = sender.send(message, left);
        for (const auto& [recipient, fate] : sent.fates) {
          const Transmission alone = sender.send(message, {recipient});
          const std::string& own = alone.fates.at(recipient);
          ++count.recipients;
          count.escaped += comes_in(fate) && !comes_in(own) ? 1 : 0;
          const bool alike = !comes_in(own) || is_redirected(fate) == is_redirected(own);
          const bool same =
              fate == own ||
              (sent.whole && (fate == "discard" || (fate.starts_with("held") && alike)));
          count.different += same ? 0 : 1;
          if (mixed == MixedRecipients::split) {
            EXPECT_TRUE(same) << recipient << " got " << fate << " and alone " << own << "\n"
                              << rules << "client " << session.client << " helo " << session.helo
                              << " sender " << message.sender << " subject " << message.subject
                              << " from " << message.from;
          }
        }
        count.deferred += static_cast<int>(sent.again.size());
        left = sent.again;
      }
      if (testing::Test::HasFailure()) return count;
    }
  }
  return count;
}

TEST(MixedRecipientsModel, SplitEachGetsWhatItWouldGetAlone) {
  const Count count = try_all(MixedRecipients::split);
  RecordProperty("recipients", count.recipients);
  RecordProperty("deferred", count.deferred);
  EXPECT_EQ(count.escaped, 0);
  EXPECT_EQ(count.different, 0);
  EXPECT_GT(count.deferred, 100) << "hardly tried";
}

// The same with the other setting: what is compared above does differ.
TEST(MixedRecipientsModel, WithTheMildestVerdictMessagesComePast) {
  const Count count = try_all(MixedRecipients::mildest);
  RecordProperty("recipients", count.recipients);
  RecordProperty("escaped", count.escaped);
  RecordProperty("different", count.different);
  EXPECT_GT(count.escaped, 40);
  EXPECT_GT(count.different, count.escaped);
  EXPECT_EQ(count.deferred, 0);
}

}  // namespace
}  // namespace postern::milter::mixed_recipients_model_test
