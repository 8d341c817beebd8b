#include "ctl/rollback/kept_generations.h"

#include <algorithm>

#include "ctl/cli/installation.h"

namespace postern::ctl {

Result<config::GenerationStore> kept_generations(const config::Settings& settings,
                                                 const std::string& settings_file) {
  const StateFolder state = state_folder_in_use(settings, std::nullopt);
  if (!state.path.empty()) return config::GenerationStore::open_to_read(state.path);
  return failure("no generations are kept; want 'state: /var/lib/postern' in " + settings_file);
}

std::string kept_text(const config::StoredFile* file) {
  if (file == nullptr) return {};
  auto read = config::read_copy(*file);
  return read ? std::move(read->text) : std::string();
}

const config::StoredFile* file_of(const config::StoredGeneration& generation,
                                  const std::string& path) {
  const auto found =
      std::find_if(generation.files.begin(), generation.files.end(),
                   [&](const config::StoredFile& file) { return file.path == path; });
  return found == generation.files.end() ? nullptr : &*found;
}

}  // namespace postern::ctl
