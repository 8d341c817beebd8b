#include "server/config/settings_file.h"

#include <algorithm>
#include <cctype>

#include "common/base/ascii_case.h"
#include "common/base/duration.h"
#include "common/base/mail_address.h"
#include "common/base/web_address.h"
#include "common/yaml/config_map.h"
#include "common/yaml/yaml_sections.h"
#include "server/config/settings_addresses.h"

namespace postern::config {
namespace {

using config::read_value;
using yaml::ConfigMap;
using yaml::found_want;

constexpr std::string_view kTop = "settings";

// RFC 5322 2.2
bool is_field_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(),
                                      [](char c) { return c > ' ' && c < 0x7f && c != ':'; });
}

// Sets `value` when the key is there and good; otherwise the default stays.
template <class T, class Found>
void set(T& value, const std::optional<Found>& found) {
  if (found) value = static_cast<T>(*found);
}

template <class Count>
void read_value(ConfigMap& map, std::string_view key, const Number& range, Count& value) {
  set(value, map.integer(key, range.least, range.most));
}

void read_value(ConfigMap& map, std::string_view key, const Size& range, std::size_t& value) {
  set(value, map.bytes(key, range.least, range.most));
}

void read_value(ConfigMap& map, std::string_view key, const Duration& range, milliseconds& value) {
  set(value, map.duration(key, range.least, range.most));
}

void read_value(ConfigMap& map, std::string_view key, const Duration& range, seconds& value) {
  const auto found = map.duration(key, range.least, range.most);
  if (!found) return;
  value = std::chrono::duration_cast<seconds>(*found);
  if (value == *found) return;
  map.diagnostics().error(
      map.find(key)->where,
      std::string(key) + ": " + found_want(format_duration(*found), "whole seconds"));
}

template <class Value, std::size_t size>
void read_value(ConfigMap& map, std::string_view key, const OneOf<Value, size>& form,
                Value& value) {
  set(value, map.one_of(key, form.words));
}

void read_value(ConfigMap& map, std::string_view key, LineShare /*form*/, LogShare& value) {
  set(value, map.log_share(key));
}

void read_value(ConfigMap& map, std::string_view key, Text /*form*/, std::string& value) {
  set(value, map.text(key));
}

void read_value(ConfigMap& map, std::string_view key, RequiredPath /*form*/, std::string& value) {
  if (map.require(key) != nullptr) set(value, map.text(key));
}

void read_value(ConfigMap& map, std::string_view key, AbsolutePath /*form*/, std::string& value) {
  const auto found = map.text(key);
  set(value, found);
  if (!found || found->starts_with('/')) return;
  map.diagnostics().error(
      map.find(key)->where,
      std::string(key) + ": " + found_want("'" + *found + "'", "an absolute path"));
}

void read_value(ConfigMap& map, std::string_view key, FieldNames /*form*/,
                std::vector<std::string>& names) {
  if (map.find(key) == nullptr) return;
  for (const yaml::YamlNode* node : map.scalars(key)) {
    if (is_field_name(node->text)) {
      names.push_back(ascii_lower(node->text));
    } else {
      map.diagnostics().error(node->where, std::string(key) + ": " +
                                               found_want("'" + node->text + "'",
                                                          "names of header fields, e.g. Subject"));
    }
  }
}

void read_value(ConfigMap& map, std::string_view key, HostName /*form*/, std::string& value) {
  const auto found = map.text(key);
  if (!found) return;
  const auto name = DomainName::parse(*found);
  if (name) {
    value = name->text();
  } else {
    map.diagnostics().error(map.find(key)->where, std::string(key) + ": " + name.error().text);
  }
}

