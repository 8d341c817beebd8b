#include "ctl/alert/hooks.h"

#include <sys/stat.h>

#include "common/os/text_file.h"
#include "ctl/alert/signature.h"
#include "ctl/alert/web_post.h"
#include "ctl/cli/program_output.h"

namespace postern::ctl {
namespace {

constexpr std::chrono::seconds kHookTime{30};
constexpr std::size_t kMaxHookOutput = std::size_t{1} << 20;
constexpr std::size_t kMaxKeyFile = 4096;
constexpr std::size_t kLeastKey = 32;

// No byte of an alert is in `words`: it comes on standard input, and there is no shell.
Result<void> run_hook(const std::vector<std::string>& words, const std::string& input) {
  const auto output = program_output(words, input, {.time = kHookTime, .bytes = kMaxHookOutput});
  if (!output) return tl::unexpected(output.error());
  return {};
}

Result<void> send_mail(const config::RadarSettings& settings, const Alert& alert) {
  // -i: a line with a dot alone is no end.
  return run_hook({settings.sendmail, "-i", "--", settings.alert_mail},
                  alert_mail(alert, settings.alert_mail));
}

// The text of the file, without what is blank at its end.
Result<std::string> read_webhook_key(const std::string& path) {
  auto key = os::read_text_file(path, kMaxKeyFile);
  if (!key) return tl::unexpected(Error{key.error().text});
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && (status.st_mode & S_IROTH) != 0) {
    return failure(path + " can be read by everybody, want mode 0640");
  }
  key->erase(key->find_last_not_of(" \t\r\n") + 1);
  if (key->size() < kLeastKey) {
    return failure(path + ": found " + std::to_string(key->size()) + " bytes, want " +
                   std::to_string(kLeastKey) + " or more");
  }
  return *std::move(key);
}

Result<void> send_webhook(const config::RadarSettings& settings, const Alert& alert) {
  const auto key = read_webhook_key(settings.webhook_key);
  if (!key) return tl::unexpected(key.error());
  const std::string body = alert_json(alert);
  return send_post({settings.alert_webhook,
                    {{"Postern-Alert", alert.id},
                     {"Postern-Timestamp", std::to_string(alert.time.time_since_epoch().count())},
                     {"Postern-Signature", signature_of(*key, alert.time, body)}},
                    body},
                   kHookTime);
}

}  // namespace

std::vector<Hook> hooks_of(const config::RadarSettings& settings) {
  std::vector<Hook> hooks;
  if (!settings.alert_command.empty()) {
    hooks.push_back({"command", [settings](const Alert& alert) {
                       return run_hook({settings.alert_command}, alert_json(alert));
                     }});
  }
  if (!settings.alert_mail.empty()) {
    hooks.push_back(
        {"mail", [settings](const Alert& alert) { return send_mail(settings, alert); }});
  }
  if (!settings.alert_webhook.empty()) {
    hooks.push_back(
        {"webhook", [settings](const Alert& alert) { return send_webhook(settings, alert); }});
  }
  return hooks;
}

}  // namespace postern::ctl
