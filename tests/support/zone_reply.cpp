#include "tests/support/zone_reply.h"

#include <algorithm>
#include <set>

namespace postern {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t kHeader = 12;
constexpr std::size_t kNameOfQuestion = 0xc000 | kHeader;  // RFC 1035 4.1.4
constexpr int kFormerr = 1;
constexpr int kServfail = 2;
constexpr int kNxdomain = 3;
constexpr int kNotimp = 4;
constexpr int kRefused = 5;
constexpr std::uint16_t kOpt = 41;
constexpr auto kDname = static_cast<DnsType>(39);  // RFC 6672

void put16(Bytes& out, std::size_t value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8));
  out.push_back(static_cast<std::uint8_t>(value & 0xff));
}

void put32(Bytes& out, std::uint32_t value) {
  put16(out, value >> 16);
  put16(out, value & 0xffff);
}

// Presentation to wire: `\.` and `\DDD` as in RFC 1035 5.1. Labels are cut at 63 octets.
void put_name(Bytes& out, const std::string& name) {
  Bytes label;
  const auto flush = [&out, &label] {
    if (label.empty()) return;
    label.resize(std::min<std::size_t>(label.size(), 63));
    out.push_back(static_cast<std::uint8_t>(label.size()));
    out.insert(out.end(), label.begin(), label.end());
    label.clear();
  };
  for (std::size_t at = 0; at < name.size(); ++at) {
    if (name[at] == '.') {
      flush();
    } else if (name[at] == '\\' && at + 3 < name.size() && name[at + 1] >= '0' &&
               name[at + 1] <= '2') {
      label.push_back(static_cast<std::uint8_t>(std::stoi(name.substr(at + 1, 3))));
      at += 3;
    } else {
      if (name[at] == '\\' && at + 1 < name.size()) ++at;
      label.push_back(static_cast<std::uint8_t>(name[at]));
    }
  }
  flush();
  out.push_back(0);
}

std::uint16_t get16(std::span<const std::uint8_t> in, std::size_t at) {
  return static_cast<std::uint16_t>(in[at] << 8 | in[at + 1]);
}

// One message being written.
class Message {
 public:
  explicit Message(const ZoneQuery& query) : query_(query) {}

  void set_rcode(int rcode) { rcode_ = rcode; }
  void add_answer(const std::string& owner, DnsType type, std::uint32_t ttl, const Bytes& data) {
    put_record(answers_, owner, type, ttl, data);
    ++answer_count_;
  }
  void add_authority(const std::string& owner, DnsType type, std::uint32_t ttl, const Bytes& data) {
    put_record(authorities_, owner, type, ttl, data);
    ++authority_count_;
  }
  void add_raw_answer(const Bytes& record) {
    answers_.insert(answers_.end(), record.begin(), record.end());
    ++answer_count_;
  }
  void lie_about_count() { answer_count_ += 3; }
  void leave_out_opt() { opt_ = false; }
  void offer_no_recursion() { recursion_ = 0; }
  [[nodiscard]] bool has_answers() const { return answer_count_ > 0; }

  [[nodiscard]] Bytes wire() const {
    Bytes out = head(0, answer_count_, authority_count_);
    out.insert(out.end(), answers_.begin(), answers_.end());
    out.insert(out.end(), authorities_.begin(), authorities_.end());
    put_opt(out);
    return out;
  }
  [[nodiscard]] Bytes truncated_wire() const {
    Bytes out = head(0x02, 0, 0);
    put_opt(out);
    return out;
  }

 private:
  static void put_record(Bytes& out, const std::string& owner, DnsType type, std::uint32_t ttl,
                         const Bytes& data) {
    put_name(out, owner);
    put16(out, static_cast<std::size_t>(type));
    put16(out, 1);
    put32(out, ttl);
    put16(out, data.size());
    out.insert(out.end(), data.begin(), data.end());
  }
  [[nodiscard]] bool with_opt() const { return opt_ && query_.edns; }
  [[nodiscard]] Bytes head(int truncated, std::size_t answers, std::size_t authorities) const {
    Bytes out;
    put16(out, query_.id);
    out.push_back(static_cast<std::uint8_t>(0x80 | truncated | (query_.recursion_desired ? 1 : 0)));
    out.push_back(static_cast<std::uint8_t>(recursion_ | rcode_));
    put16(out, 1);
    put16(out, answers);
    put16(out, authorities);
    put16(out, with_opt() ? 1 : 0);
    out.insert(out.end(), query_.question.begin(), query_.question.end());
    return out;
  }
  void put_opt(Bytes& out) const {
    if (!with_opt()) return;
    out.push_back(0);
    put16(out, kOpt);
    put16(out, 1232);
    put32(out, 0);
    put16(out, 0);
  }

