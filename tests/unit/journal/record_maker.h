// Records made up from a seed, of any bytes and all that can be said, for tests that write them and
// read them back.
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "rules/journal/record.h"

namespace postern::journal {

class RecordMaker {
 public:
  explicit RecordMaker(std::uint32_t seed) : random_(seed) {}

  JournalRecord next() {
    JournalRecord record;
    record.time = JournalTime(std::chrono::microseconds(1795871642118000 + below(1000000)));
    record.door = one_of(Door::policy, Door::milter);
    record.judged = one_of(Judged::deciding, Judged::noting, Judged::again);
    record.local_parts = one_of(LocalParts::keep, LocalParts::hash, LocalParts::drop);
    fill(record.transaction);
    for (std::size_t i = below(3); i > 0; --i) record.recipients.each.push_back(address());
    record.recipients.put_aside = one_of(PutAside::no, PutAside::yes);
    record.recipients.mixed = one_of(MixedRecipients::split, MixedRecipients::mildest);
    if (record.transaction.header) record.header_names = texts();
    fill(record.verdict);
    for (std::size_t i = below(4); i > 0; --i) record.dns.push_back(evidence());
    for (std::size_t i = below(3); i > 0; --i) record.state.push_back({state_key(), state_fact()});
    for (std::size_t i = below(3); i > 0; --i) record.effects.push_back(effect());
    record.took = std::chrono::microseconds(below(100000));
    return record;
  }

  // Bytes of every kind: plain ones, quotes and escapes, controls, UTF-8, and what is none.
  std::string text() {
    static const std::vector<std::string> kPieces = {"a",
                                                     "example.org",
                                                     " ",
                                                     "\"",
                                                     "\\",
                                                     "\\x41",
                                                     "\\x4",
                                                     "x41",
                                                     "\n",
                                                     "\x01",
                                                     "\xff",
                                                     "\xc3\xa4",
                                                     "\xc3",
                                                     "\xe2\x80\xae",
                                                     "\xed",
                                                     "=",
                                                     " rule=x ",
                                                     "\xf0\x9f\x98",
                                                     "\xf0\x9f\x98\x80",
                                                     "@",
                                                     "...",
                                                     ":",
                                                     "%",
                                                     "!",
                                                     std::string(1, '\0')};
    std::string made;
    for (std::size_t i = below(6); i > 0; --i) made += kPieces[below(kPieces.size())];
    return made;
  }

  std::size_t below(std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_);
  }

 private:
  template <class Value, class... Others>
  Value one_of(Value first, Others... others) {
    const Value all[] = {first, others...};
    return all[below(sizeof...(others) + 1)];
  }
  bool maybe() { return below(2) == 0; }

  StateKey state_key() {
    return {one_of(StateKind::greylist, StateKind::rate, StateKind::distinct, StateKind::seen),
            text(), texts()};
  }
  StateFact state_fact() {
    using Status = StateFact::Status;
    using Done = StateFact::Done;
    StateFact fact;
    fact.status = one_of(Status::found, Status::absent, Status::unavailable);
    fact.done = one_of(Done::nothing, Done::for_others, Done::all);
    fact.record = {std::chrono::milliseconds(below(kLong)), std::chrono::milliseconds(below(kLong)),
                   maybe(), static_cast<std::uint32_t>(below(250)),
                   std::chrono::microseconds(below(kLong))};
    return fact;
  }
  Effect effect() {
    Effect made;
    made.key = state_key();
    switch (below(4)) {
      case 0:
        made.what = Touch{};
        break;
      case 1:
        made.what = Mark{};
        break;
      case 2:
        made.what =
            Take{static_cast<std::uint32_t>(below(9)), std::chrono::microseconds(below(kLong))};
        break;
      default:
        made.what =
            Add{text(), std::chrono::seconds(below(kLong)), static_cast<std::uint32_t>(below(9))};
    }
    made.keep = std::chrono::seconds(below(kLong));
    made.when = one_of(Effect::When::always, Effect::When::on_pass);
    made.per = one_of(Effect::Per::message, Effect::Per::recipient);
    return made;
  }
  static constexpr std::size_t kLong = std::size_t{1} << 40;

  std::vector<std::string> texts() {
    std::vector<std::string> made;
    for (std::size_t i = below(3); i > 0; --i) made.push_back(text());
    return made;
  }

