#include "tests/dns_faults/fault_fixture.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <future>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "common/os/coarse_clock.h"
#include "rules/explain/decision_line.h"
#include "server/service/cached_facts.h"
#include "server/service/waiting_decision.h"
#include "tests/scenarios/milter_side.h"

namespace postern {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto kMaxTtl = 1s;  // of what is to be outdated
constexpr auto kPatience = 30s;

const char* const kSilentZone =
    "domain-in-deep-trouble.example: { fault: timeout }\nmail.domain-in-deep-trouble.example: { "
    "fault: timeout }\n"
    "other.example: { fault: timeout }\nlocalhost: { fault: timeout }\n";
const char* const kFailingZone =
    "domain-in-deep-trouble.example: { fault: servfail }\nmail.domain-in-deep-trouble.example: { "
    "fault: servfail }\n";

ZoneMap zone_of(const std::string& nodes, Pace pace) {
  const std::string late = std::to_string((4 * pace.attempt_timeout() / 3).count()) + "ms";
  const std::string never = std::to_string((10 * pace.decision_deadline()).count()) + "ms";
  std::string yaml = "zone:\n";
  std::istringstream lines(nodes);
  for (std::string line; std::getline(lines, line);) {
    line = std::regex_replace(line, std::regex("LATE"), late);
    yaml += "  " + std::regex_replace(line, std::regex("NEVER"), never) + "\n";
  }
  auto zone = ZoneMap::parse(yaml);
  if (!zone) throw std::runtime_error(zone.error().text);
  return *zone;
}

template <class Function>
auto on(boost::asio::io_context& loop, Function function) {
  std::packaged_task<decltype(function())()> task(std::move(function));
  auto done = task.get_future();
  boost::asio::post(loop, [&task] { task(); });
  return done.get();
}

dns::DnsServer server_at(const ZoneServer& server) {
  return {IpAddress::from_v4(0x7f000001), server.port()};
}

dns::DnsQuestion ask_for(const char* name, dns::DnsType type) {
  return {DomainName::parse(name).value(), type};
}

Attributes mail() {
  return {{"protocol_state", "RCPT"},
          {"client_address", "192.0.2.1"},
          {"helo_name", kDomain},
          {"sender", std::string("kim@") + kDomain},
          {"recipient", "you@here.example"}};
}

// The first two words of a refusal, the first of anything else.
std::string codes_of(const std::string& reply) {
  const bool refusal = reply[0] == '4' || reply[0] == '5';
  auto end = reply.find(' ');
  if (refusal) end = reply.find(' ', end + 1);
  return reply.substr(0, end);
}

std::string dns_of(const std::string& line) {
  const auto begin = line.find(" dns=\"");
  if (begin == std::string::npos) return "";
  const auto text = begin + 6;
  return line.substr(text, line.find('"', text) - text);
}

std::vector<std::string> facts_of(const std::string& dns) {
  std::vector<std::string> facts;
  std::size_t begin = 0;
  while (begin < dns.size()) {
    const auto end = std::min(dns.find("; ", begin), dns.size());
    facts.push_back(dns.substr(begin, end - begin));
    begin = end + 2;
  }
  return facts;
}

}  // namespace

FaultFixture::FaultFixture(boost::asio::io_context& loop, const Fault& fault, Cached cached,
                           Pace pace, std::shared_ptr<const Snapshot> rules)
    : loop_(loop), fault_(fault), cached_(cached), pace_(pace), rules_(std::move(rules)) {
  settings_.attempt_timeout = pace.attempt_timeout();
  settings_.query_timeout = 2 * pace.decision_deadline();
  settings_.down_probe_interval = 1s;
  settings_.case_randomization = resolver::CaseRandomization::always;
  const bool opens =
      fault.servers == Servers::all_silent_for_long || fault.servers == Servers::back_again;
  if (opens) settings_.down_after_failures = 1;
  if (cached == Cached::outdated_answer)
    settings_.cache.max_ttl = settings_.cache.max_negative_ttl = kMaxTtl;
  const bool by_this = fault.primed == Fault::Primed::by_this_zone;
  const ZoneMap before = zone_of(by_this ? fault.zone : kGoodZone, pace);
  const boost::asio::ip::udp::endpoint any(boost::asio::ip::address_v4::loopback(), 0);
  on(loop_, [&] {
    first_ = std::make_unique<ZoneServer>(loop_.get_executor(), any, before);
    second_ = std::make_unique<ZoneServer>(loop_.get_executor(), any, before);
    settings_.upstreams = {{server_at(*first_)}};
    if (fault.servers != Servers::one) settings_.upstreams.push_back({server_at(*second_)});
    cache_ = std::make_unique<resolver::DnsCache>(settings_.cache);
    resolver_ = std::make_unique<resolver::Resolver>(loop_.get_executor(), settings_, *cache_,
                                                     [this](const std::string& /*line*/) {
                                                       const std::lock_guard lock(mutex_);
                                                       ++lines_;
                                                       line_came_.notify_one();
                                                     });
  });
}

