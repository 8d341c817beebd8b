#include "common/resolver/resolv_conf.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "common/yaml/config_map.h"

namespace postern::resolver {
namespace {

// resolv.conf(5) stops at three; a few more do no harm, thousands would.
constexpr std::size_t kMaxServers = 16;
// A file that is none has many, and long words.
constexpr int kMaxWarnings = 20;
constexpr std::size_t kMaxQuoted = 64;

constexpr std::array<std::string_view, 3> kOfNames{"domain", "search", "sortlist"};

// Options that change nothing about how a whole name is asked here: servers are asked round and
// round, with EDNS and the AD bit.
constexpr std::array<std::string_view, 14> kDoneAnyway{
    "debug",          "edns0",        "inet6",  "insecure1",      "insecure2",
    "ip6-bytestring", "ip6-dotint",   "ndots",  "no-check-names", "no-ip6-dotint",
    "no-reload",      "no-tld-query", "rotate", "trust-ad"};

struct NotUsed {
  std::string_view option;
  std::string_view instead;
};

constexpr std::array<NotUsed, 6> kNotUsed{{
    {"attempts", "dns: passes: in postern.yaml says how often the servers are asked"},
    {"timeout", "dns: attempt_timeout: in postern.yaml says how long a server is waited for"},
    {"use-vc", "a question goes over UDP, and over TCP when the reply is truncated"},
    {"no-aaaa", "A and AAAA are both asked for"},
    {"single-request", "A and AAAA are asked for side by side"},
    {"single-request-reopen", "A and AAAA are asked for side by side"},
}};

template <class Values, class Value>
bool contains(const Values& values, const Value& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

struct Word {
  std::string_view text;
  int column = 0;
};

// Up to the comment.
std::vector<Word> words_of(std::string_view line) {
  constexpr std::string_view kBlanks = " \t\r\v\f";
  std::vector<Word> words;
  for (std::size_t at = line.find_first_not_of(kBlanks); at != std::string_view::npos;) {
    if (line[at] == '#' || line[at] == ';') break;
    const std::size_t end = std::min(line.find_first_of(kBlanks, at), line.size());
    words.push_back({line.substr(at, end - at), static_cast<int>(at) + 1});
    at = line.find_first_not_of(kBlanks, end);
  }
  return words;
}

class ResolvConfReader {
 public:
  ResolvConfReader(const std::string& file, Diagnostics& diagnostics)
      : file_(file), diagnostics_(diagnostics) {}

  void read_line(std::string_view line) {
    ++line_;
    const std::vector<Word> words = words_of(line);
    if (words.empty() || contains(kOfNames, words[0].text)) return;
    if (words[0].text == "nameserver") return read_server(words);
    if (words[0].text != "options") {
      return warn(words[0], yaml::found_want(quoted(words[0]),
                                             "nameserver, options, search, domain or "
                                             "sortlist; the line is not used"));
    }
    for (std::size_t i = 1; i < words.size(); ++i) read_option(words[i]);
  }

  dns::DnsServerGroup finish() {
    if (warnings_ > kMaxWarnings) {
      diagnostics_.warning(
          {file_}, "and " + std::to_string(warnings_ - kMaxWarnings) + " more that is not used");
    }
    return std::move(servers_);
  }

 private:
  void read_server(const std::vector<Word>& words) {
    if (words.size() == 1) {
      return warn(words[0], "nameserver: " + yaml::found_want("no address", "one"));
    }
    auto server = dns::DnsServer::parse(words[1].text);
    if (!server) {
      return warn(words[1], "nameserver: " +
                                yaml::found_want(quoted(words[1]), "an address; it is not asked"));
    }
    if (server->lacks_zone()) {
      return warn(words[1],
                  "nameserver: " + yaml::found_want(quoted(words[1]) + ", which is link-local",
                                                    "the interface that leads there as well, as in "
                                                    "fe80::53%eth0; it is not asked"));
    }
    if (words.size() > 2) {
      warn(words[2], "nameserver: " + yaml::found_want(quoted(words[2]) + " behind the address",
                                                       "a line for each server; it is not used"));
    }
    if (contains(servers_, *server)) return;
    if (servers_.size() == kMaxServers) {
      return warn(words[1],
                  "nameserver: " + yaml::found_want("one more than are asked",
                                                    "at most " + std::to_string(kMaxServers)));
    }
    servers_.push_back(std::move(*server));
  }

  void read_option(const Word& word) {
    const std::string_view option = word.text.substr(0, word.text.find(':'));
    if (contains(kDoneAnyway, option)) return;
    const auto not_used = std::find_if(kNotUsed.begin(), kNotUsed.end(), [&](const NotUsed& known) {
      return known.option == option;
    });
    if (not_used == kNotUsed.end()) {
      return warn(word, "options: " + yaml::found_want(quoted(word),
                                                       "one of resolv.conf(5); it is not "
                                                       "used"));
    }
    warn(word, "options: " + quoted(word) + " is not used: " + std::string(not_used->instead));
  }

  static std::string quoted(const Word& word) {
    return "'" + std::string(word.text.substr(0, kMaxQuoted)) + "'";
  }

  void warn(const Word& word, const std::string& message) {
    if (++warnings_ <= kMaxWarnings) {
      diagnostics_.warning({file_, line_, word.column}, message);
    }
  }

  const std::string& file_;
  Diagnostics& diagnostics_;
  dns::DnsServerGroup servers_;
  int line_ = 0;
  int warnings_ = 0;
};

}  // namespace

dns::DnsServerGroup parse_resolv_conf(std::string_view text, const std::string& file,
                                      Diagnostics& diagnostics) {
  ResolvConfReader reader(file, diagnostics);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    reader.read_line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return reader.finish();
}

}  // namespace postern::resolver
