#include "ctl/cli/bounded_text.h"

#include <array>

namespace postern::ctl {

Result<std::string> read_bounded(std::istream& in, std::size_t most_mib, const std::string& name) {
  std::string text;
  std::array<char, std::size_t{64} << 10> block{};
  while (in.good()) {
    in.read(block.data(), static_cast<std::streamsize>(block.size()));
    text.append(block.data(), static_cast<std::size_t>(in.gcount()));
    if (text.size() > most_mib << 20U) {
      return failure(name + " holds more than " + std::to_string(most_mib) + " MiB");
    }
  }
  if (in.bad()) return failure("cannot read " + name);
  return text;
}

}  // namespace postern::ctl
