#include "ctl/doctor/fix.h"

#include <algorithm>
#include <optional>

#include "common/base/ascii_case.h"
#include "ctl/doctor/mistaken_address.h"
#include "ctl/doctor/postfix_words.h"

namespace postern::doctor {
namespace {

constexpr std::chrono::seconds kAtLeast{10};
constexpr std::chrono::seconds kStep{5};

std::string joined(const std::vector<std::string>& items) {
  std::string out;
  for (const std::string& item : items) out += (out.empty() ? "" : ", ") + item;
  return out;
}

std::string with_dollars(std::string_view text) {
  std::string out;
  for (const char c : text) out.append(c == '$' ? "$$" : std::string(1, c));
  return out;
}

// As it is to be asked, with what is said about it already where that does.
PostfixService milter_as_it_has_to_be(const MtaConfig& mta, const MilterCall& call) {
  PostfixService service = call.service;
  const auto want = [&](const PostfixSetting& setting, const char* name,
                        std::chrono::milliseconds longest, const std::string& time) {
    const auto known = mta_time(setting.value);
    const bool said = setting.is_set || !call.service.attributes.empty();
    if (!said || !known || *known <= longest) service.set(name, time);
  };
  want(call.connect_time, "connect_timeout", std::chrono::milliseconds(0), "10s");
  want(call.command_time, "command_timeout", mta.postern.longest_greeting(),
       waiting_time(mta.postern.longest_greeting()));
  want(call.content_time, "content_timeout", mta.postern.deadline, "60s");
  // Said in its own braces.
  if (call.protocol.where.setting.ends_with("smtpd_milters")) service.set("protocol", "6");
  if (!call.default_action.is_set || equal_ignoring_case(call.default_action.value, "reject")) {
    service.set("default_action", "accept");
  }
  return service;
}

}  // namespace

std::string seconds_text(std::chrono::milliseconds time) {
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(time);
  if (whole == time) return std::to_string(whole.count()) + "s";
  return std::to_string(time.count()) + "ms";
}

std::string waiting_time(std::chrono::milliseconds longest) {
  const auto steps = longest / std::chrono::milliseconds(kStep) + 1;
  return seconds_text(std::max<std::chrono::milliseconds>(kAtLeast, steps * kStep));
}

std::string addresses_text(const std::vector<ListenAddress>& addresses) {
  std::string out;
  for (const ListenAddress& address : addresses) {
    out += (out.empty() ? "" : " or ") + address.to_string();
  }
  return out;
}

std::string address_for(const PostfixConfig& postfix, const ListenAddress& address) {
  const std::string queue = postfix.queue_directory + "/";
  if (address.kind == ListenAddress::Kind::unix_socket && address.path.starts_with(queue)) {
    return "unix:" + address.path.substr(queue.size());
  }
  return postfix_endpoint_text(address);
}

PostfixService policy_service_for(const MtaConfig& mta) {
  PostfixService ours;
  if (mta.postern.policy.empty()) return ours;
  ours.address = address_for(*mta.postfix, mta.postern.policy.front());
  ours.set("timeout", waiting_time(mta.postern.deadline));
  ours.set("default_action", "DUNNO");
  return ours;
}

std::string setting_line(const ConfigPlace& where, const std::string& name,
                         const std::string& value) {
  std::string line = name + (value.empty() ? " =" : " = " + with_dollars(value));
  const std::size_t end = where.setting.rfind("/" + name);
  if (end == std::string::npos || end == 0) return line;
  return "# at " + where.setting.substr(0, end) + " in master.cf\n  -o { " + line + " }";
}

std::string list_line(const RestrictionList& list, const std::vector<std::string>& elements) {
  if (!list.is_whole) return "# " + list.name + " has more in it than is looked at here";
  return setting_line(list.where, list.name, joined(elements));
}

namespace {

MilterCall fresh_milter(const MtaConfig& mta) {
  MilterCall call;
  call.service.address = address_for(*mta.postfix, *mta.postern.milter);
  return call;
}

}  // namespace

std::string milters_line(const MtaConfig& mta, const SmtpdService& service, MilterPlace place) {
  std::vector<std::string> texts;
  std::optional<std::size_t> at;
  std::string ours;
  for (const MilterCall& call : service.milters.calls) {
    const bool ours_already =
        call.endpoint && is_meant_for(mta, &service, *call.endpoint, *mta.postern.milter);
    const bool mistaken =
        !ours_already && call.endpoint &&
        mistake_in(mta, {&service, {}, &*call.endpoint, Door::milter}) != Mistake::none;
    if (!mistaken && !ours_already) {
      texts.push_back(call.service.to_string());
    } else if (!at) {
      PostfixService right = milter_as_it_has_to_be(mta, call);
      if (mistaken) right.address = address_for(*mta.postfix, *mta.postern.milter);
      ours = right.to_string();
      at = texts.size();
    }
  }
  if (!at) ours = milter_as_it_has_to_be(mta, fresh_milter(mta)).to_string();
  const std::size_t index = place == MilterPlace::same ? at.value_or(0) : 0;
  texts.insert(texts.begin() + static_cast<std::ptrdiff_t>(index), ours);
  return setting_line(service.milters.where, "smtpd_milters", joined(texts));
}

std::string sendmail_line(const MtaConfig& mta) {
  const std::string time = waiting_time(mta.postern.longest_greeting());
  return "INPUT_MAIL_FILTER(`postern', `S=" +
         (mta.postern.milter ? sendmail_endpoint_text(*mta.postern.milter) : "") +
         ", F=T, T=C:10s;S:10s;R:" + time + ";E:1m')dnl";
}

}  // namespace postern::doctor
