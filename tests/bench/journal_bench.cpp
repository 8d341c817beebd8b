// What the journal costs, and what a shadow does. `journal_bench` prints the processor time of a
// decision with its log line, by the thread that decides and by the whole program, with nothing
// beside it, with the journal, and with a shadow of the same rules, in turns; and the bytes of a
// record. `journal_bench off|on|shadow DECISIONS` does one of them, for callgrind.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>

#include "server/journal/segment_packer.h"
#include "server/service/decision_log.h"
#include "server/service/shadow.h"
#include "tests/support/rules_from.h"
#include "tests/support/temporary_folder.h"

namespace postern::service {
namespace {

constexpr const char* kRules = R"(version: 1
lists:
  partners: { kind: network, entries: [192.0.2.0/24] }
  campaign: { kind: domain, entries: [.adp-mail.example, phish.example] }
rules:
  - { name: partners, when: { client: partners }, then: skip sender_mx }
  - { name: campaign, when: { sender_domain: campaign }, then: reject 550 5.7.1 "Banned here" }
  - { name: helo, when: { helo: [localhost., mx.box.example] }, then: reject 550 5.7.1 "Not you" }
  - { name: new, when: { sender_domain: ~news }, then: log, mode: log }
  - { name: sender-must-exist, check: sender_mx, preset: standard }
)";

constexpr std::uint64_t kDomains = 5000;

// The same each time, and not to be guessed from the one before.
std::uint64_t mixed(std::uint64_t number) {
  number += 0x9e3779b97f4a7c15U;
  number = (number ^ (number >> 30U)) * 0xbf58476d1ce4e5b9U;
  number = (number ^ (number >> 27U)) * 0x94d049bb133111ebU;
  return number ^ (number >> 31U);
}

std::string word_of(std::uint64_t number, std::size_t length) {
  std::string word;
  for (std::uint64_t rest = mixed(number); word.size() < length; rest /= 26) {
    word += static_cast<char>('a' + rest % 26);
  }
  return word;
}

std::string domain_of(std::uint64_t number) {
  number %= kDomains;
  return word_of(number, 5 + number % 7) + ".example";
}

// Each domain has a mail host, and that an address, all of them in the cache.
class Facts : public FactSource {
 public:
  Facts() {
    for (std::uint64_t i = 0; i < kDomains; ++i) {
      dns::DnsAnswer mx;
      mx.status = dns::DnsStatus::found;
      mx.reason = dns::DnsReason::answer;
      mx.ttl = dns::DnsTtl(static_cast<std::uint32_t>(60 * (1 + mixed(i) % 60)));
      mx.server = "127.0.0.1:53";
      dns::DnsAnswer address = mx;
      const std::string host = "mx." + domain_of(i);
      mx.records.add_mx(10, host);
      address.records.add_address(IpAddress::from_v4(static_cast<std::uint32_t>(mixed(i))));
      known_[domain_of(i)] = std::make_shared<const dns::DnsAnswer>(mx);
      known_[host] = std::make_shared<const dns::DnsAnswer>(address);
    }
  }
  std::optional<dns::DnsFact> find(const dns::DnsQuestion& question) override {
    return dns::DnsFact{known_.at(question.name.text()),
                        std::chrono::seconds(mixed(++asked_) % 3600), dns::DnsFact::Source::cache};
  }

 private:
  std::unordered_map<std::string, std::shared_ptr<const dns::DnsAnswer>> known_;
  std::uint64_t asked_ = 0;
};

enum class Beside { nothing, journal, shadow };
constexpr Beside kAll[] = {Beside::nothing, Beside::journal, Beside::shadow};

constexpr int kAtOnce = 20;

class Bench {
 public:
  Bench() {
    settings_.state_folder = folder_.path("");
    os::LogSettings log;
    log.file = folder_.path("log");
    log_ = os::DaemonLog::open(log).value();
  }

