// The fuzz targets by their names, where one program runs them all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>

namespace postern {

// As libFuzzer calls it: never fails but by ending the process.
using FuzzTarget = int (*)(const std::uint8_t* data, std::size_t size);

const std::map<std::string_view, FuzzTarget>& replay_targets();

}  // namespace postern
