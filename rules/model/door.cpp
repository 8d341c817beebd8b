#include "rules/model/door.h"

#include "common/base/words.h"

namespace postern {

std::string_view to_string(Door door) {
  using enum Door;
  static constexpr Word<Door> kWords[] = {{"policy", policy}, {"milter", milter}};
  return word_of(kWords, door);
}

}  // namespace postern
