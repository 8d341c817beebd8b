// The one way an expected failure is returned while serving: as a value.
// Exceptions end start-up only. Both types are plain values without thread affinity.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace postern {

// What was found and what would be right, for a person; never starts with a capital, no final dot.
struct Error {
  std::string text;
  friend bool operator==(const Error&, const Error&) = default;
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> failure(std::string text) {
  return tl::unexpected<Error>(Error{std::move(text)});
}

}  // namespace postern
