#include "ctl/cli/json_read.h"

#include <limits>

#include "common/base/escape.h"

namespace postern::ctl {
namespace {

int as_int(std::uint64_t value) {
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<int>::max());
  return static_cast<int>(std::min(value, kMax));
}

}  // namespace

std::string text_of(const boost::json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr || !value->is_string()) return {};
  const auto& text = value->get_string();
  return printable({text.data(), text.size()});
}

std::uint64_t count_of(const boost::json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr) return 0;
  if (value->is_uint64()) return value->get_uint64();
  if (value->is_int64() && value->get_int64() > 0) {
    return static_cast<std::uint64_t>(value->get_int64());
  }
  return 0;
}

double number_of(const boost::json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value != nullptr && value->is_double()) return value->get_double();
  return static_cast<double>(count_of(object, key));
}

bool is_true(const boost::json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_bool() && value->get_bool();
}

const boost::json::object& as_object(const boost::json::value& value) {
  static const boost::json::object none;
  return value.is_object() ? value.get_object() : none;
}

const boost::json::object& object_of(const boost::json::object& object, std::string_view key) {
  static const boost::json::value null;
  const auto* value = object.if_contains(key);
  return as_object(value == nullptr ? null : *value);
}

const boost::json::array& array_of(const boost::json::object& object, std::string_view key) {
  static const boost::json::array none;
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_array() ? value->get_array() : none;
}

Diagnostics diagnostics_of(const boost::json::object& reload) {
  Diagnostics diagnostics;
  for (const auto& item : array_of(reload, "diagnostics")) {
    const auto& object = as_object(item);
    const Position where{text_of(object, "file"), as_int(count_of(object, "line")),
                         as_int(count_of(object, "column"))};
    const bool is_error = text_of(object, "severity") == "error";
    diagnostics.add(
        {is_error ? Severity::error : Severity::warning, where, text_of(object, "message")});
  }
  return diagnostics;
}

}  // namespace postern::ctl
