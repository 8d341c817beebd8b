#include "rules/model/door.h"

namespace postern {

std::string_view to_string(Door door) {
  switch (door) {
    case Door::policy:
      return "policy";
    case Door::milter:
      return "milter";
  }
  return "";
}

}  // namespace postern
