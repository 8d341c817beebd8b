#include "ctl/cli/daemons.h"

#include <array>
#include <future>

#include "common/base/escape.h"
#include "common/http/http_client.h"
#include "common/json/parse_json.h"
#include "common/yaml/yaml_node.h"
#include "ctl/cli/json_read.h"
#include "rules/load/plain_list.h"
#include "server/config/configuration.h"
#include "server/service/traces.h"

namespace postern::ctl {
namespace {

constexpr const char* kNoControl =
    "the settings have no 'control:', so it cannot be asked; want control: /run/postern";

void read_body(const std::string& body, DaemonAnswer& answer) {
  auto json = json::parse_json(body);
  if (json && json->is_object()) {
    answer.body = std::move(json->get_object());
    if (answer.status >= 400) answer.error = text_of(answer.body, "error");
  } else {
    answer.error = "its answer is no JSON object";
  }
  if (answer.status >= 400 && answer.error.empty()) {
    answer.error = "it answers with status " + std::to_string(answer.status);
  }
}

DaemonAnswer ask_daemon(const DaemonPlace& daemon, const http::HttpRequest& request,
                        std::chrono::milliseconds timeout) {
  DaemonAnswer answer;
  answer.daemon = daemon;
  if (daemon.socket.empty()) {
    answer.error = kNoControl;
    return answer;
  }
  const auto start = std::chrono::steady_clock::now();
  auto response = http::ask_http(daemon.socket, request, timeout, answer_limit(request.target));
  if (!response) {
    answer.silent = std::chrono::steady_clock::now() - start >= timeout;
    answer.error = printable(response.error().text);
    return answer;
  }
  answer.status = response->status;
  read_body(response->body, answer);
  return answer;
}

constexpr std::chrono::seconds kSilence{1};

void report_silence(const std::vector<std::future<DaemonAnswer>>& asked,
                    const std::vector<DaemonPlace>& daemons, std::chrono::milliseconds timeout,
                    const OnSilence& on_silence) {
  const auto until = std::chrono::steady_clock::now() + kSilence;
  std::string names;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (asked[i].wait_until(until) == std::future_status::ready) continue;
    names += (names.empty() ? "" : " and ") + daemons[i].name;
  }
  if (!names.empty()) on_silence(names, timeout);
}

constexpr std::size_t kMiB = std::size_t{1} << 20;

// A rule or list that the rule file has in 25 bytes, `- {name: a, then: reject}`, is told in less
// than 200.
constexpr std::size_t kPerRuleFile = 8 * yaml::YamlLimits{}.max_bytes;
// So many entries at most are told of (docs/control.md), each a line with its count and times.
constexpr std::size_t kEntries = 10000 * (load::kMaxListLine + 256);
constexpr std::size_t kTraceLines =
    kEscapedByte * service::Traces::kKeptBytes + 128 * service::Traces::kKeptLines;
// Of a hundred diagnostics, of eight traces, of the answers for one name.
constexpr std::size_t kOthers = 4 * kMiB;

struct PathLimit {
  std::string_view path;
  std::size_t bytes;
};
constexpr std::array kLimits{
    PathLimit{"/v1/status", kPerRuleFile + kOthers}, PathLimit{"/v1/rules", kPerRuleFile},
    PathLimit{"/v1/entries", kEntries}, PathLimit{"/v1/trace/lines", kTraceLines}};

}  // namespace

std::string DaemonPlace::short_name() const {
  return door == Door::policy ? "policyd" : "milter";
}

std::vector<DaemonPlace> daemons_of(const config::Settings& settings) {
  std::vector<DaemonPlace> daemons;
  for (const Door door : {Door::policy, Door::milter}) {
    if (!config::doors_of(settings).contains(door)) continue;
    DaemonPlace daemon{door, {}, {}};
    daemon.name = "postern-" + daemon.short_name();
    if (settings.control) daemon.socket = settings.control->folder + "/" + daemon.name + ".control";
    daemons.push_back(std::move(daemon));
  }
  return daemons;
}

std::vector<DaemonAnswer> ask_daemons(const std::vector<DaemonPlace>& daemons,
                                      const http::HttpRequest& request,
                                      std::chrono::milliseconds timeout,
                                      const OnSilence& on_silence) {
  std::vector<std::future<DaemonAnswer>> asked;
  asked.reserve(daemons.size());
  for (const DaemonPlace& daemon : daemons) {
    asked.push_back(std::async(std::launch::async, ask_daemon, daemon, request, timeout));
  }
  if (on_silence) report_silence(asked, daemons, timeout, on_silence);
  std::vector<DaemonAnswer> answers;
  answers.reserve(asked.size());
  for (auto& answer : asked) answers.push_back(answer.get());
  return answers;
}

std::optional<DaemonAnswer> ask_status(const config::Settings& settings, Door preferred,
                                       const OnSilence& on_silence) {
  std::optional<DaemonAnswer> found;
  for (DaemonAnswer& answer :
       ask_daemons(daemons_of(settings), {"GET", "/v1/status", {}}, kQuickAnswer, on_silence)) {
    if (answer.ok() && (!found || answer.daemon.door == preferred)) found = std::move(answer);
  }
  return found;
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (kPlain.find(c) != std::string_view::npos) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
  }
  return out;
}

std::size_t answer_limit(std::string_view target) {
  const std::string_view path = target.substr(0, target.find('?'));
  for (const PathLimit& limit : kLimits) {
    if (limit.path == path) return limit.bytes;
  }
  return kOthers;
}

}  // namespace postern::ctl
