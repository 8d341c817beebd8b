// A stored configuration, configs/NAME.case: sections that begin with `@@ NAME`, each a file or, in
// `host`, what is seen on that machine, a line each:
//   socket ADDRESS USER|- STATE [for-everybody] [open-folder PATH]
//   server ADDRESS WORD WORD       for each of the two names: nxdomain, answer, refused, timeout
//   copy FILE COPY same|differs|missing
//   host NAME ADDRESS...           none: it has no address there
//   unit NAME STATE RESULT         as systemd has them
//   store-server info NAME:VALUE   what it says of itself; else: it says nothing
//   store-server away WHY...       store-server clock SECONDS
//   store-server barred USER       store-server open
//   store foreign PATH WHAT...     store memory|network KIND     store mib FILE MOST
// What is not there is as shipped or has nothing wrong. `expect` has what is to be found, and
// `write`, where it is there, all lines that are proposed.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "ctl/doctor/finding.h"
#include "rules/load/rule_file.h"
#include "server/config/settings_file.h"

namespace postern::doctor {

inline std::string file_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

inline const std::filesystem::path& case_folder() {
  static const std::filesystem::path folder =
      std::filesystem::path(POSTERN_SOURCE_DIR) / "tests/unit/ctl/doctor/configs";
  return folder;
}

inline std::vector<std::string> case_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(case_folder())) {
    if (entry.path().extension() == ".case") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

using CaseSections = std::map<std::string, std::string>;

inline CaseSections case_sections(const std::string& name) {
  CaseSections sections;
  std::string* current = nullptr;
  std::istringstream lines(file_text(case_folder() / (name + ".case")));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("@@ ")) {
      current = &sections[line.substr(3)];
    } else if (current != nullptr) {
      *current += line + "\n";
    }
  }
  return sections;
}

inline PosternConfig stored_postern_config(const std::string& doors, const std::string& rules) {
  Diagnostics diagnostics;
  const auto settings =
      config::load_settings("version: 1\nrules: r\n" + doors, "postern.yaml", diagnostics);
  EXPECT_TRUE(settings) << diagnostics.to_string();
  if (!settings) return {};
  DoorSet installed;
  if (!settings->policyd.listen.empty()) installed.add(Door::policy);
  if (settings->milter.listen) installed.add(Door::milter);
  const Door widest = settings->milter.listen ? Door::milter : Door::policy;
  const auto no_file = [](const std::string&) { return Result<std::string_view>(""); };
  const auto snapshot = load::load_rules(rules, "rules.yaml", load::ReadListFile(no_file), 1,
                                         {widest, installed}, diagnostics);
  EXPECT_TRUE(snapshot) << diagnostics.to_string();
  return postern_config_of(*settings, installed, snapshot.get());
}

inline ServerStatus::Answer stored_answer(const std::string& word) {
  ServerStatus::Answer answer{
      "nobody.invalid", dns::DnsStatus::absent, dns::DnsReason::nxdomain, {}};
  if (word == "answer")
    return {"nobody.invalid", dns::DnsStatus::found, dns::DnsReason::answer, "192.0.2.9"};
  if (word == "nxdomain") return answer;
  answer.status = dns::DnsStatus::temporary_failure;
  answer.reason = word == "refused" ? dns::DnsReason::refused : dns::DnsReason::timeout;
  return answer;
}

inline SocketStatus::State stored_state(const std::string& word) {
  using State = SocketStatus::State;
  static const std::map<std::string, State> kStates{
      {"answers", State::answers},     {"missing", State::missing}, {"barred", State::barred},
      {"no-socket", State::no_socket}, {"nobody", State::nobody},   {"unknown", State::unknown}};
  return kStates.at(word);
}

inline void stored_store(const std::vector<std::string>& words, const std::string& line,
                         StoreStatus& store) {
  using Place = StoreStatus::Place;
  store.folder = "/var/lib/postern/store";
  store.account = "postern";
  if (words.at(1) == "foreign") {
    store.foreign.push_back({words.at(2), line.substr(line.find(words[2]) + words[2].size() + 1)});
  } else if (words.at(1) == "mib") {
    store.bytes = std::stoull(words.at(2)) << 20U;
    store.max_bytes = std::stoull(words.at(3)) << 20U;
  } else {
    store.place = words.at(1) == "memory" ? Place::memory : Place::network;
    store.file_system = words.at(2);
  }
}

