// The members of a line that tell of a DNS fact, both ways: each function with a LineReader takes
// what that with a LineWriter has put there. Pure.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/whole_number.h"
#include "common/dns/dns.h"
#include "rules/journal/line_reader.h"
#include "rules/journal/line_writer.h"
#include "rules/model/facts.h"

namespace postern::journal {

inline constexpr std::array kDnsTypes = {dns::DnsType::a,   dns::DnsType::ns,  dns::DnsType::cname,
                                         dns::DnsType::soa, dns::DnsType::ptr, dns::DnsType::mx,
                                         dns::DnsType::txt, dns::DnsType::aaaa};

// `MX example.org`
inline void visit_question(LineWriter& io, const dns::DnsQuestion& question) {
  const std::string_view type = dns::to_string(question.type);
  const dns::DnsName visible = question.name.visible();
  const std::string_view name = visible.text();
  if (name.find('\\') == std::string_view::npos) return io.plain("q", {type, " ", name});
  io.text_always("q", std::string(type).append(" ").append(name));
}
inline void visit_question(LineReader& io, dns::DnsQuestion& question) {
  std::string text;
  io.text_always("q", text);
  const std::size_t blank = text.find(' ');
  const std::string_view type = std::string_view(text).substr(0, blank);
  const auto known = std::find_if(kDnsTypes.begin(), kDnsTypes.end(),
                                  [&](dns::DnsType one) { return dns::to_string(one) == type; });
  const auto name = dns::DnsName::parse(text.substr(std::min(blank, text.size() - 1) + 1));
  if (blank == std::string::npos || known == kDnsTypes.end() || !name) {
    return io.wrong_value("q", "a type of records and a name");
  }
  question = {*name, *known};
}

inline constexpr std::string_view kRoot = ".";  // an exchange that is no host (RFC 7505)

inline void visit_records(LineWriter& io, dns::DnsType /*type*/, const dns::DnsRecords& records) {
  io.texts_of("records", records.mx(), [](std::string& text, const dns::MxView& one) {
    text.append(std::to_string(one.preference)).append(" ");
    text.append(one.exchange.empty() ? kRoot : one.exchange);
  });
  io.texts_of("records", records.addresses(),
              [](std::string& text, const IpAddress& one) { text += one.to_string(); });
  io.texts_of("records", records.names(),
              [](std::string& text, std::string_view one) { text += one; });
  io.texts_of("records", records.texts(),
              [](std::string& text, const dns::TxtView& one) { text += one.text; });
}

inline bool add_mx(dns::DnsRecords& records, std::string_view text) {
  const std::size_t blank = std::min(text.find(' '), text.size());
  const auto preference = parse_whole<std::uint16_t>(text.substr(0, blank));
  const std::string_view exchange = text.substr(std::min(blank + 1, text.size()));
  if (!preference || exchange.empty()) return false;
  records.add_mx(*preference, exchange == kRoot ? std::string_view() : exchange);
  return true;
}
inline bool add_address(dns::DnsRecords& records, std::string_view text) {
  const auto address = IpAddress::parse(text);
  if (address) records.add_address(*address);
  return address.has_value();
}
inline bool add_record(dns::DnsRecords& records, dns::DnsType type, std::string_view text) {
  switch (type) {
    case dns::DnsType::mx:
      return add_mx(records, text);
    case dns::DnsType::a:
    case dns::DnsType::aaaa:
      return add_address(records, text);
    case dns::DnsType::txt:
      records.add_text(text);
      return true;
    default:
      records.add_name(text);
      return true;
  }
}
inline void visit_records(LineReader& io, dns::DnsType type, dns::DnsRecords& records) {
  io.each_text(
      "records",
      [&](const std::string& text) {
        if (!add_record(records, type, text)) {
          io.wrong_value("records", "records of the type that was asked for");
        }
      },
      dns::DnsAnswer::kMaxRecords);
}

inline void visit_server(LineWriter& io, const SharedText& server) {
  io.text("server", server);
}
inline void visit_server(LineReader& io, SharedText& server) {
  std::string text;
  io.text("server", text);
  server = text;
}

void visit_answer(auto& io, dns::DnsType type, auto& answer) {
  io.word("status", answer.status, dns::kDnsStatuses);
  io.unusual_word("reason", answer.reason, dns::kDnsReasons);
  io.number_or_none("ttl", answer.ttl);
  visit_server(io, answer.server);
  visit_records(io, type, answer.records);
}

inline void visit_fact(LineWriter& io, const DnsEvidence& evidence) {
  if (evidence.fact.answer) visit_answer(io, evidence.question.type, *evidence.fact.answer);
}
inline void visit_fact(LineReader& io, DnsEvidence& evidence) {
  if (!io.has("status")) return;
  dns::DnsAnswer answer;
  answer.reason = dns::DnsReason::answer;
  visit_answer(io, evidence.question.type, answer);
  evidence.fact.answer = std::make_shared<const dns::DnsAnswer>(std::move(answer));
}

inline void visit_evidence(auto& io, auto& evidence) {
  visit_question(io, evidence.question);
  visit_fact(io, evidence);
  io.number_or_none("age", evidence.fact.age);
  io.word("from", evidence.fact.source, dns::kDnsSources);
}

}  // namespace postern::journal
