#include "ctl/doctor/postfix_master.h"

#include <string_view>

#include "ctl/doctor/postfix_words.h"

namespace postern::doctor {
namespace {

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
