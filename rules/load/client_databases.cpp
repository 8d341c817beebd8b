#include "rules/load/client_databases.h"

#include <utility>

#include "rules/attribute.h"

namespace postern::load {
namespace {

using Shared = std::shared_ptr<const lists::ClientDatabase>;

Result<Shared> read_database(lists::ClientFact fact, const std::string& path,
                             const ReadListFile& read_list, const Snapshot* previous) {
  const auto bytes = read_list.database(path);
  if (!bytes) return tl::unexpected(bytes.error());
  const Shared before = previous != nullptr ? previous->database(fact) : nullptr;
  if (before && before->fingerprint() == fingerprint_of(*bytes)) return before;
  auto database = lists::ClientDatabase::of(fact, *bytes);
  if (!database) return failure(path + ": " + database.error().text);
  return std::make_shared<const lists::ClientDatabase>(*std::move(database));
}

}  // namespace

void load_client_databases(yaml::ConfigMap& top, const ReadListFile& read_list,
                           const Snapshot* previous, SnapshotBuilder& builder) {
  const yaml::YamlNode* node = top.find("databases");
  if (node == nullptr) return;
  yaml::ConfigMap map(*node, "databases", top.diagnostics());
  for (const AttributeInfo& info : attributes()) {
    const auto fact = database_fact(info.attribute);
    if (!fact) continue;
    const auto path = map.text(info.word);
    if (!path) continue;
    auto database = read_database(*fact, *path, read_list, previous);
    if (!database) {
      const bool is_error = read_list.lack_of_database() == Severity::error;
      const std::string then =
          is_error ? ""
                   : "; until it can be read, no condition on " + std::string(info.word) +
                         " matches, and what is refused below a rule that spares by one is "
                         "deferred";
      top.diagnostics().add({read_list.lack_of_database(), map.find(info.word)->where,
                             "databases: " + database.error().text + then});
    }
    builder.set_database(*fact, database.value_or(nullptr));
  }
  map.finish();
}

}  // namespace postern::load