  const ZoneQuery& query_;
  int rcode_ = 0;
  bool opt_ = true;
  int recursion_ = 0x80;  // RA
  std::size_t answer_count_ = 0;
  std::size_t authority_count_ = 0;
  Bytes answers_;
  Bytes authorities_;
};

Bytes name_data(const std::string& name) {
  Bytes data;
  put_name(data, name);
  return data;
}

Bytes address_data(const IpAddress& address) {
  const auto& bytes = address.bytes();
  return {bytes.begin() + (address.is_v4() ? 12 : 0), bytes.end()};
}

void add_records(Message& message, const std::string& owner, const ZoneNode& node, DnsType type) {
  if (type == DnsType::mx) {
    for (const MxRecord& record : node.mx) {
      Bytes data;
      put16(data, record.preference);
      put_name(data, record.exchange);
      message.add_answer(owner, type, node.ttl, data);
    }
  }
  if (type == DnsType::a || type == DnsType::aaaa) {
    for (const IpAddress& address : type == DnsType::a ? node.a : node.aaaa) {
      message.add_answer(owner, type, node.ttl, address_data(address));
    }
  }
  if (type == DnsType::ptr) {
    for (const auto& name : node.ptr) message.add_answer(owner, type, node.ttl, name_data(name));
  }
  if (type == DnsType::cname && node.cname) {
    message.add_answer(owner, type, node.ttl, name_data(*node.cname));
  }
}

void deny(Message& message, const ZoneMap& zone, const std::string& name) {
  const auto dot = name.find('.');
  const std::string apex = dot == std::string::npos ? name : name.substr(dot + 1);
  Bytes data = name_data("ns.invalid");
  put_name(data, "hostmaster.invalid");
  for (const std::uint32_t number : {1U, 3600U, 600U, 86400U, zone.negative_ttl()}) {
    put32(data, number);
  }
  message.add_authority(apex, DnsType::soa, zone.negative_ttl(), data);
}

// A chain ends before a name with a fault, so that the fault is met when that name is asked for.
bool has_fault(const ZoneMap& zone, const std::string& name, DnsType type) {
  const ZoneNode* const node = zone.find(name);
  const auto fault = node == nullptr ? std::nullopt : node->fault_of(type);
  return fault && fault->kind != FaultKind::no_soa;
}

