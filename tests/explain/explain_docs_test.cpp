// docs/explain.md is what posternctl really says: each situation of situations.yaml is set up as an
// installation with a daemon that answers, its command runs as a person would type it, and the page
// must be what came out. When it is not: POSTERN_WRITE_DOCS=1 writes it anew.
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <thread>

#include "common/base/ascii_case.h"
#include "common/base/utc_date.h"
#include "common/http/http_server.h"
#include "ctl/command_line.h"
#include "server/config/generation_store.h"
#include "server/control/control_json.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/zone_map.h"

namespace postern::explain_docs_test {
namespace {

namespace asio = boost::asio;

constexpr const char* kPage = POSTERN_SOURCE_DIR "/docs/explain.md";
constexpr std::uint64_t kGeneration = 12;

std::string text_of(const YAML::Node& node, const std::string& otherwise = "") {
  return node ? node.as<std::string>() : otherwise;
}

std::vector<std::string> doors_of(const YAML::Node& situation) {
  if (!situation["doors"]) return {"policy", "milter"};
  return situation["doors"].as<std::vector<std::string>>();
}

// The words of a command line, as a shell takes them apart.
std::vector<std::string> words_of(const std::string& command) {
  std::vector<std::string> words;
  std::string word;
  bool quoted = false;
  bool begun = false;
  for (char c : command) {
    if (c == '\'') {
      quoted = !quoted;
      begun = true;
    } else if ((c == ' ' || c == '\n') && !quoted) {
      if (begun) words.push_back(std::exchange(word, ""));
      begun = false;
    } else {
      word += c;
      begun = true;
    }
  }
  if (begun) words.push_back(word);
  return words;
}

// Answers what posternctl explain asks of a daemon.
class StandIn {
 public:
  StandIn(const std::string& socket, ZoneMap zone, std::chrono::seconds cached)
      : zone_(std::move(zone)), cached_(cached) {
    ListenAddress where;
    where.kind = ListenAddress::Kind::unix_socket;
    where.path = socket;
    server_ = std::make_unique<http::HttpServer>(
        loop_.get_executor(), os::Listener::open(where).value(), http::HttpServer::Limits{},
        [this](const http::HttpRequest& request, const http::HttpServer::Respond& respond) {
          respond(answer(request.target));
        });
    server_->start();
    thread_ = std::thread([this] { loop_.run(); });
  }
  StandIn(const StandIn&) = delete;
  StandIn& operator=(const StandIn&) = delete;
  ~StandIn() {
    asio::post(loop_, [this] { server_->stop(); });
    thread_.join();
  }

 private:
  [[nodiscard]] http::HttpResponse answer(const std::string& target) const {
    const std::string dns = "/v1/dns?name=";
    if (target == "/v1/status") return {200, R"({"generation": 12})"};
    if (!target.starts_with(dns)) return {404, R"({"error": "no such path"})"};
    const std::size_t end = target.find("&type=");
    const std::string type = target.substr(end + 6);
    for (dns::DnsType known : {dns::DnsType::mx, dns::DnsType::a, dns::DnsType::aaaa,
                               dns::DnsType::ptr, dns::DnsType::txt}) {
      if (type != dns::to_string(known)) continue;
      const auto name = dns::DnsName::parse(target.substr(dns.size(), end - dns.size())).value();
      return {200, boost::json::serialize(control::json_dns_fact(known, fact({name, known})))};
    }
    return {400, R"({"error": "no such type"})"};
  }

  [[nodiscard]] dns::DnsFact fact(const dns::DnsQuestion& question) const {
    dns::DnsAnswer answer = zone_.answer(question);
    if (answer.status != dns::DnsStatus::temporary_failure) answer.server = "127.0.0.1:53";
    const auto source =
        cached_.count() > 0 ? dns::DnsFact::Source::cache : dns::DnsFact::Source::asked;
    return {std::make_shared<const dns::DnsAnswer>(std::move(answer)), cached_, source};
  }

  ZoneMap zone_;
  std::chrono::seconds cached_;
  asio::io_context loop_{1};
  std::unique_ptr<http::HttpServer> server_;
  std::thread thread_;
};

ZoneMap zone_of(const YAML::Node& situation) {
  YAML::Node document;
  document["zone"] = situation["zone"] ? situation["zone"] : YAML::Node(YAML::NodeType::Map);
  auto zone = ZoneMap::from_yaml(document);
  if (!zone) throw std::runtime_error(zone.error().text);
  return *zone;
}

class Installation {
 public:
  explicit Installation(const YAML::Node& situation) {
    std::filesystem::create_directory(folder_.path("lists"));
    std::string settings = "version: 1\nrules: rules.yaml\nstate: " + folder_.path("state") +
                           "\ncontrol: { folder: " + folder_.path("") + " }\n";
    for (const std::string& door : doors_of(situation)) {
      settings += door == "policy" ? "policyd: { listen: [\"inet:127.0.0.1:10040\"] }\n"
                                   : "milter: { listen: { unix: /run/postern/milter } }\n";
    }
    folder_.write("postern.yaml", settings);
    write("rules.yaml", text_of(situation["rules"]));
    for (const auto& list : situation["lists"]) {
      write(list.first.as<std::string>(), list.second.as<std::string>());
    }
    keep();
    const std::string daemon = doors_of(situation).back() == "policy" ? "policyd" : "milter";
    daemon_ = std::make_unique<StandIn>(
        folder_.path("postern-" + daemon + ".control"), zone_of(situation),
        std::chrono::seconds{situation["cached"] ? situation["cached"].as<int>() : 0});
  }

