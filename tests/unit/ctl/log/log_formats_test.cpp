// The line of a decision says the same as text and as JSON, whatever is in it.
#include <gtest/gtest.h>

#include <random>

#include "ctl/log/log_line.h"
#include "rules/explain/decision_line.h"

namespace postern::ctl::log_formats_test {
namespace {

class AnyDecision {
 public:
  explicit AnyDecision(unsigned seed) : random_(seed) { fill(); }

  [[nodiscard]] explain::DecisionRecord record() const {
    return {.door = "milter",
            .transaction = transaction_,
            .verdict = verdict_,
            .evidence = evidence_,
            .reply = reply_,
            .took = std::chrono::microseconds{4711},
            .sampled = sampled_};
  }

 private:
  bool often() { return random_() % 4 != 0; }

  // Of all bytes, with what means something to one of the forms more often; sometimes too long.
  std::string text() {
    static constexpr std::string_view kSpecial = "\\\"x0a {}[]:,=. ...\n\r\t\x1b\x7f";
    static constexpr std::string_view kWords[] = {
        " rule=", "\xc3\xa4", "\xe2\x80\xa8", "\xc2\x85", "\",\"rule\":\"", "\\x0a", "\\u0041"};
    std::string out;
    const std::size_t length = random_() % 50 == 0 ? 2000 : random_() % 40;
    while (out.size() < length) {
      switch (random_() % 4) {
        case 0:
          out += static_cast<char>(random_());
          break;
        case 1:
          out += kSpecial[random_() % kSpecial.size()];
          break;
        case 2:
          out += kWords[random_() % std::size(kWords)];
          break;
        default:
          out += static_cast<char>('a' + random_() % 26);
      }
    }
    return out;
  }

  std::string some_text() { return often() ? text() : std::string(); }

  void fill() {
    for (std::string& one : texts_) one = some_text();
    verdict_.action = static_cast<Disposition>(random_() % 5);
    verdict_.rule = texts_[0];
    verdict_.check = texts_[1];
    verdict_.finding = texts_[2];
    verdict_.detail = some_text();
    verdict_.entry = {texts_[3], some_text(), texts_[4], texts_[5],
                      static_cast<int>(random_() % 9)};
    if (often()) verdict_.also = {texts_[6], "tagged"};
    if (often()) verdict_.would = {{texts_[7], ActionKind::reject}};
    if (often()) verdict_.prepend = {{some_text(), some_text()}};
    verdict_.pending_rule = texts_[8];
    verdict_.delay = std::chrono::milliseconds{random_() % 3};
    verdict_.generation = random_();
    fill_transaction();
    evidence_.push_back(
        {{*DomainName::parse("a.example"), dns::DnsType::mx},
         {std::make_shared<const dns::DnsAnswer>(dns::temporary_failure(dns::DnsReason::timeout)),
          {},
          dns::DnsFact::Source::asked}});
    reply_ = text();
    sampled_ = random_() % 2 == 0 ? 100 : 1;
  }

  void fill_transaction() {
    transaction_.stage = static_cast<Stage>(random_() % 6);
    if (often()) transaction_.client = IpAddress::from_v4(static_cast<std::uint32_t>(random_()));
    transaction_.client_name = some_text();
    transaction_.reverse_client_name = some_text();
    transaction_.helo = some_text();
    if (often()) transaction_.sender = MailAddress::from_envelope(text() + "@a.example");
    if (often()) transaction_.recipient = MailAddress::from_envelope(text());
    transaction_.recipient_count = random_() % 3;
    transaction_.sasl_username = some_text();
    transaction_.queue_id = some_text();
    transaction_.instance = some_text();
  }

  std::mt19937 random_;
  std::string texts_[9];
  std::string reply_;
  std::uint32_t sampled_ = 1;
  Transaction transaction_;
  Verdict verdict_;
  std::vector<DnsEvidence> evidence_;
};

using Texts = std::map<std::string, std::string>;

Texts texts_in(const std::string& line) {
  const auto fields = read_log_line(line);
  if (!fields) throw std::runtime_error(fields.error().text + ": " + line);
  Texts texts;
  for (const auto& [key, value] : *fields) texts[key] = value.text;
  return texts;
}

std::string object_of(const explain::DecisionRecord& record) {
  return R"({"time":"2026-11-21T13:40:02.118+00:00","level":"info",)" +
         explain::decision_members(record) + "}";
}

TEST(LogFormats, SayTheSame) {
  for (unsigned seed = 0; seed < 3000; ++seed) {
    const AnyDecision decision(seed);
    const explain::DecisionRecord record = decision.record();
    const Texts text = texts_in(explain::decision_line(record));
    ASSERT_EQ(text, texts_in(object_of(record))) << "seed " << seed;
    ASSERT_GE(text.size(), 9U);
  }
}

TEST(LogFormats, AnObjectIsOneLineForEveryReader) {
  for (unsigned seed = 0; seed < 3000; ++seed) {
    const std::string line = object_of(AnyDecision(seed).record());
    for (const char byte : line) ASSERT_TRUE(static_cast<unsigned char>(byte) >= 0x20) << line;
    ASSERT_EQ(line.find("\xe2\x80\xa8"), std::string::npos) << line;
    // Twice only as the rule and inside `would`: a client cannot write a key.
    const std::size_t first = line.find(R"(,"rule":")");
    ASSERT_EQ(line.find(R"(,"rule":")", first + 1), std::string::npos) << line;
  }
}

}  // namespace
}  // namespace postern::ctl::log_formats_test
