#include "ctl/doctor/postfix_config.h"

#include <algorithm>
#include <array>
#include <functional>
#include <map>

#include "ctl/doctor/postfix_parameters.h"
#include "ctl/doctor/postfix_words.h"

namespace postern::doctor {
namespace {

constexpr std::size_t kMaxSmtpdServices = 100;

PostfixSetting setting_of(const PostfixParameters& parameters, std::string_view name) {
  return {parameters.value(name), parameters.place(name), parameters.is_set(name)};
}

// The texts of all restriction classes, expanded.
std::map<std::string, std::string, std::less<>> class_texts(const PostfixParameters& parameters) {
  std::map<std::string, std::string, std::less<>> texts;
  const std::string names = parameters.value("smtpd_restriction_classes");
  for (const std::string_view name : postfix_words(names)) {
    texts.emplace(name, parameters.value(name));
  }
  return texts;
}

void read_lists(const PostfixParameters& parameters, SmtpdService& service) {
  const auto classes = class_texts(parameters);
  const ClassText text_of = [&](std::string_view name) {
    const auto found = classes.find(name);
    return found == classes.end() ? nullptr : &found->second;
  };
  const auto read = [&](std::string_view name) {
    RestrictionList list{
        std::string(name), parameters.place(name), parameters.value(name), {}, {}, {}, true};
    read_restrictions(text_of, list);
    return list;
  };
  for (const char* name :
       {"smtpd_client_restrictions", "smtpd_helo_restrictions", "smtpd_sender_restrictions"}) {
    service.lists.push_back(read(name));
  }
  std::array<const char*, 2> order{"smtpd_relay_restrictions", "smtpd_recipient_restrictions"};
  if (!parameters.is_yes("smtpd_relay_before_recipient_restrictions")) {
    std::swap(order[0], order[1]);
  }
  for (const char* name : order) service.lists.push_back(read(name));
  for (const char* name : {"smtpd_data_restrictions", "smtpd_end_of_data_restrictions"}) {
    service.lists.push_back(read(name));
  }
  for (const RestrictionList& list : service.lists) {
    service.named_classes.insert(list.classes.begin(), list.classes.end());
  }
  for (const auto& [name, text] : classes) service.classes.push_back(read(name));
}

MilterCall milter_call(std::string_view word, const PostfixParameters& parameters,
                       const ConfigPlace& where) {
  MilterCall call{read_postfix_service(word),
                  {},
                  setting_of(parameters, "milter_connect_timeout"),
                  setting_of(parameters, "milter_command_timeout"),
                  setting_of(parameters, "milter_content_timeout"),
                  setting_of(parameters, "milter_default_action"),
                  setting_of(parameters, "milter_protocol")};
  call.endpoint = parse_postfix_endpoint(call.service.address);
  for (const std::string& one : call.service.attributes) {
    const auto attribute = postfix_attribute(one);
    if (!attribute) continue;
    const PostfixSetting own{std::string(attribute->value), where, true};
    if (attribute->name == "connect_timeout") call.connect_time = own;
    if (attribute->name == "command_timeout") call.command_time = own;
    if (attribute->name == "content_timeout") call.content_time = own;
    if (attribute->name == "default_action") call.default_action = own;
    if (attribute->name == "protocol") call.protocol = own;
  }
  return call;
}

MilterList milter_list(const PostfixParameters& parameters, std::string_view name) {
  MilterList list{parameters.place(name), parameters.value(name), {}};
  for (const std::string_view word : postfix_words(list.text)) {
    list.calls.push_back(milter_call(word, parameters, list.where));
  }
  return list;
}

SmtpdService read_service(const MasterService& master, const PostfixParameters& parameters) {
  SmtpdService service;
  service.name = master.name + "/" + master.type;
  service.port = master.name;
  service.type = master.type;
  service.delay_reject = parameters.is_yes("smtpd_delay_reject");
  service.delay_reject_place = parameters.place("smtpd_delay_reject");
  read_lists(parameters, service);
  service.soft_bounce = setting_of(parameters, "soft_bounce");
  service.proxy_filter = setting_of(parameters, "smtpd_proxy_filter");
  service.policy_timeout = setting_of(parameters, "smtpd_policy_service_timeout");
  service.policy_default_action = setting_of(parameters, "smtpd_policy_service_default_action");
  service.policy_try_limit = setting_of(parameters, "smtpd_policy_service_try_limit");
  service.policy_request_limit = setting_of(parameters, "smtpd_policy_service_request_limit");
  service.milters = milter_list(parameters, "smtpd_milters");
  return service;
}

PostfixParameters with_overrides(const PostfixParameters& main, const MasterService& service) {
  PostfixParameters parameters(&main);
  for (const auto& [name, value] : service.overrides) {
    ConfigPlace where = service.where;
    where.setting += "/" + name;
    parameters.set(name, value, std::move(where));
  }
  return parameters;
}

// Without an action of its own postscreen only logs what the lists say (postconf(5)).
PostfixSetting screen_lists_of(const PostfixParameters& screen) {
  if (screen.value("postscreen_dnsbl_action") == "ignore") return {};
  return setting_of(screen, "postscreen_dnsbl_sites");
}

// Up to compatibility level 1 a `-` in the column means yes (master(5)).
bool chroots_by_default(const PostfixParameters& main) {
  return main.expanded("${{$compatibility_level} <level {1} ? {yes} : {no}}") == "yes";
}

// What is behind the last colon of `127.0.0.1:submission`.
std::string_view port_of(std::string_view service) {
  const std::size_t colon = service.rfind(':');
  return colon == std::string_view::npos ? service : service.substr(colon + 1);
}

}  // namespace

const RestrictionList* SmtpdService::list(std::string_view parameter) const {
  const auto found = std::find_if(lists.begin(), lists.end(), [&](const RestrictionList& one) {
    return one.name == parameter;
  });
  return found == lists.end() ? nullptr : &*found;
}

bool SmtpdService::is_public() const {
  const std::string_view own = port_of(port);
  return type == "pass" || own == "smtp" || own == "25";
}

bool SmtpdService::is_submission() const {
  const std::string_view own = port_of(port);
  return own == "submission" || own == "587" || own == "submissions" || own == "smtps" ||
         own == "465";
}

PostfixConfig read_postfix(const ConfigText& main_cf, const std::optional<ConfigText>& master_cf) {
  const PostfixParameters main = read_postfix_parameters(main_cf);
  PostfixConfig postfix;
  postfix.queue_directory = main.value("queue_directory");
  postfix.mail_owner = main.value("mail_owner");
  postfix.mynetworks = setting_of(main, "mynetworks");
  postfix.non_smtpd_milters = milter_list(main, "non_smtpd_milters");
  if (!master_cf) {
    postfix.services.push_back(read_service({"smtp", "inet", {}, "smtpd", {}, {}}, main));
    return postfix;
  }
  for (const MasterService& service : read_postfix_master(*master_cf)) {
    if (service.command == "postscreen" && postfix.screen_lists.value.empty()) {
      postfix.screen_lists = screen_lists_of(with_overrides(main, service));
    }
    if (service.command != "smtpd" || postfix.services.size() >= kMaxSmtpdServices) continue;
    postfix.services.push_back(read_service(service, with_overrides(main, service)));
    postfix.services.back().chroot = service.chroot.value_or(chroots_by_default(main));
  }
  return postfix;
}

std::string path_seen(const PostfixConfig& postfix, const SmtpdService& service,
                      const Endpoint& endpoint) {
  if (!endpoint.path.starts_with('/')) return postfix.queue_directory + "/" + endpoint.path;
  return service.chroot.value_or(false) ? postfix.queue_directory + endpoint.path : endpoint.path;
}

}  // namespace postern::doctor