  // Decisions like those of a day: other clients, senders and recipients each time.
  void run(Beside beside, int decisions) {
    DaemonState state{"bench",
                      "0",
                      {},
                      "",
                      *log_,
                      config::LiveSettings(settings_),
                      config::SnapshotStore(snapshot_)};
    if (beside == Beside::journal) {
      state.journal = std::make_unique<journal::Journal>(
          journal::Journal::Parts{Door::policy, "0", state.settings, *log_});
    }
    if (beside == Beside::shadow) {
      state.shadow.exchange(std::make_unique<Shadow>(Shadow::Parts{
          .rules = snapshot_, .live = state.snapshots, .settings = state.settings, .log = *log_}));
    }
    DecisionLog decisions_log(state);
    const double before = seconds_of(CLOCK_THREAD_CPUTIME_ID);
    const double before_all = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    for (int i = 0; i < decisions; ++i) {
      decide(decisions_log, i);
      // No MTA asks as fast as this goes round.
      if (i % kAtOnce == kAtOnce - 1) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    own = seconds_of(CLOCK_THREAD_CPUTIME_ID) - before;
    if (state.journal) {
      state.journal->finish();
      status = state.journal->status();
    }
    if (const Shadow* shadow = state.shadow.running()) await(*shadow);
    log_->flush();
    all = seconds_of(CLOCK_PROCESS_CPUTIME_ID) - before_all;
  }

  [[nodiscard]] std::string folder() const { return folder_.path("journal"); }

  double own = 0;  // seconds of the thread that decides
  double all = 0;
  journal::Journal::Status status;
  Shadow::Sums sums;

 private:
  // Until all that the shadow was offered is compared.
  void await(const Shadow& shadow) {
    do {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      sums = shadow.sums();
    } while (decisions_in(sums.counts) + sums.dropped + sums.failed < sums.offered);
  }

  static double seconds_of(clockid_t clock) {
    timespec time{};
    ::clock_gettime(clock, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
  }

  void decide(DecisionLog& decisions, int number) {
    const std::uint64_t chance = mixed(static_cast<std::uint64_t>(number));
    const std::string domain = domain_of(chance);
    transaction_.clear();
    transaction_.stage = Stage::rcpt;
    transaction_.client = IpAddress::from_v4(static_cast<std::uint32_t>(mixed(chance % 20000)));
    transaction_.client_name = "mail." + domain;
    transaction_.reverse_client_name = transaction_.client_name;
    transaction_.helo = transaction_.client_name;
    transaction_.sender = MailAddress::from_envelope(word_of(chance % 30000, 8) + "@" + domain);
    transaction_.recipient = MailAddress::from_envelope(word_of(chance % 200, 6) + "@box.example");
    transaction_.tls = TlsState::encrypted;
    transaction_.instance = word_of(chance, 5) + "." + word_of(chance + 1, 8) + ".0";
    Decision decision(snapshot_, transaction_, &facts_, std::chrono::system_clock::now());
    decision.step();
    decisions.record({.door = "policy",
                      .transaction = transaction_,
                      .verdict = decision.verdict(),
                      .evidence = decision.evidence(),
                      .reply = "DUNNO",
                      .took = std::chrono::microseconds(20 + chance % 90),
                      .began = decision.now()});
  }

  TemporaryFolder folder_;
  config::Settings settings_;
  std::shared_ptr<const Snapshot> snapshot_ = rules_from(kRules, {}, {.door = Door::policy});
  std::unique_ptr<os::DaemonLog> log_;
  Facts facts_;
  Transaction transaction_;
};

constexpr int kDecisions = 10000;
constexpr int kTurns = 20;

void compare() {
  double own[std::size(kAll)] = {};
  double all[std::size(kAll)] = {};
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  std::uint64_t dropped = 0;
  std::uint64_t unseen = 0;
  Bench bench;
  for (int turn = 0; turn < kTurns; ++turn) {
    for (const Beside beside : kAll) {
      bench.run(beside, kDecisions);
      own[static_cast<int>(beside)] += bench.own;
      all[static_cast<int>(beside)] += bench.all;
    }
    records += bench.status.records;
    bytes += bench.status.bytes;
    dropped += bench.status.dropped;
    unseen += bench.sums.dropped;
  }
  const double each = 1e6 / (kDecisions * kTurns);
  const auto print = [&](const char* whose, const double* time) {
    std::printf(
        "a decision with its log line, %s: %.2f us; with the journal %.2f us: %.3f; with a shadow "
        "%.2f us: %.3f\n",
        whose, time[0] * each, time[1] * each, time[1] / time[0], time[2] * each,
        time[2] / time[0]);
  };
  print("its own thread", own);
  print("all threads", all);
  std::printf("the shadow did not see %lu\n", unseen);
  std::uint64_t packed = 0;
  (void)journal::pack_and_prune(bench.folder(), {std::chrono::days(7), std::uint64_t{1} << 40U},
                                std::chrono::system_clock::now());
  for (const auto& entry : std::filesystem::directory_iterator(bench.folder())) {
    packed += entry.file_size();
  }
  std::printf("records %lu, dropped %lu; a record %.0f bytes, compressed %.1f\n", records, dropped,
              static_cast<double>(bytes) / static_cast<double>(records),
              static_cast<double>(packed) / static_cast<double>(records));
}

}  // namespace
}  // namespace postern::service

int main(int argc, char** argv) {
  using namespace postern::service;
  if (argc < 3) {
    compare();
    return 0;
  }
  Bench bench;
  const std::string beside = argv[1];
  bench.run(beside == "on"       ? Beside::journal
            : beside == "shadow" ? Beside::shadow
                                 : Beside::nothing,
            std::atoi(argv[2]));
  return 0;
}
