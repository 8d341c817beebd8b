#include "ctl/alert/web_post.h"

#include <string_view>

#include "ctl/cli/program_output.h"

namespace postern::ctl {
namespace {

constexpr std::size_t kMaxStatus = 64;
// Its own limit is to be the one that is met.
constexpr std::chrono::seconds kToEnd{5};

// `option = "value"`: curl undoes \\ and \" in the quotes, and four letters behind a backslash.
std::string curl_line(std::string_view option, std::string_view value) {
  std::string line = std::string(option) + " = \"";
  for (const char letter : value) {
    switch (letter) {
      case '\n':
        line += "\\n";
        break;
      case '\r':
        line += "\\r";
        break;
      case '"':
      case '\\':
        line += '\\';
        [[fallthrough]];
      default:
        line += letter;
    }
  }
  return line + "\"\n";
}

}  // namespace

std::string curl_config(const WebPost& post, std::chrono::seconds timeout) {
  std::string config =
      "silent\nshow-error\ngloboff\ntlsv1.2\n" + curl_line("proto", "=http,https") +
      curl_line("noproxy", "*") + curl_line("max-time", std::to_string(timeout.count())) +
      curl_line("output", "/dev/null") + curl_line("write-out", "%{http_code}") +
      curl_line("user-agent", "postern") + curl_line("header", "Content-Type: application/json") +
      curl_line("url", post.to);
  for (const auto& [name, value] : post.fields) {
    config += curl_line("header", std::string(name).append(": ").append(value));
  }
  return config + curl_line("data-raw", post.body);
}

Result<void> send_post(const WebPost& post, std::chrono::seconds timeout) {
  // On standard input: address and signature are nothing for who lists the processes. No ~/.curlrc.
  const auto status = program_output({"curl", "--disable", "--config", "-"},
                                     curl_config(post, timeout), {timeout + kToEnd, kMaxStatus});
  if (!status) return tl::unexpected(status.error());
  if (status->starts_with('2')) return {};
  return failure("the server answers " + *status);
}

}  // namespace postern::ctl