void read_value(ConfigMap& map, std::string_view key, SiteName /*form*/, std::string& value) {
  constexpr std::size_t kLongest = 64;
  const auto found = map.text(key);
  set(value, found);
  const auto is_plain = [](char letter) {
    return std::isalnum(static_cast<unsigned char>(letter)) != 0 ||
           std::string_view("-_.").find(letter) != std::string_view::npos;
  };
  if (!found || (!found->empty() && found->size() <= kLongest &&
                 std::all_of(found->begin(), found->end(), is_plain))) {
    return;
  }
  map.diagnostics().error(map.find(key)->where,
                          std::string(key) + ": " +
                              found_want("'" + *found + "'", "1 to 64 letters, digits, -, _ or ."));
}

// What needs no quotes, and no program takes for an option.
bool is_mailbox(std::string_view text) {
  const auto is_plain = [](char letter) {
    return std::isalnum(static_cast<unsigned char>(letter)) != 0 ||
           std::string_view("._+-@").find(letter) != std::string_view::npos;
  };
  const MailAddress address = MailAddress::from_envelope(text);
  return !text.starts_with('-') && std::count(text.begin(), text.end(), '@') <= 1 &&
         std::all_of(text.begin(), text.end(), is_plain) &&
         (address.kind() == MailAddress::Kind::domain ||
          address.kind() == MailAddress::Kind::local_only);
}

void read_value(ConfigMap& map, std::string_view key, Mailbox /*form*/, std::string& value) {
  const auto found = map.text(key);
  set(value, found);
  if (!found || is_mailbox(*found)) return;
  map.diagnostics().error(
      map.find(key)->where,
      std::string(key) + ": " +
          found_want("'" + *found + "'", "an address, e.g. postmaster@example.org"));
}

void read_value(ConfigMap& map, std::string_view key, HookAddress /*form*/, std::string& value) {
  const auto found = map.text(key);
  set(value, found);
  if (!found) return;
  const auto address = check_web_address(*found);
  if (address) return;
  map.diagnostics().error(map.find(key)->where, std::string(key) + ": " + address.error().text);
}

// What has to be right of several keys together.
template <class Section>
void check_together(ConfigMap& /*map*/, const Section& /*section*/) {}

void check_together(ConfigMap& map, const resolver::DnsCacheSettings& cache) {
  if (cache.min_ttl > cache.max_ttl) {
    map.diagnostics().error(map.where(), "dns.cache: min_ttl is above max_ttl");
  }
  if (cache.failure_ttl > cache.max_failure_ttl) {
    map.diagnostics().error(map.where(), "dns.cache: failure_ttl is above max_failure_ttl");
  }
}

// The fields have addresses in them, too.
void check_together(ConfigMap& map, const JournalSettings& journal) {
  if (journal.headers.empty() || journal.local_parts == journal::LocalParts::keep) return;
  map.diagnostics().error(
      map.find("headers")->where,
      "journal: headers: " +
          found_want("names beside 'local_parts: " +
                         std::string(word_of(journal::kLocalParts, journal.local_parts)) + "'",
                     "'local_parts: keep', or no names: fields are kept whole"));
}

void check_together(ConfigMap& map, const RadarSettings& radar) {
  if (radar.alert_webhook.empty() || !radar.webhook_key.empty()) return;
  map.diagnostics().error(map.find("alert_webhook")->where,
                          "radar: " + found_want("'alert_webhook:' alone",
                                                 "'webhook_key:', too: its receiver has to know "
                                                 "who has sent it"));
}

void check_together(ConfigMap& map, const StoreServerSettings& store) {
  const auto fault = [&](std::string_view key, const std::string& found, const std::string& want) {
    map.diagnostics().error(map.find(key)->where, "store.redis: " + found_want(found, want));
  };
  const bool is_local = store.server && store.server->kind == ListenAddress::Kind::unix_socket;
  if (store.tls == StoreTls::on && is_local) {
    fault("tls", "'tls: on' with a unix socket", "no 'tls:', or 'server: inet:...'");
  }
  if (!store.tls_certificate.empty() && store.tls_key.empty()) {
    fault("tls_certificate", "'tls_certificate:' alone", "'tls_key:', too");
  }
  if (!store.user.empty() && store.password_file.empty()) {
    fault("user", "'user:' alone", "'password_file:', too");
  }
}

