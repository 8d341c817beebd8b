#include "ctl/radar/radar_memory.h"

#include <array>
#include <filesystem>
#include <system_error>

#include "common/os/atomic_file.h"
#include "common/os/text_file.h"
#include "rules/radar/state_text.h"

namespace postern::ctl {
namespace {

constexpr std::string_view kMemoryHeader = "postern-radar-memory 1\n";
constexpr std::size_t kMaxMemoryFile = std::size_t{1} << 30;

// The parts behind the secret, each after its length.
template <class Memory>
auto parts_of(Memory& memory) {
  return std::array{&memory.tables, &memory.campaigns, &memory.place};
}

}  // namespace

std::string memory_path(const std::string& state_folder) {
  return state_folder + "/radar-memory";
}

Result<std::optional<RadarMemory>> read_memory(const std::string& path) {
  std::error_code failed;
  if (!std::filesystem::exists(path, failed) && !failed) return std::nullopt;
  const auto text = os::read_text_file(path, kMaxMemoryFile);
  if (!text) return tl::unexpected(text.error());
  if (!text->starts_with(kMemoryHeader)) return std::nullopt;
  std::string_view rest = std::string_view(*text).substr(kMemoryHeader.size());
  const std::size_t head = rest.find('\n');
  if (head == std::string_view::npos) return std::nullopt;
  radar::StateReader in(rest.substr(0, head));
  rest.remove_prefix(head + 1);
  RadarMemory memory;
  std::string secret;
  in.text(secret);
  if (secret.size() != memory.secret.size()) return std::nullopt;
  std::copy(secret.begin(), secret.end(), memory.secret.begin());
  for (std::string* part : parts_of(memory)) {
    std::size_t length = 0;
    in.number(length);
    if (!in.is_good() || length > rest.size()) return std::nullopt;
    *part = rest.substr(0, length);
    rest.remove_prefix(length);
  }
  if (!in.is_at_end() || !rest.empty()) return std::nullopt;
  return memory;
}

Result<void> write_memory(const std::string& path, const RadarMemory& memory) {
  radar::StateWriter head;
  head.text(std::string(memory.secret.begin(), memory.secret.end()));
  for (const std::string* part : parts_of(memory)) head.number(part->size());
  std::string text = std::string(kMemoryHeader) + head.take() + "\n";
  for (const std::string* part : parts_of(memory)) text += *part;
  return os::replace_file(path, text, os::NewReaders::owner);
}

}  // namespace postern::ctl
