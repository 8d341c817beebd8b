#include "common/base/bounce_tag.h"

#include <algorithm>
#include <array>

#include "common/base/ascii_case.h"

namespace postern {
namespace {

struct TagForm {
  std::string_view start;
  std::size_t decimal;
  std::size_t hexadecimal;
  std::string_view end;
};

constexpr std::array kForms{TagForm{"prvs=", 4, 6, "="}, TagForm{"btv1==", 3, 8, "=="}};

bool is_decimal(char c) {
  return c >= '0' && c <= '9';
}

bool is_hexadecimal(char c) {
  return is_decimal(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

std::size_t length_of(const TagForm& form, std::string_view text) {
  const std::size_t digits = form.decimal + form.hexadecimal;
  const std::size_t length = form.start.size() + digits + form.end.size();
  if (text.size() <= length) return 0;
  const std::string_view value = text.substr(form.start.size(), digits);
  const std::string_view day = value.substr(0, form.decimal);
  const bool fits = equal_ignoring_case(text.substr(0, form.start.size()), form.start) &&
                    std::all_of(day.begin(), day.end(), is_decimal) &&
                    std::all_of(value.begin(), value.end(), is_hexadecimal) &&
                    text.substr(form.start.size() + digits).starts_with(form.end);
  return fits ? length : 0;
}

}  // namespace

std::size_t bounce_tag_length(std::string_view local_part) {
  for (const TagForm& form : kForms) {
    if (const std::size_t length = length_of(form, local_part); length > 0) return length;
  }
  return 0;
}

}  // namespace postern
