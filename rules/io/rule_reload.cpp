#include "rules/io/rule_reload.h"

#include <algorithm>
#include <cstddef>

#include "rules/io/configuration.h"

namespace postern {

void log_diagnostics(const Diagnostics& diagnostics, DaemonLog& log) {
  const auto& all = diagnostics.all();
  const auto shown = std::min<std::size_t>(all.size(), Diagnostics::kShown);
  for (std::size_t i = 0; i < shown; ++i) {
    const bool is_error = all[i].severity == Severity::error;
    log.write(is_error ? LogLevel::error : LogLevel::warning, all[i].to_string());
  }
  if (shown < all.size()) {
    log.warning("and " + std::to_string(all.size() - shown) + " more messages");
  }
}

Reload reload_rules(const std::string& file, const Audience& audience, SnapshotStore& store,
                    DaemonLog& log) {
  const std::uint64_t generation = store.current()->generation();
  Diagnostics diagnostics;
  auto snapshot = read_rules(file, generation + 1, audience, diagnostics);
  log_diagnostics(diagnostics, log);
  if (!snapshot) {
    log.error("reload refused: " + std::to_string(diagnostics.errors()) + " errors in " + file +
              ", generation " + std::to_string(generation) + " stays");
    return Reload::refused;
  }
  log.info("reload done: " + std::to_string(snapshot->rules().size()) + " rules, " +
           std::to_string(snapshot->lists().size()) + " lists from " + file + ", generation " +
           std::to_string(generation + 1));
  store.replace(std::move(snapshot));
  return Reload::done;
}

}  // namespace postern
