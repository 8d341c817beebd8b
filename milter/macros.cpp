#include "milter/macros.h"

#include <dlfcn.h>
#include <libmilter/mfdef.h>
#include <sys/time.h>

#include <algorithm>
#include <cstddef>

namespace postern::milter {

std::optional<std::string_view> told_macro(SMFICTX* context, const char* name) {
  const char* value = smfi_getsymval(context, const_cast<char*>(name));
  return value == nullptr ? std::nullopt : std::optional<std::string_view>(value);
}

std::string_view macro(SMFICTX* context, const char* name) {
  return told_macro(context, name).value_or(std::string_view{});
}

std::string_view macro(SMFICTX* context, Attribute attribute) {
  const std::string_view name = info_of(attribute).macro;  // a literal, with its NUL
  return name.empty() ? name : macro(context, name.data());
}

void drop_unpaired(std::span<char> strings) {
  if (std::count(strings.begin(), strings.end(), '\0') % 2 == 0) return;
  // What has no NUL behind it is no string to libmilter.
  *std::find(strings.rbegin(), strings.rend(), '\0') = '?';
}

}  // namespace postern::milter

// libmilter calls this function instead of its own of that name, because the program's come first
// when symbols are bound (as those of milter/libmilter_overrides.cpp do). Its own reads the next
// packet: `command` gets the letter, `size` the number of bytes, and the result belongs to
// libmilter.
extern "C" char* mi_rd_cmd(int connection, timeval* timeout, char* command, std::size_t* size,
                           char* name) {
  static const auto read = reinterpret_cast<decltype(&mi_rd_cmd)>(::dlsym(RTLD_NEXT, "mi_rd_cmd"));
  char* packet = read(connection, timeout, command, size, name);
  const bool has_macros = packet != nullptr && *command == SMFIC_MACRO && *size > 0;
  if (has_macros)
    postern::milter::drop_unpaired({packet + 1, *size - 1});  // behind a command's letter
  return packet;
}
