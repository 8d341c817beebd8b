#include "rules/checks/check_list.h"

namespace postern::checks {

const CheckInfo* find_check(std::string_view name) {
  for (const CheckInfo* info : all_checks()) {
    if (info->name == name) return info;
  }
  return nullptr;
}

}  // namespace postern::checks
