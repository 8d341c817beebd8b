#include "ctl/doctor/postfix_parameters.h"

#include <array>
#include <string_view>
#include <utility>

#include "common/base/ascii_case.h"
#include "ctl/doctor/postfix_words.h"

namespace postern::doctor {
namespace {

// Of what the findings ask for; postconf -n leaves out what has its default.
constexpr std::array<std::pair<std::string_view, std::string_view>, 18> kPostfixDefaults{{
    {"compatibility_level", "0"},
    {"mail_owner", "postfix"},
    {"milter_command_timeout", "30s"},
    {"milter_connect_timeout", "30s"},
    {"milter_content_timeout", "300s"},
    {"milter_default_action", "tempfail"},
    {"milter_protocol", "6"},
    {"postscreen_dnsbl_action", "ignore"},
    {"queue_directory", "/var/spool/postfix"},
    {"smtpd_delay_reject", "yes"},
    {"smtpd_policy_service_default_action", "451 4.3.5 Server configuration problem"},
    {"smtpd_policy_service_request_limit", "0"},
    {"smtpd_policy_service_retry_delay", "1s"},
    {"smtpd_policy_service_timeout", "100s"},
    {"smtpd_policy_service_try_limit", "2"},
    {"smtpd_relay_before_recipient_restrictions",
     "${{$compatibility_level} <level {3.6} ? {no} : {yes}}"},
    {"soft_bounce", "no"},
    {"smtpd_relay_restrictions",
     "${{$compatibility_level} <level {1} ? {} : {permit_mynetworks, permit_sasl_authenticated, "
     "defer_unauth_destination}}"},
}};

std::string_view postfix_default(std::string_view name) {
  for (const auto& [known, value] : kPostfixDefaults) {
    if (known == name) return value;
  }
  return {};
}

constexpr std::size_t kMasterColumns = 8;
constexpr std::string_view kMasterBlanks = " \t\r\n";

std::optional<bool> chroot_of(std::string_view column) {
  if (column == "y") return true;
  if (column == "n") return false;
  return std::nullopt;
}

// `-o name=value`, `-o { name = value }`; `-oname=value` is the same.
void read_overrides(const std::vector<std::string_view>& words, MasterService& service) {
  for (std::size_t i = kMasterColumns; i < words.size(); ++i) {
    if (!words[i].starts_with("-o")) continue;
    std::string_view option = words[i].substr(2);
    if (option.empty() && ++i < words.size()) option = words[i];
    const auto attribute = postfix_attribute(option);
    if (attribute) service.overrides.emplace_back(attribute->name, attribute->value);
  }
}

}  // namespace

void PostfixParameters::set(std::string name, std::string value, ConfigPlace where) {
  entries_.insert_or_assign(std::move(name), Entry{std::move(value), std::move(where)});
}

const PostfixParameters::Entry* PostfixParameters::find(std::string_view name) const {
  const auto found = entries_.find(name);
  if (found != entries_.end()) return &found->second;
  return below_ == nullptr ? nullptr : below_->find(name);
}

std::string_view PostfixParameters::raw(std::string_view name) const {
  const Entry* entry = find(name);
  return entry == nullptr ? postfix_default(name) : std::string_view(entry->value);
}

std::string PostfixParameters::expanded(std::string_view text) const {
  return expand_postfix(text, [this](std::string_view name) { return raw(name); });
}

std::string PostfixParameters::value(std::string_view name) const {
  return std::string(without_blanks(expanded(raw(name))));
}

bool PostfixParameters::is_yes(std::string_view name) const {
  return equal_ignoring_case(value(name), "yes");
}

ConfigPlace PostfixParameters::place(std::string_view name) const {
  const Entry* entry = find(name);
  if (entry != nullptr) return entry->where;
  return {"main.cf", 0, std::string(name)};
}

PostfixParameters read_postfix_parameters(const ConfigText& text) {
  PostfixParameters parameters;
  for (const ConfigLine& line : config_lines(text.text)) {
    const std::size_t equals = line.text.find('=');
    if (equals == std::string::npos) continue;
    std::string name(without_blanks(std::string_view(line.text).substr(0, equals)));
    std::string value(without_blanks(std::string_view(line.text).substr(equals + 1)));
    ConfigPlace where = place_in(text, line.number, name);
    parameters.set(std::move(name), std::move(value), std::move(where));
  }
  return parameters;
}

std::vector<MasterService> read_postfix_master(const ConfigText& text) {
  std::vector<MasterService> services;
  for (const ConfigLine& line : config_lines(text.text)) {
    if (services.size() >= kMaxMasterServices) break;
    const auto words = postfix_words(line.text, kMasterBlanks);
    if (words.size() < kMasterColumns) continue;
    MasterService service;
    service.name = words[0];
    service.type = words[1];
    service.chroot = chroot_of(words[4]);
    service.command = words[7];
    service.where = place_in(text, line.number, service.name + "/" + service.type);
    read_overrides(words, service);
    services.push_back(std::move(service));
  }
  return services;
}

}  // namespace postern::doctor