  MailAddress address() {
    MailAddress made;
    switch (below(4)) {
      case 0:
        made = MailAddress::from_envelope(text());
        break;
      case 1:
        made = MailAddress::from_envelope(text() + "@Example.ORG");
        break;
      case 2:
        made = MailAddress::from_parts(text(), std::nullopt);
        break;
      default:
        made = MailAddress::from_envelope("<\"" + text() + "\"@[IPv6:2001:db8::1]>");
    }
    if (below(4) == 0) made.set_given(text());
    return made;
  }

  IpAddress ip() { return IpAddress::parse(maybe() ? "192.0.2.7" : "2001:db8::7").value(); }

  void fill(MessageHeader& header) {
    for (std::size_t i = below(3); i > 0; --i) header.fields.push_back({text(), text()});
    for (std::size_t i = below(3); i > 0; --i) header.from.push_back(address());
    for (std::size_t i = below(3); i > 0; --i) header.cut.push_back({text(), below(9), below(9)});
  }

  void fill(Transaction& t) {
    t.stage = kStages[below(kStages.size())];
    if (maybe()) t.client = ip();
    if (maybe()) t.sender = address();
    if (maybe()) t.recipient = address();
    t.recipient_state = one_of(RecipientState::accepted, RecipientState::refused);
    t.recipient_count = below(3);
    t.tls = one_of(TlsState::unknown, TlsState::plain, TlsState::encrypted);
    if (maybe()) fill(t.header.emplace());
    for (std::string* one : {&t.client_name, &t.reverse_client_name, &t.helo, &t.sasl_username,
                             &t.queue_id, &t.instance, &t.token}) {
      *one = text();
    }
  }

  void fill(RecordedVerdict& v) {
    v.action = one_of(Disposition::pass, Disposition::hold, Disposition::redirect,
                      Disposition::defer, Disposition::reject, Disposition::discard);
    for (std::string* one : {&v.reply, &v.text, &v.redirect, &v.token, &v.rule, &v.check,
                             &v.finding, &v.detail, &v.entry.list, &v.entry.entry, &v.entry.reason,
                             &v.entry.file, &v.pending_rule, &v.cut_short}) {
      *one = text();
    }
    if (!v.entry.file.empty()) v.entry.line = static_cast<int>(below(100));
    v.delay = std::chrono::milliseconds(below(3));
    v.copies = texts();
    v.also = texts();
    for (std::size_t i = below(3); i > 0; --i) v.prepend.push_back({text(), text()});
    for (std::size_t i = below(3); i > 0; --i) {
      v.would.push_back({text(), static_cast<ActionKind>(below(kActionKinds))});
      v.found.push_back({text(), text(), text(), text(), maybe()});
    }
    v.generation = below(1000);
    if (maybe()) v.softened_from = one_of(Disposition::reject, Disposition::discard);
    if (maybe()) v.mixed_recipients = one_of(MixedRecipients::split, MixedRecipients::mildest);
  }

  DnsEvidence evidence() {
    using dns::DnsType;
    DnsEvidence made;
    made.question.name = dns::DnsName::parse(one_of("mx.example.org", "b\xc3\xbc.example",
                                                    "25/1.2.0.192.in-addr.arpa", "a\\000\\032b"))
                             .value();
    made.question.type = one_of(DnsType::a, DnsType::ns, DnsType::cname, DnsType::soa, DnsType::ptr,
                                DnsType::mx, DnsType::txt, DnsType::aaaa);
    made.fact.age = std::chrono::seconds(below(3));
    made.fact.source = dns::kDnsSources[below(std::size(dns::kDnsSources))].value;
    if (below(8) == 0) return made;
    dns::DnsAnswer answer;
    answer.status = dns::kDnsStatuses[below(std::size(dns::kDnsStatuses))].value;
    answer.reason = dns::kDnsReasons[below(std::size(dns::kDnsReasons))].value;
    answer.ttl = dns::DnsTtl(static_cast<std::uint32_t>(below(3)));
    answer.server = text();
    for (std::size_t i = below(3); i > 0; --i) add_record(made.question.type, answer.records);
    made.fact.answer = std::make_shared<const dns::DnsAnswer>(std::move(answer));
    return made;
  }

  void add_record(dns::DnsType type, dns::DnsRecords& records) {
    switch (type) {
      case dns::DnsType::mx:
        records.add_mx(static_cast<std::uint16_t>(below(65536)), maybe() ? "" : "mx.example.org");
        return;
      case dns::DnsType::a:
      case dns::DnsType::aaaa:
        records.add_address(ip());
        return;
      case dns::DnsType::txt:
        records.add_text(text());
        return;
      default:
        records.add_name(maybe() ? "host.example" : "\\000.example");
    }
  }

  std::mt19937 random_;
};

}  // namespace postern::journal
