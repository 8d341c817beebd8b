// The reason of a failed system call: as text for a person, as a number for who may try again.
#pragma once

#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "common/base/result.h"

namespace postern::os {

// Whether an errno means "not now" and not "wrong": what was asked for may succeed a moment later
// without a person. Descriptors, memory, room on a disk and locks come back, a disk or a server of
// files that stuttered may be read again, and an interrupted call is made anew. All others, as
// ENOENT or EACCES, are for a person. The one table of them; what accept(2) leaves in the system's
// queue has its own (common/os/accept_shortage.h).
constexpr bool is_not_now(int error_number) {
  switch (error_number) {
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOBUFS:
    case ENOSPC:
    case EDQUOT:
    case EIO:
    case EAGAIN:
    case EINTR:
    case EBUSY:
    case ENOLCK:
    case ESTALE:
    case ETIMEDOUT:
      return true;
    default:
      return false;
  }
}

// An error that remembers which one the system gave. Everywhere an Error is wanted it is one.
struct SystemError : Error {
  SystemError() = default;
  explicit SystemError(Error error, int system = 0) : Error(std::move(error)), number(system) {}
  int number = 0;  // errno; 0: the system had nothing to do with it
  [[nodiscard]] bool is_not_now() const { return postern::os::is_not_now(number); }
};

template <class T>
using SystemResult = tl::expected<T, SystemError>;

// `cannot open /etc/x: Permission denied`
inline tl::unexpected<SystemError> system_failure(std::string_view what, int error_number = errno) {
  return tl::unexpected<SystemError>(SystemError(
      {"cannot " + std::string(what) + ": " + std::generic_category().message(error_number)},
      error_number));
}

// The same error, under what was being done.
inline tl::unexpected<SystemError> failure_of(std::string text, const SystemError& cause) {
  return tl::unexpected<SystemError>(SystemError({std::move(text)}, cause.number));
}

// What the system had nothing to do with, where its errors are told apart.
inline tl::unexpected<SystemError> lasting_failure(std::string text) {
  return tl::unexpected<SystemError>(SystemError({std::move(text)}));
}

}  // namespace postern::os
