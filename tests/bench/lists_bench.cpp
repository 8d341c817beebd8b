// What lists cost: time to load, bytes an entry, look-ups, reloads. `lists_bench [DATA]` prints one
// table; DATA is the folder with the lists, which are not part of the project.
#include <arpa/inet.h>
#include <malloc.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "rules/lists/domain_list.h"
#include "rules/lists/network_list.h"
#include "rules/load/plain_list.h"
#include "rules/load/rule_file.h"
#include "tests/bench/bench_table.h"

namespace postern {
namespace {

constexpr const char* kDomains = "domains/blocklistproject-union.txt.gz";
constexpr const char* kNetworks = "networks/rir-country-aggregated.v4v6.txt.gz";
constexpr int kRuns = 5;

// ---- the data -----------------------------------------------------------------------------------

// Empty when there is no such file.
std::string unpacked(const std::string& file) {
  const std::string command = "exec gzip -dc '" + file + "' 2>/dev/null";
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), &pclose);
  std::string text;
  std::vector<char> buffer(std::size_t{1} << 20);
  for (std::size_t got = 1; pipe && got > 0;) {
    got = fread(buffer.data(), 1, buffer.size(), pipe.get());
    text.append(buffer.data(), got);
  }
  return text;
}

template <class Visit>
void for_each_line(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (end > 0) visit(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

struct Data {
  std::string domains;   // one a line
  std::string suffixes;  // the same, `.` in front of each
  std::string networks;
  std::vector<std::string> names;     // of `domains`, in no order
  std::vector<std::string> children;  // of them
  std::vector<std::string> strangers;
  std::vector<IpAddress> addresses;  // half in a network, half anywhere
};

// Never inside of the string object: else only the longer ones would cost a cache miss of their
// own.
std::string question(std::string_view name) {
  std::string text;
  text.reserve(DomainName::kMaxLength);
  return text.append(name);
}

Data data_in(const std::string& folder) {
  Data data;
  std::mt19937 random(1);
  data.domains = unpacked(folder + "/" + kDomains);
  for_each_line(data.domains, [&](std::string_view line) {
    data.names.push_back(question(line));
    data.suffixes.append(".").append(line).append("\n");
  });
  std::shuffle(data.names.begin(), data.names.end(), random);
  for (const std::string& name : data.names) {
    data.children.push_back(question("mail." + name));
    data.strangers.push_back(question(name + "x"));  // no such top-level domain
  }
  for_each_line(unpacked(folder + "/" + kNetworks), [&](std::string_view line) {
    const std::string_view network = line.substr(0, line.find(' '));
    data.networks.append(network).append("\n");
    data.addresses.push_back(IpNetwork::parse(network).value().last());
    data.addresses.push_back(IpAddress::from_v4(static_cast<std::uint32_t>(random())));
  });
  std::shuffle(data.addresses.begin(), data.addresses.end(), random);
  return data;
}

// ---- ours ---------------------------------------------------------------------------------------

std::unique_ptr<lists::List> load_list(lists::ListKind kind, std::string_view text) {
  auto list = lists::make_list(kind, "big");
  list->set_origin({.name = "big", .text = fingerprint_of(text)});
  Diagnostics diagnostics;
  load::load_plain_list(text, "big.txt", *list, diagnostics);
  if (diagnostics.has_errors() || !list->build()) throw std::runtime_error(diagnostics.to_string());
  return list;
}

constexpr const char* kRules = R"(version: 1
lists:
  domains: { kind: domain, file: domains }
  networks: { kind: network, file: networks }
  small: { kind: domain, file: small }
rules:
  - { name: a, when: { client: networks }, then: pass }
  - { name: b, when: { sender_domain: [domains, small] }, then: reject }
)";

std::shared_ptr<Snapshot> load_all(const Data& data, std::string_view domains,
                                   std::string_view small, const Snapshot* previous) {
  const load::ReadListFile read = [&](const std::string& path) -> Result<std::string_view> {
    if (path == "small") return small;
    return path == "networks" ? std::string_view(data.networks) : domains;
  };
  Diagnostics diagnostics;
  auto snapshot = load::load_rules(kRules, "rules.yaml", read, 1, {}, diagnostics, previous);
  if (!snapshot) throw std::runtime_error(diagnostics.to_string());
  return snapshot;
}

// ---- the references -----------------------------------------------------------------------------

using NameSet = std::unordered_set<std::string>;

NameSet load_set(const Data& data) {
  NameSet set;
  set.reserve(data.names.size());
  for_each_line(data.domains, [&](std::string_view line) { set.emplace(line); });
  return set;
}

struct Range {
  IpAddress first;
  IpAddress last;
  std::uint32_t value;
};

// As plainly as can be: for networks that do not overlap.
std::vector<Range> load_ranges(const Data& data) {
  std::vector<Range> ranges;
  for_each_line(data.networks, [&](std::string_view line) {
    const auto network = IpNetwork::parse(line).value();
    ranges.push_back({network.first(), network.last(), static_cast<std::uint32_t>(ranges.size())});
  });
  std::sort(ranges.begin(), ranges.end(),
            [](const Range& a, const Range& b) { return a.first < b.first; });
  ranges.shrink_to_fit();
  return ranges;
}

const Range* find_range(const std::vector<Range>& ranges, const IpAddress& address) {
  auto after = std::upper_bound(
      ranges.begin(), ranges.end(), address,
      [](const IpAddress& wanted, const Range& range) { return wanted < range.first; });
  if (after == ranges.begin()) return nullptr;
  const Range& range = *--after;
  return address <= range.last ? &range : nullptr;
}

// A table that is searched from top to bottom, as Postfix does with cidr: tables.
const IpNetwork* find_in_table(const std::vector<IpNetwork>& table, const IpAddress& address) {
  for (const IpNetwork& network : table) {
    if (network.contains(address)) return &network;
  }
  return nullptr;
}

// ---- measuring ----------------------------------------------------------------------------------

std::size_t allocated() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

// What malloc has given for what `make` returns, by the entry.
template <class Make>
double bytes_an_entry(std::size_t entries, Make make) {
  const std::size_t before = allocated();
  const auto made = make();
  benchmark::DoNotOptimize(made);
  return static_cast<double>(allocated() - before) / static_cast<double>(entries);
}

template <class Make>
void measure_load(const char* name, Make make) {
  benchmark::RegisterBenchmark(name,
                               [make](benchmark::State& state) {
                                 for (auto _ : state) benchmark::DoNotOptimize(make());
                               })
      ->Repetitions(kRuns)
      ->Unit(benchmark::kMillisecond);
}

template <class Key, class Find>
void measure_find(const char* name, const std::vector<Key>& keys, Find find) {
  benchmark::RegisterBenchmark(name, [&keys, find](benchmark::State& state) {
    std::size_t i = 0;
    for (auto _ : state) {
      benchmark::DoNotOptimize(find(keys[i]));
      i = i + 1 == keys.size() ? 0 : i + 1;
    }
  })->Repetitions(kRuns);
}

void measure_loads(const Data& data) {
  measure_load("load domains", [&] { return load_list(lists::ListKind::domain, data.domains); });
  measure_load("load set", [&] { return load_set(data); });
  measure_load("load networks", [&] { return load_list(lists::ListKind::network, data.networks); });
  measure_load("load ranges", [&] { return load_ranges(data); });
}

void measure_reloads(const Data& data, const std::string& changed, const Snapshot& before) {
  measure_load("first load", [&] { return load_all(data, data.domains, "a.example\n", nullptr); });
  measure_load("small change",
               [&] { return load_all(data, data.domains, "a.example\nb.example\n", &before); });
  measure_load("big change", [&] { return load_all(data, changed, "a.example\n", &before); });
}

void fill_table(const LeastTimes& times, const Data& data, BenchTable& table) {
  const std::size_t names = data.names.size();
  const auto networks = static_cast<std::size_t>(data.addresses.size() / 2);
  const std::string set = "`std::unordered_set<std::string>`";
  table.add_times("load " + std::to_string(names) + " domains", times.of("load domains"),
                  "the lines into a " + set, times.of("load set"));
  table.add_bytes(
      "memory of a domain",
      bytes_an_entry(names, [&] { return load_list(lists::ListKind::domain, data.domains); }), set,
      bytes_an_entry(names, [&] { return load_set(data); }));
  table.add_times("find a name", times.of("find name"), "find in the set", times.of("set hit"));
  table.add_times("find no name", times.of("find no name"), "find nothing in the set",
                  times.of("set miss"));
  table.add_times("find a child of `.name`", times.of("find child"), "find in the set",
                  times.of("set hit"));
  table.add_times("find no suffix", times.of("find no suffix"), "find nothing in the set",
                  times.of("set miss"));
  table.add_times("load " + std::to_string(networks) + " networks", times.of("load networks"),
                  "the lines into sorted ranges", times.of("load ranges"));
  table.add_bytes(
      "memory of a network",
      bytes_an_entry(networks, [&] { return load_list(lists::ListKind::network, data.networks); }),
      "sorted ranges", bytes_an_entry(networks, [&] { return load_ranges(data); }));
  table.add_times("find a network", times.of("find network"), "find in sorted ranges",
                  times.of("range"));
  table.add_times("find a network", times.of("find network"), "from top to bottom of a table",
                  times.of("table"));
  table.add_times("reload, a line changed in a small list", times.of("small change"),
                  "the first load", times.of("first load"));
  table.add_times("reload, a line changed in the domains", times.of("big change"), "the first load",
                  times.of("first load"));
}

int run(const std::string& folder) {
  const Data data = data_in(folder);
  if (data.names.empty() || data.addresses.empty()) {
    std::cerr << "lists_bench: no " << kDomains << " or no " << kNetworks << " in " << folder
              << ": nothing measured\n";
    return 0;
  }
  measure_loads(data);
  const std::string changed = data.domains + "new.example\n";
  const auto before = load_all(data, data.domains, "a.example\n", nullptr);
  measure_reloads(data, changed, *before);

  const UtcTime now{};
  const auto names = load_list(lists::ListKind::domain, data.domains);
  const auto suffixes = load_list(lists::ListKind::domain, data.suffixes);
  const auto find_in = [now](const lists::List& list) {
    return [&domains = static_cast<const lists::DomainList&>(list), now](const std::string& name) {
      return domains.find(name, now);
    };
  };
  measure_find("find name", data.names, find_in(*names));
  measure_find("find no name", data.strangers, find_in(*names));
  measure_find("find child", data.children, find_in(*suffixes));
  measure_find("find no suffix", data.strangers, find_in(*suffixes));
  const NameSet set = load_set(data);
  const auto find_in_set = [&set](const std::string& name) { return set.find(name); };
  measure_find("set hit", data.names, find_in_set);
  measure_find("set miss", data.strangers, find_in_set);

  const auto networks = load_list(lists::ListKind::network, data.networks);
  const auto ranges = load_ranges(data);
  std::vector<IpNetwork> table_of_networks;
  for_each_line(data.networks, [&](std::string_view line) {
    table_of_networks.push_back(IpNetwork::parse(line).value());
  });
  measure_find("find network", data.addresses, [&](const IpAddress& address) {
    return static_cast<const lists::NetworkList&>(*networks).find(address, now);
  });
  measure_find("range", data.addresses,
               [&](const IpAddress& address) { return find_range(ranges, address); });
  measure_find("table", data.addresses,
               [&](const IpAddress& address) { return find_in_table(table_of_networks, address); });

  LeastTimes times;
  benchmark::RunSpecifiedBenchmarks(&times);
  BenchTable table;
  fill_table(times, data, table);
  std::cout << table.to_string();
  return 0;
}

}  // namespace
}  // namespace postern

int main(int argc, char** argv) {
  try {
    return postern::run(argc > 1 ? argv[1] : "../shared/data");
  } catch (const std::exception& error) {
    std::cerr << "lists_bench: " << error.what() << '\n';
    return 1;
  }
}
