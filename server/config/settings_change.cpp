#include "server/config/settings_change.h"

#include <type_traits>

namespace postern::config {
namespace {

template <class Form>
constexpr bool kIsSection = std::is_same_v<Form, Section>;

template <class Part>
void compare(const std::string& above, const Part& running, const Part& read,
             SettingsChange& change) {
  Part::describe([&]<class Form>(const Setting& setting, auto member, const Form& /*form*/) {
    const std::string key = above + std::string(setting.key);
    if constexpr (kIsSection<Form>) {
      if constexpr (requires { (running.*member).off; }) {
        if ((running.*member).off != (read.*member).off) change.live.push_back(key);
      }
      compare(key + '.', running.*member, read.*member, change);
    } else if (!(running.*member == read.*member)) {
      (setting.taken == Taken::live ? change.live : change.restart).push_back(key);
    }
  });
}

template <class Part>
void keep_until_restart(const Part& running, Part& read) {
  Part::describe([&]<class Form>(const Setting& setting, auto member, const Form& /*form*/) {
    if constexpr (kIsSection<Form>) {
      keep_until_restart(running.*member, read.*member);
    } else if (setting.taken == Taken::at_restart) {
      read.*member = running.*member;
    }
  });
}

}  // namespace

SettingsChange compare_settings(const Settings& running, const Settings& read) {
  SettingsChange change;
  compare("", running, read, change);
  return change;
}

Settings settings_in_force(const Settings& running, Settings read) {
  keep_until_restart(running, read);
  return read;
}

}  // namespace postern::config
