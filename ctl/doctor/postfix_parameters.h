// Parameters of Postfix as `postconf -n` writes them or main.cf has them, and what they come to:
// `$name`, `${name}`, `${name?{this}:{that}}`, `${{a} == {b} ? {this} : {that}}` (postconf(5)).
// Pure.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ctl/doctor/config_lines.h"

namespace postern::doctor {

// Replaces every name that `look_up` gives a value for, also in that value
// (ctl/doctor/postfix_expansion). Bounded: leaves out the rest of a loop, or of more than 64 KiB.
using PostfixLookup = std::function<std::string_view(std::string_view name)>;
std::string expand_postfix(std::string_view text, const PostfixLookup& look_up);

class PostfixParameters {
 public:
  // `below`, which outlives this, has what is not said here: main.cf below the -o of a service.
  explicit PostfixParameters(const PostfixParameters* below = nullptr) : below_(below) {}

  // What is said last counts, as with Postfix.
  void set(std::string name, std::string value, ConfigPlace where);

  [[nodiscard]] bool is_set(std::string_view name) const { return find(name) != nullptr; }
  // As it was written; else Postfix's own default, if we care for it.
  [[nodiscard]] std::string_view raw(std::string_view name) const;
  // With everything in it expanded. What cannot be (a loop, too much of it) is left out.
  [[nodiscard]] std::string value(std::string_view name) const;
  [[nodiscard]] std::string expanded(std::string_view text) const;
  [[nodiscard]] bool is_yes(std::string_view name) const;
  // Where it is said, or where it would be: main.cf.
  [[nodiscard]] ConfigPlace place(std::string_view name) const;

 private:
  struct Entry {
    std::string value;
    ConfigPlace where;
  };
  [[nodiscard]] const Entry* find(std::string_view name) const;

  const PostfixParameters* below_;
  std::map<std::string, Entry, std::less<>> entries_;
};

PostfixParameters read_postfix_parameters(const ConfigText& text);

// A service of master.cf, as master(5) or `postconf -M` writes it.
struct MasterService {
  std::string name;                                            // `smtp`, `127.0.0.1:2525`
  std::string type;                                            // `inet`, `unix`, `pass`, ...
  std::optional<bool> chroot;                                  // nothing: `-`, the default
  std::string command;                                         // `smtpd`
  std::vector<std::pair<std::string, std::string>> overrides;  // of -o, in their order
  ConfigPlace where;                                           // its setting: `smtp/inet`
};

// At most kMaxMasterServices. Lines that have not the eight columns are passed over.
inline constexpr std::size_t kMaxMasterServices = 500;
std::vector<MasterService> read_postfix_master(const ConfigText& text);

}  // namespace postern::doctor