  // What the command writes; its messages too, but for that of a daemon that has not had its turn.
  [[nodiscard]] std::string run(const std::string& command, const std::string& input,
                                UtcTime now) const {
    std::vector<std::string> words = words_of(command);
    words.insert(words.begin() + 1, {"--config", folder_.path("postern.yaml")});
    std::vector<const char*> argv;
    for (const std::string& word : words) argv.push_back(word.c_str());
    std::istringstream in(input);
    std::ostringstream out;
    const int status = ctl::run_command_line({"1.0", "", in, out, out, now},
                                             static_cast<int>(argv.size()), argv.data());
    EXPECT_EQ(status, 0) << command;
    return std::regex_replace(out.str(), std::regex("posternctl: waiting for [^\n]*\n"), "");
  }

 private:
  void write(const std::string& name, const std::string& text) {
    files_.push_back({folder_.write(name, text), text, {}});
  }

  // Generation kGeneration is the one that runs.
  void keep() const {
    auto store = config::GenerationStore::open(folder_.path("state"));
    if (!store) throw std::runtime_error(store.error().text);
    for (std::uint64_t number = 1; number <= kGeneration; ++number) {
      auto files = files_;
      if (number < kGeneration) files[0].text += "# " + std::to_string(number) + "\n";
      const auto saved = store->save(files, UtcTime{});
      if (!saved || *saved != number) throw std::runtime_error("generations are not kept");
    }
  }

  TemporaryFolder folder_;
  std::vector<config::SourceFile> files_;
  std::unique_ptr<StandIn> daemon_;
};

// A command that took almost as long as it waits for a daemon that does not answer (5 s) was kept
// from the processors, and may have given up: it runs again.
std::string what_is_said(const YAML::Node& situation, const std::string& command,
                         const std::string& input, UtcTime now) {
  using Clock = std::chrono::steady_clock;
  for (int tries_left = 9;; --tries_left) {
    const Installation installation(situation);
    const auto began = Clock::now();
    std::string said = installation.run(command, input, now);
    if (Clock::now() - began < std::chrono::seconds{4} || tries_left == 0) return said;
  }
}

void add_block(std::string& page, const std::string& kind, const std::string& text) {
  page += "```" + kind + "\n" + text + (text.ends_with('\n') ? "" : "\n") + "```\n\n";
}

// The zone as its own YAML, without what says the same to everybody.
std::string zone_text(const YAML::Node& situation) {
  std::string text;
  for (const auto& name : situation["zone"]) {
    YAML::Emitter out;
    out << YAML::Flow << name.second;
    text += name.first.as<std::string>() + ": " + out.c_str() + "\n";
  }
  return text;
}

std::string heading(int number, const YAML::Node& situation) {
  return std::to_string(number) + ". " + text_of(situation["title"]);
}

std::string section(int number, const YAML::Node& situation, UtcTime now) {
  std::string page =
      "## " + heading(number, situation) + "\n\n" + text_of(situation["about"]) + "\n";
  add_block(page, "yaml", text_of(situation["rules"]));
  for (const auto& list : situation["lists"]) {
    page += "`" + list.first.as<std::string>() + "`:\n\n";
    add_block(page, "", list.second.as<std::string>());
  }
  if (situation["zone"]) {
    page += "DNS:\n\n";
    add_block(page, "yaml", zone_text(situation));
  }
  const std::string command = text_of(situation["command"]);
  const std::string input = text_of(situation["input"]);
  std::string shown = "$ " + command + "\n";
  if (!input.empty()) shown = "$ " + command + " <<'.'\n" + input + ".\n";
  add_block(page, "", shown + what_is_said(situation, command, input, now));
  return page;
}

// The anchor that GitHub gives a heading.
std::string anchor_of(const std::string& heading) {
  std::string anchor;
  for (char c : ascii_lower(heading)) {
    const bool word = ('a' <= c && c <= 'z') || ('0' <= c && c <= '9') || c == '-';
    if (c == ' ' || word) anchor += word ? c : '-';
  }
  return anchor;
}

std::string contents(const YAML::Node& situations) {
  std::string lines;
  int number = 0;
  for (const YAML::Node& situation : situations) {
    const std::string anchor = anchor_of(heading(++number, situation));
    lines += std::to_string(number) + ". [" + text_of(situation["title"]) + "](#" + anchor + ")\n";
  }
  return lines;
}

std::string whole_page() {
  const YAML::Node file = YAML::LoadFile(POSTERN_SOURCE_DIR "/tests/explain/situations.yaml");
  const UtcTime now = parse_expiry(text_of(file["now"])).value();
  std::string page = text_of(file["introduction"]) + "\n" + contents(file["situations"]) + "\n" +
                     text_of(file["how_to_read"]);
  int number = 0;
  for (const YAML::Node& situation : file["situations"]) {
    page += "\n" + section(++number, situation, now);
    page.pop_back();
  }
  return page;
}

std::string read_page() {
  std::ifstream file(kPage, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(ExplainDocs, ThePageIsWhatPosternctlSays) {
  const std::string page = whole_page();
  if (std::getenv("POSTERN_WRITE_DOCS") != nullptr) {
    std::ofstream(kPage, std::ios::binary) << page;
    return;
  }
  EXPECT_EQ(read_page(), page) << "docs/explain.md is out of date; POSTERN_WRITE_DOCS=1 "
                                  "explain_test writes it anew";
}

}  // namespace
}  // namespace postern::explain_docs_test
