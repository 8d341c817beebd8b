// Every setting of the table, for tests that go over all of them.
#pragma once

#include <string>
#include <type_traits>

#include "server/config/settings.h"

namespace postern::config {

template <class Part, class Get, class Each>
void for_each_setting_of(const std::string& section, const Get& part, const Each& each) {
  Part::describe([&]<class Form>(const Setting& setting, auto member, const Form& form) {
    const auto get = [ part, member ](auto& settings) -> auto& {
      return part(settings).*member;
    };
    if constexpr (std::is_same_v<Form, Section>) {
      using Inner = std::remove_reference_t<decltype(get(std::declval<Settings&>()))>;
      for_each_setting_of<Inner>((section.empty() ? "" : section + '.') + std::string(setting.key),
                                 get, each);
    } else {
      each(section, setting, get, form);
    }
  });
}

// Calls each(section, setting, get, form): `dns.cache`, the row of a key, what gives the value in
// Settings, and what it may be.
template <class Each>
void for_each_setting(const Each& each) {
  for_each_setting_of<Settings>(
      "", [](auto& settings) -> auto& { return settings; }, each);
}

}  // namespace postern::config
