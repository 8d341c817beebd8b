// What the rules were asked for. A value.
#pragma once

#include <cstdint>

#include "common/base/words.h"

namespace postern {

enum class Judged : std::uint8_t {
  deciding,
  noting,  // at this stage of a milter no rule can decide: only for what they note beside
  again,   // MAIL of a client that was refused at CONNECT or HELO: the verdict of then, once more
};
inline constexpr Word<Judged> kJudged[] = {
    {"deciding", Judged::deciding}, {"noting", Judged::noting}, {"again", Judged::again}};

}  // namespace postern
