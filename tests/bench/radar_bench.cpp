// What the radar finds, and what it costs: `radar_bench [DATA]` prints a line for each figure. DATA
// is the folder with real mail, which is not part of the project.
#include <malloc.h>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <map>
#include <string>
#include <vector>

#include "tests/support/radar_evaluation.h"

namespace postern::radar::test {
namespace {

constexpr int kDayMessages = 143000;

void print(const char* what, const Tally& tally) {
  std::printf(
      "%s: proposals %zu, campaigns %zu, in goal %zu, proposed %zu, leaked %zu of %zu, largest "
      "leak "
      "%zu, legitimate domains hit %zu\n",
      what, tally.proposals.size(), tally.campaigns, tally.in_goal, tally.proposed, tally.leaked,
      tally.accepted, tally.most_leaked, tally.legitimate);
}

void real_mail(const Data& data) {
  print("small-mx", evaluate(data, data.small_mx));
  print("pixelpark", evaluate(data, data.pixelpark));
  for (const int minutes : {10, 30, 60}) {
    const std::chrono::minutes after{minutes};
    const std::string name = "small-mx, taken after " + std::to_string(minutes) + " minutes";
    print(name.c_str(), evaluate(data, data.small_mx, {}, {}, {.looks_after = after}));
    print((name + ", with the brake").c_str(),
          evaluate(data, data.small_mx, {}, {}, {.looks_after = after, .brake = after}));
  }
  for (const std::size_t messages : {20000U, 100000U}) {
    print(("small-mx, flood of " + std::to_string(messages)).c_str(),
          evaluate(data, data.small_mx, flood_over(data.small_mx, messages)));
  }
  print("small-mx, flood of 100000, 5000 pools",
        evaluate(data, data.small_mx, flood_over(data.small_mx, 100000), {.pools = 5000}));
}

void campaign() {
  Radar learned({}, secret_of(1), 1);
  LegitimateMail mail(3);
  for (int day = 0; day < 18; ++day) {
    mail.day(day, 20000, [&](const Mail& one) { learned.add(one.event(), Mode::learn); });
  }
  for (std::uint64_t seed = 1; seed < 10; ++seed) {
    Radar cold({}, secret_of(1), 1);
    Radar warm = learned;
    const Leak first = leak_of_2013(cold, seed, first_day());
    const Leak later = leak_of_2013(warm, seed, first_day() + std::chrono::hours(24 * 18));
    std::printf(
        "campaign of 2013, seed %d: cold after %zu, leaked %zu; learned after %zu, leaked %zu\n",
        static_cast<int>(seed), first.proposed_after, first.leaked, later.proposed_after,
        later.leaked);
  }
}

void print_kinds(const std::vector<Proposal>& proposals) {
  std::map<std::string, int> kinds;
  for (const Proposal& one : proposals) {
    ++kinds[std::string(to_string(one.strength)) + " " + std::string(to_string(one.kind))];
  }
  std::printf("%zu proposals", proposals.size());
  for (const auto& [kind, count] : kinds) std::printf(", %s %d", kind.c_str(), count);
  std::printf("\n");
}

std::vector<Proposal> add_all(Radar& radar, const std::vector<Mail>& mail) {
  std::vector<Proposal> proposals;
  for (const Mail& one : mail) {
    for (Proposal& proposal : radar.add(one.event())) proposals.push_back(std::move(proposal));
  }
  return proposals;
}

std::vector<Mail> day_of(LegitimateMail& source, int day, int messages) {
  std::vector<Mail> mail;
  source.day(day, messages, [&](const Mail& one) { mail.push_back(one); });
  return mail;
}

void legitimate() {
  for (std::uint64_t seed = 1; seed < 4; ++seed) {
    Radar cold({}, secret_of(1), 1);
    LegitimateMail source(seed);
    std::printf("legitimate mail, first day of 100000, seed %d: ", static_cast<int>(seed));
    print_kinds(add_all(cold, day_of(source, 0, 100000)));
  }
  Radar radar({}, secret_of(1), 1);
  LegitimateMail source(2);
  for (int day = 0; day < 10; ++day) {
    source.day(day, kDayMessages, [&](const Mail& one) { radar.add(one.event(), Mode::learn); });
  }
  std::vector<Proposal> proposals;
  std::clock_t used = 0;
  for (int day = 10; day < 17; ++day) {
    const auto mail = day_of(source, day, kDayMessages);
    const std::clock_t start = std::clock();
    for (Proposal& one : add_all(radar, mail)) proposals.push_back(std::move(one));
    used += std::clock() - start;
  }
  std::printf("legitimate mail, %d after ten days: ", 7 * kDayMessages);
  print_kinds(proposals);
  std::printf("processor time of one event: %.2f us\n",
              static_cast<double>(used) / CLOCKS_PER_SEC * 1e6 / (7 * kDayMessages));
}

void flood() {
  constexpr int kMessages = 10000000;
  Radar radar({}, secret_of(1), 1);
  std::mt19937_64 random(1);
  for (int i = 0; i < kMessages; ++i) {
    radar.add(flood_mail(random, first_day() + std::chrono::seconds(i / 100)).event());
  }
  std::printf("after %d random domains: %zu domains, %zu networks, %.0f MB\n", kMessages,
              radar.domains(), radar.pools(PoolKind::network),
              static_cast<double>(mallinfo2().uordblks + mallinfo2().hblkhd) / 1e6);
}

}  // namespace
}  // namespace postern::radar::test

int main(int argc, char** argv) {
  using namespace postern::radar::test;
  if (argc > 1) real_mail(Data(argv[1]));
  campaign();
  legitimate();
  flood();
  return 0;
}