inline void stored_store_server(const std::vector<std::string>& words, const std::string& line,
                                std::string& info, StoreServerStatus& server) {
  server.server = "inet:192.0.2.7:6380";
  const std::string& what = words.at(1);
  if (what == "info") info += words.at(2) + "\r\n";
  if (what == "away") server.failing = line.substr(line.find(words.at(2)));
  if (what == "clock") server.ahead = std::chrono::seconds(std::stoll(words.at(2)));
  if (what == "barred") server.barred_user = words.at(2);
  if (what == "open") server.is_open = true;
  take_info(info, server);
}

inline HostState stored_host_state(const std::string& text) {
  HostState host;
  host.host_name = "mx.gate.example";
  std::istringstream lines(text);
  std::string store_info;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream line_words(line);
    std::vector<std::string> words{std::istream_iterator<std::string>(line_words), {}};
    if (words.at(0) == "socket") {
      SocketStatus socket{
          words.at(1), words.at(2) == "-" ? "" : words.at(2), stored_state(words.at(3)), {}, {},
          false};
      for (std::size_t i = 4; i < words.size(); ++i) {
        if (words[i] == "for-everybody") socket.for_everybody = true;
        if (words[i] == "open-folder") socket.open_folder = words.at(++i);
      }
      host.sockets.push_back(socket);
    } else if (words.at(0) == "server") {
      host.servers.push_back(
          {words.at(1), {stored_answer(words.at(2)), stored_answer(words.at(3))}});
    } else if (words.at(0) == "copy") {
      using State = CopyStatus::State;
      const State state = words.at(3) == "same"      ? State::same
                          : words.at(3) == "differs" ? State::differs
                                                     : State::missing;
      host.copies.push_back({words.at(1), words.at(2), state});
    } else if (words.at(0) == "host") {
      auto& addresses = host.host_addresses[words.at(1)];
      for (std::size_t i = 2; i < words.size(); ++i) {
        addresses.push_back(IpAddress::parse(words[i]).value());
      }
    } else if (words.at(0) == "store") {
      stored_store(words, line, host.store ? *host.store : host.store.emplace());
    } else if (words.at(0) == "store-server") {
      stored_store_server(words, line, store_info,
                          host.store_server ? *host.store_server : host.store_server.emplace());
    } else if (words.at(0) == "unit") {
      host.units.push_back({words.at(1), words.at(2), words.at(3)});
    } else {
      ADD_FAILURE() << "not understood: " << line;
    }
  }
  return host;
}

inline ConfigText stored_config(const std::string& name, const std::string& text) {
  return {text, name, ConfigText::Lines::of_a_file};
}

inline MtaConfig stored_mta_config(CaseSections sections) {
  MtaConfig mta;
  const bool has_doors = sections.count("postern.yaml") != 0;
  const std::string doors =
      has_doors ? sections["postern.yaml"] : "policyd: { listen: \"inet:127.0.0.1:10040\" }\n";
  const std::string rules =
      sections.count("rules.yaml") != 0
          ? "version: 1\n" + sections["rules.yaml"]
          : file_text(std::filesystem::path(POSTERN_SOURCE_DIR) / "conf/rules.yaml");
  mta.postern = stored_postern_config(doors, rules);
  if (sections.count("main.cf") != 0) {
    std::optional<ConfigText> master;
    if (sections.count("master.cf") != 0) {
      master = stored_config("master.cf", sections["master.cf"]);
    }
    mta.postfix = read_postfix(stored_config("main.cf", sections["main.cf"]), master);
  }
  if (sections.count("sendmail.cf") != 0) {
    mta.sendmail = read_sendmail_cf(stored_config("sendmail.cf", sections["sendmail.cf"]));
  }
  mta.host = stored_host_state(sections["host"]);
  if (sections.count("hosts") != 0) {
    mta.host.hosts = HostsStatus{"/etc/hosts", read_hosts(sections["hosts"])};
  }
  return mta;
}

// `error policy-not-asked`, one line each.
inline std::string told(const std::vector<Finding>& findings) {
  std::string out;
  for (const Finding& finding : findings) {
    out += std::string(to_string(finding.severity)) + " " + std::string(finding.name) + "\n";
  }
  return out;
}

}  // namespace postern::doctor