// The answer as the zone has it, with the whole chain of CNAMEs unless that is forbidden.
void fill(Message& message, const ZoneMap& zone, const ZoneQuery& query) {
  std::string name = query.name;
  std::set<std::string> seen;
  bool soa = true;
  while (seen.insert(name).second) {
    const ZoneNode* const node = zone.find(name);
    if (const auto redirected = zone.redirection(name)) {
      const ZoneNode& above = *zone.find(redirected->owner);
      message.add_answer(redirected->owner, kDname, above.ttl, name_data(*above.dname));
      message.add_answer(name, DnsType::cname, above.ttl, name_data(redirected->target));
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
    message.add_answer(name, DnsType::cname, node->ttl, name_data(*node->cname));
    if (!node->chase || has_fault(zone, *node->cname, query.type)) return;
    name = *node->cname;
  }
}

Bytes answer_wire(const ZoneMap& zone, const ZoneQuery& query, Transport transport) {
  Message message(query);
  fill(message, zone, query);
  Bytes wire = message.wire();
  if (transport == Transport::udp && wire.size() > query.payload) return message.truncated_wire();
  return wire;
}

Bytes rcode_wire(const ZoneQuery& query, int rcode) {
  Message message(query);
  message.set_rcode(rcode);
  return message.wire();
}

Bytes formerr_without_opt(const ZoneQuery& query) {
  Message message(query);
  message.set_rcode(kFormerr);
  message.leave_out_opt();
  return message.wire();
}

// At least one record, so that there is something to spoil.
Bytes some_answer(const ZoneMap& zone, const ZoneQuery& query) {
  Message message(query);
  fill(message, zone, query);
  if (message.has_answers()) return message.wire();
  Message made_up(query);
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
  Message message(query);
  Bytes noise;
  for (unsigned byte = 0; byte < 60; ++byte) {
    noise.push_back(static_cast<std::uint8_t>(byte * 89 + 201));
  }
  message.add_raw_answer(noise);
  return message.wire();
}

Bytes compression_loop_wire(const ZoneQuery& query) {
  Message message(query);
  Bytes record;
  put16(record, 0xc000 | (kHeader + query.question.size()));
  put16(record, static_cast<std::size_t>(query.type));
  put16(record, 1);
  put32(record, 300);
  put16(record, 4);
  put32(record, 0xc6336401);
  message.add_raw_answer(record);
  return message.wire();
}

Bytes count_lies_wire(const ZoneQuery& query) {
  Message message(query);
  message.add_answer(query.name, query.type, 300, Bytes{192, 0, 2, 1});
  message.lie_about_count();
  message.leave_out_opt();
  return message.wire();
}

Bytes cname_loop_wire(const ZoneQuery& query) {
  Message message(query);
  message.add_answer(query.name, DnsType::cname, 300, name_data(query.name));
  return message.wire();
}

Bytes referral_wire(const ZoneQuery& query) {
  Message message(query);
  message.offer_no_recursion();
  message.add_authority("invalid", DnsType::ns, 300, name_data("ns.invalid"));
  message.add_authority("invalid", DnsType::ns, 300, name_data("ns2.invalid"));
  return message.wire();
}

Bytes wrong_id_wire(const ZoneMap& zone, const ZoneQuery& query, Transport transport) {
  Bytes wire = answer_wire(zone, query, transport);
  wire[0] = static_cast<std::uint8_t>(wire[0] ^ 0x55);
  return wire;
}

Bytes wrong_question_wire(const ZoneMap& zone, const ZoneQuery& query, Transport transport) {
  Bytes wire = answer_wire(zone, query, transport);
  auto& letter = wire[kHeader + 1];
  letter = letter == 'q' ? 'z' : 'q';
  return wire;
}

// What a cache may not be made to believe.
Bytes stray_records_wire(const ZoneMap& zone, const ZoneQuery& query) {
  Message message(query);
  fill(message, zone, query);
  for (const char* const stray : {"victim.example", "mail.victim.example"}) {
    message.add_answer(stray, DnsType::a, 86400, Bytes{203, 0, 113, 66});
    message.add_authority(stray, DnsType::ns, 86400, name_data("ns.evil.example"));
  }
  return message.wire();
}

Bytes many_mx_wire(const ZoneMap& zone, const ZoneQuery& query, Transport transport, int count) {
  if (query.type != DnsType::mx) return answer_wire(zone, query, transport);
  Message message(query);
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
  Message message(query);
  message.set_rcode(kNxdomain);
  deny(message, zone, query.name);
  return message.wire();
}

Bytes truncated_wire(const ZoneQuery& query) {
  return Message(query).truncated_wire();
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
    case FaultKind::timeout:
      return {};
    case FaultKind::truncate:
      return send(udp ? truncated_wire(query) : answer_wire(zone, query, transport));
    case FaultKind::truncate_no_tcp:
      return udp ? send(truncated_wire(query)) : ZoneReply{};
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

// Whether the additional section, which is all that follows the question, starts with an OPT.
void read_opt(std::span<const std::uint8_t> wire, std::size_t at, ZoneQuery& query) {
  const bool only_additional = get16(wire, 6) == 0 && get16(wire, 8) == 0 && get16(wire, 10) > 0;
  if (!only_additional || at + 11 > wire.size()) return;
  if (wire[at] != 0 || get16(wire, at + 1) != kOpt) return;
  query.edns = true;
  query.payload = std::max<std::size_t>(512, get16(wire, at + 3));
}

}  // namespace

std::optional<ZoneQuery> parse_query(std::span<const std::uint8_t> wire) {
  if (wire.size() < kHeader || (wire[2] & 0xf8) != 0 || get16(wire, 4) != 1) return std::nullopt;
  ZoneQuery query;
  query.id = get16(wire, 0);
  query.recursion_desired = (wire[2] & 1) != 0;
  std::size_t at = kHeader;
  while (at < wire.size() && wire[at] != 0) {
    const std::size_t length = wire[at];
    if (length > 63 || at + 1 + length >= wire.size()) return std::nullopt;
    if (!query.name.empty()) query.name += '.';
    for (std::size_t byte = at + 1; byte <= at + length; ++byte) {
      const auto letter = static_cast<char>(wire[byte]);
      query.name += letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + 32) : letter;
    }
    at += 1 + length;
  }
  if (at + 5 > wire.size()) return std::nullopt;
  query.type = static_cast<DnsType>(get16(wire, at + 1));
  at += 5;
  query.question.assign(wire.begin() + kHeader, wire.begin() + static_cast<std::ptrdiff_t>(at));
  read_opt(wire, at, query);
  return query;
}

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
