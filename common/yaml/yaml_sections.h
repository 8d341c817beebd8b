// A YAML map with faults, section by section: what each key at the left margin holds, where that
// much is YAML. For a tool that goes on in spite of the faults. Pure; every byte is hostile.
#pragma once

#include <string_view>

#include "common/yaml/yaml_node.h"

namespace postern::yaml {

// A map of the sections that can be read, 1000 at most, of a key that is there twice the first. A
// section that cannot be read is a key without a value. Without members when `text` is longer than
// a YAML file may be.
YamlNode readable_sections(std::string_view text);

}  // namespace postern::yaml
