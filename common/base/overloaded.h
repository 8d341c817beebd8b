// One function object out of several, for std::visit: one for each alternative of a variant, so
// that an alternative without one does not compile.
#pragma once

namespace postern {

template <class... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};
template <class... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

}  // namespace postern
