// A look at a text before it is read as YAML: yaml-cpp keeps all that stands between the first
// bracket and the last, because the whole may turn out to be a key. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace postern::yaml {

// Where in `text` the byte stands with which there are too many brackets, commas, quotes and other
// characters that begin something, wherever they stand: more than `max_values` values written in
// braces and brackets have. Nothing when there are not.
std::optional<std::size_t> find_excess(std::string_view text, std::size_t max_values);

}  // namespace postern::yaml