FaultFixture::~FaultFixture() {
  on(loop_, [this] {
    resolver_.reset();
    first_.reset();
    second_.reset();
  });
}

bool FaultFixture::anything_kept() const {
  const auto now = os::coarse_now();
  return !cache_->kept(DomainName::parse(kDomain).value(), now).empty() ||
         !cache_->kept(DomainName::parse("mail.domain-in-deep-trouble.example").value(), now)
              .empty();
}

void FaultFixture::prepare() {
  if (cached_ != Cached::nothing) judge(DoorSide::policy);
  if (cached_ == Cached::outdated_answer) {
    const auto until = Clock::now() + kPatience;
    std::this_thread::sleep_for(kMaxTtl);
    while (anything_kept() && Clock::now() < until) std::this_thread::sleep_for(20ms);
  }
  on(loop_, [this] { begin_fault(); });
  const bool outage =
      fault_.servers == Servers::all_silent_for_long || fault_.servers == Servers::back_again;
  if (outage) begin_outage();
}

// On the loop.
void FaultFixture::begin_fault() {
  first_->forget_queries();
  switch (fault_.servers) {
    case Servers::one:
      return first_->replace(zone_of(fault_.zone, pace_));
    case Servers::first_silent:
      return first_->replace(zone_of(kSilentZone, pace_));
    case Servers::first_closed:
      return first_->stop();
    case Servers::first_failing:
      return first_->replace(zone_of(kFailingZone, pace_));
    case Servers::all_silent:
    case Servers::all_silent_for_long:
    case Servers::back_again:
      first_->replace(zone_of(kSilentZone, pace_));
      second_->replace(zone_of(kSilentZone, pace_));
      return;
  }
}

void FaultFixture::begin_outage() {
  resolver_->ask(ask_for("other.example", dns::DnsType::mx), [](const dns::DnsFact&) {});
  wait_for_lines(1);
  if (fault_.servers != Servers::back_again) return;
  second_->replace(zone_of(fault_.zone, pace_));
  wait_for_lines(2);
}

// In vain where the probes of the upstreams were too late as well: what is judged then is measured
// again at a slower pace.
void FaultFixture::wait_for_lines(int count) {
  std::unique_lock lock(mutex_);
  line_came_.wait_for(lock, 5s + 20 * pace_.attempt_timeout(), [&] { return lines_ >= count; });
}

// Ports and ages differ from run to run; of the addresses of a good mail host one is enough,
// whichever comes first.
std::string FaultFixture::evened_out(std::string line, const JudgedMail& judged) const {
  line = std::regex_replace(line, std::regex("cache [0-9]+[a-z]+"), "cache");
  const auto named = [&line](const ZoneServer& server, const char* name) {
    line = std::regex_replace(line, std::regex(server_at(server).to_string()), name);
  };
  named(*first_, "first");
  named(*second_, "second");
  line = std::regex_replace(line, std::regex(kDomain), "bad.example");
  std::vector<std::string> facts = facts_of(line);
  if (judged.action == Disposition::pass) {
    std::erase_if(facts, [](const std::string& fact) { return !fact.starts_with("MX "); });
  }
  std::sort(facts.begin(), facts.end(), [](const std::string& left, const std::string& right) {
    return std::pair(!left.starts_with("MX "), left) < std::pair(!right.starts_with("MX "), right);
  });
  std::string text;
  for (const std::string& fact : facts) text += (text.empty() ? "" : "; ") + fact;
  return text;
}

JudgedMail FaultFixture::judge(DoorSide door) {
  JudgedMail judged;
  std::string line;
  DoorsFixture fixture{rules_, ZoneMap{}, std::chrono::system_clock::now()};
  fixture.decide = [&](const Transaction& transaction) {
    service::CachedFacts facts(*cache_, &store_);
    const auto began = Clock::now();
    Decision decision(rules_, transaction, &facts, fixture.now);
    if (decision.step() == Decision::Step::need_facts) {
      service::wait_for_verdict(decision, *resolver_, loop_.get_executor(),
                                began + pace_.decision_deadline());
    }
    judged.took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began);
    judged.action = decision.verdict().action;
    judged.finding = decision.verdict().finding;
    for (const CheckFinding& one : decision.verdict().found) judged.found = one.finding;
    line = explain::decision_line({"", transaction, decision.verdict(), decision.evidence(), "",
                                   std::chrono::microseconds{}});
    return decision.verdict();
  };
  const Outcome outcome = door == DoorSide::policy ? PolicySide(fixture).step(mail())
                                                   : MilterSide(fixture).step(mail(), {});
  judged.reply = codes_of(outcome.reply);
  judged.dns = evened_out(dns_of(line), judged);
  return judged;
}

}  // namespace postern