void check_together(ConfigMap& map, const StoreSettings& store) {
  if (store.backend != StoreBackend::redis || store.redis.server) return;
  map.diagnostics().error(
      map.find("backend")->where,
      "store: " + found_want("'backend: redis' alone", "'redis:' with 'server:', where it is"));
}

template <class Settings>
void read_rows(ConfigMap& map, Settings& settings);

template <class Value>
void read_value(ConfigMap& map, std::string_view key, Section form, Value& value) {
  const yaml::YamlNode* node = map.find(key);
  if (node == nullptr) return;
  if constexpr (requires { value.off; }) {
    value.off = node->kind == yaml::YamlNode::Kind::scalar && node->text == form.off;
    if (value.off) return;
  }
  const std::string above = map.what() == kTop ? "" : map.what() + '.';
  ConfigMap inner(*node, above + std::string(key), map.diagnostics());
  read_rows(inner, value);
  inner.finish();
  check_together(inner, value);
}

template <class Settings>
void read_rows(ConfigMap& map, Settings& settings) {
  Settings::describe([&](const Setting& setting, auto member, const auto& form) {
    read_value(map, setting.key, form, settings.*member);
  });
}

// Its own records, and the key of all hosts, are there.
void check_store(ConfigMap& top, const Settings& settings) {
  if (settings.store.backend != StoreBackend::redis || !settings.state_folder.empty()) return;
  top.diagnostics().error(
      top.find("store")->where,
      "store: " + found_want("'backend: redis' without 'state:'",
                             "'state:', too, for the key and what this host knows itself"));
}

void check_doors(ConfigMap& top, const Settings& settings) {
  const yaml::YamlNode* policyd = top.find("policyd");
  const yaml::YamlNode* milter = top.find("milter");
  const auto& metrics = settings.milter.metrics;
  if (metrics && metrics->port != 0 && metrics == settings.policyd.metrics) {
    top.diagnostics().error(
        find_member(*milter, "metrics")->where,
        "metrics: " + found_want("the address that 'policyd:' has", "one for each daemon"));
  }
  if (policyd == nullptr && milter == nullptr) {
    top.diagnostics().error(
        top.where(),
        top.what() + ": " + found_want("neither 'policyd:' nor 'milter:'", "at least one of them"));
  }
}

Settings load_all(const yaml::YamlNode& root, Diagnostics& diagnostics) {
  ConfigMap top(root, std::string(kTop), diagnostics);
  Settings settings;
  if (top.require("version") != nullptr) top.integer("version", 1, 1);
  read_rows(top, settings);
  check_doors(top, settings);
  check_store(top, settings);
  top.finish();
  return settings;
}

}  // namespace

std::string default_settings_file() {
  return POSTERN_CONFIG_DIR "/postern.yaml";
}

std::optional<Settings> load_settings(std::string_view text, const std::string& file,
                                      Diagnostics& diagnostics) {
  const int errors_before = diagnostics.errors();
  const auto root = yaml::parse_yaml_past_duplicates(text, file, diagnostics);
  if (!root) return std::nullopt;
  Settings settings = load_all(*root, diagnostics);
  if (diagnostics.errors() != errors_before) return std::nullopt;
  return settings;
}

Settings salvage_settings(std::string_view text) {
  const yaml::YamlNode root = yaml::readable_sections(text);
  Diagnostics ignored;
  Settings settings = load_all(root, ignored);
  if (settings.control && !is_control_folder(settings.control->folder)) settings.control.reset();
  if (!settings.state_folder.starts_with('/')) settings.state_folder.clear();
  if (find_member(root, "policyd") != nullptr && settings.policyd.listen.empty()) {
    settings.policyd.listen.emplace_back();
  }
  if (find_member(root, "milter") != nullptr && !settings.milter.listen) {
    settings.milter.listen.emplace();
  }
  return settings;
}

}  // namespace postern::config
