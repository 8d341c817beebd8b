#include "tests/support/zone_reply.h"

#include <algorithm>
#include <set>

namespace postern {
namespace {

constexpr std::size_t kNameOfQuestion = 0xc000 | kDnsHeader;  // RFC 1035 4.1.4
constexpr int kFormerr = 1;
constexpr int kServfail = 2;
constexpr int kNxdomain = 3;
constexpr int kNotimp = 4;
constexpr int kRefused = 5;
constexpr auto kDname = static_cast<dns::DnsType>(39);  // RFC 6672

Bytes name_data(const std::string& name) {
  Bytes data;
  put_name(data, name);
  return data;
}

Bytes address_data(const IpAddress& address) {
  const auto& bytes = address.bytes();
  return {bytes.begin() + (address.is_v4() ? 12 : 0), bytes.end()};
}

// In strings of at most 255 octets (RFC 1035 3.3).
Bytes text_data(std::string_view text) {
  Bytes data;
  do {
    const std::string_view string = text.substr(0, 255);
    data.push_back(static_cast<std::uint8_t>(string.size()));
    data.insert(data.end(), string.begin(), string.end());
    text.remove_prefix(string.size());
  } while (!text.empty());
  return data;
}

void add_records(ZoneMessage& message, const std::string& owner, const ZoneNode& node,
                 dns::DnsType type) {
  if (type == dns::DnsType::mx) {
    for (const dns::MxRecord& record : node.mx) {
      Bytes data;
      put16(data, record.preference);
      put_name(data, record.exchange);
      message.add_answer(owner, type, node.ttl, data);
    }
  }
  if (type == dns::DnsType::a || type == dns::DnsType::aaaa) {
    for (const IpAddress& address : type == dns::DnsType::a ? node.a : node.aaaa) {
      message.add_answer(owner, type, node.ttl, address_data(address));
    }
  }
  if (type == dns::DnsType::ptr) {
    for (const auto& name : node.ptr) message.add_answer(owner, type, node.ttl, name_data(name));
  }
  if (type == dns::DnsType::txt) {
    for (const auto& text : node.txt) message.add_answer(owner, type, node.ttl, text_data(text));
  }
  if (type == dns::DnsType::cname && node.cname) {
    message.add_answer(owner, type, node.ttl, name_data(*node.cname));
  }
}

void deny(ZoneMessage& message, const ZoneMap& zone, const std::string& name) {
  const auto dot = name.find('.');
  const std::string apex = dot == std::string::npos ? name : name.substr(dot + 1);
  Bytes data = name_data("ns.invalid");
  put_name(data, "hostmaster.invalid");
  for (const std::uint32_t number : {1U, 3600U, 600U, 86400U, zone.negative_ttl()}) {
    put32(data, number);
  }
  message.add_authority(apex, dns::DnsType::soa, zone.negative_ttl(), data);
}

// A chain ends before a name with a fault, so that the fault is met when that name is asked for.
bool has_fault(const ZoneMap& zone, const std::string& name, dns::DnsType type) {
  const ZoneNode* const node = zone.find(name);
  const auto fault = node == nullptr ? std::nullopt : node->fault_of(type);
  return fault && fault->kind != FaultKind::no_soa;
}

// The answer as the zone has it, with the whole chain of CNAMEs unless that is forbidden.
void fill(ZoneMessage& message, const ZoneMap& zone, const ZoneQuery& query) {
  std::string name = query.name;
  std::set<std::string> seen;
  bool soa = true;
  while (seen.insert(name).second) {
    const ZoneNode* const node = zone.find(name);
    if (const auto redirected = zone.redirection(name)) {
      const ZoneNode& above = *zone.find(redirected->owner);
      message.add_answer(redirected->owner, kDname, above.ttl, name_data(*above.dname));
      message.add_answer(name, dns::DnsType::cname, above.ttl, name_data(redirected->target));
      name = redirected->target;
      continue;
    }
    if (node == nullptr) {
      if (!zone.exists(name)) message.set_rcode(kNxdomain);
      if (soa) deny(message, zone, name);
      return;
    }
    const auto fault = node->fault_of(query.type);
    if (fault && fault->kind == FaultKind::no_soa) soa = false;
    if (node->has(query.type)) return add_records(message, name, *node, query.type);
    if (!node->cname) {
      if (soa) deny(message, zone, name);
      return;
    }
    message.add_answer(name, dns::DnsType::cname, node->ttl, name_data(*node->cname));
    if (!node->chase || has_fault(zone, *node->cname, query.type)) return;
    name = *node->cname;
  }
}

Bytes answer_wire(const ZoneMap& zone, const ZoneQuery& query, Transport transport) {
  ZoneMessage message(query);
  fill(message, zone, query);
  Bytes wire = message.wire();
  if (transport == Transport::udp && wire.size() > query.payload) return message.truncated_wire();
  return wire;
}

Bytes rcode_wire(const ZoneQuery& query, int rcode) {
  ZoneMessage message(query);
  message.set_rcode(rcode);
  return message.wire();
}

Bytes formerr_without_opt(const ZoneQuery& query) {
  ZoneMessage message(query);
  message.set_rcode(kFormerr);
  message.leave_out_opt();
  return message.wire();
}

// At least one record, so that there is something to spoil.
Bytes some_answer(const ZoneMap& zone, const ZoneQuery& query) {
  ZoneMessage message(query);
  fill(message, zone, query);
  if (message.has_answers()) return message.wire();
  ZoneMessage made_up(query);
  made_up.add_answer(query.name, query.type, 300, Bytes(16, 1));
  return made_up.wire();
}

Bytes cut_wire(const ZoneMap& zone, ZoneQuery query) {
  query.edns = false;  // an OPT record at the end could be all that is lost
  Bytes wire = some_answer(zone, query);
  wire.resize(wire.size() - 3);
  return wire;
}

Bytes garbage_wire(const ZoneQuery& query) {
  ZoneMessage message(query);
  Bytes noise;
  for (unsigned byte = 0; byte < 60; ++byte) {
    noise.push_back(static_cast<std::uint8_t>(byte * 89 + 201));
  }
  message.add_raw_answer(noise);
  return message.wire();
}

Bytes compression_loop_wire(const ZoneQuery& query) {
  ZoneMessage message(query);
  Bytes record;
  put16(record, 0xc000 | (kDnsHeader + query.question.size()));
  put16(record, static_cast<std::size_t>(query.type));
  put16(record, 1);
  put32(record, 300);
  put16(record, 4);
  put32(record, 0xc6336401);
  message.add_raw_answer(record);
  return message.wire();
}

Bytes count_lies_wire(const ZoneQuery& query) {
  ZoneMessage message(query);
  message.add_answer(query.name, query.type, 300, Bytes{192, 0, 2, 1});
  message.lie_about_count();
  message.leave_out_opt();
  return message.wire();
}

Bytes not_counted_wire(const ZoneMap& zone, const ZoneQuery& query) {
  Bytes wire = some_answer(zone, query);
  wire[6] = wire[7] = 0;  // ANCOUNT
  return wire;
}

Bytes trailing_wire(const ZoneMap& zone, const ZoneQuery& query, Transport transport) {
  Bytes wire = answer_wire(zone, query, transport);
  wire.insert(wire.end(), {0, 0, 0});
  return wire;
}

Bytes cname_loop_wire(const ZoneQuery& query) {
  ZoneMessage message(query);
  message.add_answer(query.name, dns::DnsType::cname, 300, name_data(query.name));
  return message.wire();
}

Bytes referral_wire(const ZoneQuery& query) {
  ZoneMessage message(query);
  message.offer_no_recursion();
  message.add_authority("invalid", dns::DnsType::ns, 300, name_data("ns.invalid"));
  message.add_authority("invalid", dns::DnsType::ns, 300, name_data("ns2.invalid"));
  return message.wire();
}

Bytes wrong_id_wire(const ZoneMap& zone, const ZoneQuery& query, Transport transport) {
  Bytes wire = answer_wire(zone, query, transport);
  wire[0] = static_cast<std::uint8_t>(wire[0] ^ 0x55);
  return wire;
}

Bytes wrong_question_wire(const ZoneMap& zone, const ZoneQuery& query, Transport transport) {
  Bytes wire = answer_wire(zone, query, transport);
  auto& letter = wire[kDnsHeader + 1];
  letter = letter == 'q' ? 'z' : 'q';
  return wire;
}

// What a cache may not be made to believe.
Bytes stray_records_wire(const ZoneMap& zone, const ZoneQuery& query) {
  ZoneMessage message(query);
  fill(message, zone, query);
  for (const char* const stray : {"victim.example", "mail.victim.example"}) {
    message.add_answer(stray, dns::DnsType::a, 86400, Bytes{203, 0, 113, 66});
    message.add_authority(stray, dns::DnsType::ns, 86400, name_data("ns.evil.example"));
  }
  return message.wire();
}

Bytes many_mx_wire(const ZoneMap& zone, const ZoneQuery& query, Transport transport, int count) {
  if (query.type != dns::DnsType::mx) return answer_wire(zone, query, transport);
  ZoneMessage message(query);
  fill(message, zone, query);
  for (int i = 0; i < count; ++i) {
    const std::string label = "m" + std::to_string(i);
    Bytes record;
    put16(record, kNameOfQuestion);
    put16(record, static_cast<std::size_t>(query.type));
    put16(record, 1);
    put32(record, 300);
    put16(record, 2 + 1 + label.size() + 2);
    put16(record, 1000 + static_cast<std::size_t>(i));
    record.push_back(static_cast<std::uint8_t>(label.size()));
    record.insert(record.end(), label.begin(), label.end());
    put16(record, kNameOfQuestion);
    message.add_raw_answer(record);
  }
  Bytes wire = message.wire();
  if (transport == Transport::udp && wire.size() > query.payload) return message.truncated_wire();
  return wire;
}

ZoneQuery in_lower_case(ZoneQuery query) {
  for (std::size_t at = 0; at + 4 < query.question.size(); ++at) {
    auto& octet = query.question[at];
    if (octet >= 'A' && octet <= 'Z') octet = static_cast<std::uint8_t>(octet + 32);
  }
  return query;
}

// Says that nothing of the kind is there.
Bytes denying_wire(const ZoneMap& zone, const ZoneQuery& query) {
  ZoneMessage message(query);
  message.set_rcode(kNxdomain);
  deny(message, zone, query.name);
  return message.wire();
}

Bytes truncated_wire(const ZoneQuery& query) {
  return ZoneMessage(query).truncated_wire();
}

ZoneReply with_fault(const ZoneMap& zone, const ZoneQuery& query, Transport transport,
                     int asked_before, const ZoneFault& fault) {
  const auto send = [](Bytes wire) {
    return ZoneReply{ZoneReply::Kind::send, std::move(wire), {}};
  };
  const bool udp = transport == Transport::udp;
  switch (fault.kind) {
    case FaultKind::servfail:
      return send(rcode_wire(query, kServfail));
    case FaultKind::refused:
      return send(rcode_wire(query, kRefused));
    case FaultKind::formerr:
      return send(rcode_wire(query, kFormerr));
    case FaultKind::notimp:
      return send(rcode_wire(query, kNotimp));
    case FaultKind::nxdomain:
      return send(denying_wire(zone, query));
    case FaultKind::timeout:
      return {};
    case FaultKind::truncate:
      return send(udp ? truncated_wire(query) : answer_wire(zone, query, transport));
    case FaultKind::truncate_no_tcp:
      return udp ? send(truncated_wire(query)) : ZoneReply{};
    case FaultKind::tcp_stall:
      return udp ? send(truncated_wire(query)) : ZoneReply{ZoneReply::Kind::stall, {}, {}};
    case FaultKind::tcp_reset:
      return udp ? send(truncated_wire(query)) : ZoneReply{ZoneReply::Kind::reset, {}, {}};
    case FaultKind::wrong_id:
      return send(wrong_id_wire(zone, query, transport));
    case FaultKind::wrong_question:
      return send(wrong_question_wire(zone, query, transport));
    case FaultKind::wrong_port:
      return {ZoneReply::Kind::send_from_other_port, answer_wire(zone, query, transport), {}};
    case FaultKind::cut:
      return send(cut_wire(zone, query));
    case FaultKind::garbage:
      return send(garbage_wire(query));
    case FaultKind::empty:
      return send({});
    case FaultKind::compression_loop:
      return send(compression_loop_wire(query));
    case FaultKind::cname_loop:
      return send(cname_loop_wire(query));
    case FaultKind::count_lies:
      return send(count_lies_wire(query));
    case FaultKind::not_counted:
      return send(not_counted_wire(zone, query));
    case FaultKind::trailing:
      return send(trailing_wire(zone, query, transport));
    case FaultKind::referral:
      return send(referral_wire(query));
    case FaultKind::no_soa:
      return send(answer_wire(zone, query, transport));
    case FaultKind::formerr_on_edns:
      return send(query.edns ? formerr_without_opt(query) : answer_wire(zone, query, transport));
    case FaultKind::stray_records:
      return send(stray_records_wire(zone, query));
    case FaultKind::lower_case:
      return send(answer_wire(zone, in_lower_case(query), transport));
    case FaultKind::lower_case_no_tcp:
      return udp ? send(answer_wire(zone, in_lower_case(query), transport)) : ZoneReply{};
    case FaultKind::forged:
      return send(udp ? denying_wire(zone, in_lower_case(query))
                      : answer_wire(zone, query, transport));
    case FaultKind::lower_only:
    case FaultKind::lower_only_silent:
      if (in_lower_case(query).question == query.question) {
        return send(answer_wire(zone, query, transport));
      }
      return fault.kind == FaultKind::lower_only ? send(denying_wire(zone, query)) : ZoneReply{};
    case FaultKind::flapping:
      return asked_before % 2 == 0 ? ZoneReply{} : send(answer_wire(zone, query, transport));
    case FaultKind::many_mx:
      return send(many_mx_wire(zone, query, transport, fault.count));
    case FaultKind::fail_first:
      return send(asked_before < fault.count ? rcode_wire(query, kServfail)
                                             : answer_wire(zone, query, transport));
    case FaultKind::drop_first:
      return asked_before < fault.count ? ZoneReply{} : send(answer_wire(zone, query, transport));
  }
  return {};
}

}  // namespace

ZoneReply reply_to(const ZoneMap& zone, const ZoneQuery& query, Transport transport,
                   int asked_before) {
  const ZoneNode* const node = zone.find(query.name);
  const auto fault = node == nullptr ? std::nullopt : node->fault_of(query.type);
  ZoneReply reply;
  if (fault) {
    reply = with_fault(zone, query, transport, asked_before, *fault);
  } else {
    reply.kind = ZoneReply::Kind::send;
    reply.wire = answer_wire(zone, query, transport);
  }
  if (node != nullptr) reply.delay = node->delay;
  return reply;
}

}  // namespace postern
