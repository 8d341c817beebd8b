#include "server/config/rule_source.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <filesystem>
#include <string_view>
#include <thread>
#include <utility>

#include "common/os/text_file.h"
#include "common/yaml/config_map.h"
#include "rules/load/rule_file.h"
#include "rules/spf/kept_networks.h"
#include "server/config/generation_store.h"

namespace postern::config {
namespace {

// Of files that change while they are read.
constexpr int kTries = 5;
constexpr std::chrono::milliseconds kFirstPause{10};

// Each file once; their texts stay where they are.
class SourceReader {
 public:
  explicit SourceReader(os::Links links = os::Links::follow) : links_(links) {}

  Result<std::string_view> read(const std::string& path, std::size_t max_bytes) {
    const auto known = std::find_if(files_.begin(), files_.end(),
                                    [&](const Entry& entry) { return entry.file.path == path; });
    const Entry& entry = known == files_.end() ? read_anew(path, max_bytes) : *known;
    if (entry.error) return tl::unexpected<Error>(*entry.error);
    return entry.file.text;
  }

  // Of the first file that could not be read just now.
  [[nodiscard]] std::optional<Error> why_not_now() const {
    for (const Entry& entry : files_) {
      if (entry.error && entry.error->is_not_now()) return *entry.error;
    }
    return std::nullopt;
  }

  [[nodiscard]] std::vector<SourceFile> take() {
    std::vector<SourceFile> result;
    for (Entry& entry : files_) result.push_back(std::move(entry.file));
    return result;
  }

 private:
  struct Entry {
    SourceFile file;
    std::optional<os::SystemError> error;
  };

  const Entry& read_anew(const std::string& path, std::size_t max_bytes) {
    Entry& entry = files_.emplace_back();
    entry.file.path = path;
    entry.file.looked_at = os::identify_quiet_file(path);
    auto read = os::read_identified_file(path, max_bytes, links_);
    if (read) {
      entry.file.text = std::move(read->text);
      entry.file.identity = read->identity;
    } else {
      entry.error = read.error();
    }
    return entry;
  }

  os::Links links_;
  std::deque<Entry> files_;
};

// One that is not what it was when it was read; null when all are.
const SourceFile* find_changed(const std::vector<SourceFile>& files) {
  for (const SourceFile& file : files) {
    const bool another_was_opened = file.identity.there && file.identity != file.looked_at;
    if (another_was_opened || os::identify_file(file.path) != file.looked_at) return &file;
  }
  return nullptr;
}

// The links that lead there are followed, as those to the generations are: behind that none is.
std::string without_links(const std::string& folder) {
  std::error_code error;
  const auto real = std::filesystem::canonical(folder, error);
  return error ? folder : real.string();
}

// Of secrets that rules name; they are noted in the target.
LoadTarget noting(std::vector<std::string>& secrets, LoadTarget target) {
  target.outside.secrets = &secrets;
  return target;
}

os::FileIdentities identified(const std::vector<std::string>& files) {
  os::FileIdentities identities;
  for (const std::string& file : files) identities.emplace(file, os::identify_file(file));
  return identities;
}

// What no person writes: the networks of lists out of SPF, and databases.
class BesideReader {
 public:
  BesideReader(std::string rule_file, const std::string& state_folder, Severity lack_of_database)
      : rule_file_(std::move(rule_file)),
        state_folder_(without_links(state_folder)),
        lack_of_database_(lack_of_database) {}

  load::ReadListFile with(load::ReadListFile read_list) {
    read_list.with_databases(
        [this](const std::string& file) {
          return databases_.read(resolve_beside(rule_file_, file), kMaxDatabase);
        },
        lack_of_database_);
    if (!state_folder_.empty()) {
      read_list.with_kept([this](const std::string& list) {
        const std::string path = kept_networks_path(state_folder_, list);
        return load::ReadListFile::Kept{path, networks_.read(path, spf::kMaxKeptFile)};
      });
    }
    return read_list;
  }

  // What was read, and whether it could not be read just now.
  void give(RulesRead& read) {
    for (SourceReader* reader : {&networks_, &databases_}) {
      if (!read.not_now) read.not_now = reader->why_not_now();
      read.beside.merge(identities_of(reader->take()));
    }
  }

 private:
  std::string rule_file_;
  std::string state_folder_;
  Severity lack_of_database_;
  SourceReader networks_{os::Links::refuse};  // the folder is the daemons', and this may be root
  SourceReader databases_;
};

RulesRead load_files(const std::string& rule_file, const std::string& state_folder,
                     const LoadTarget& target, std::uint64_t generation, const Snapshot* previous) {
  BesideReader beside(rule_file, state_folder, Severity::error);
  SourceReader reader;
  RulesRead read;
  std::vector<std::string> secrets;
  if (const auto text = reader.read(rule_file, kMaxRuleFile)) {
    const auto read_list = beside.with([&](const std::string& list) {
      return reader.read(resolve_beside(rule_file, list), kMaxListFile);
    });
    read.snapshot = load::load_rules(*text, rule_file, read_list, generation,
                                     noting(secrets, target), read.diagnostics, previous);
  } else {
    read.diagnostics.error({rule_file}, text.error().text);
  }
  read.not_now = reader.why_not_now();
  read.files = reader.take();
  read.secrets = identified(secrets);
  beside.give(read);
  return read;
}

RulesRead load_texts(const std::vector<SourceFile>& files, const std::string& state_folder,
                     Severity lack_of_database, const LoadTarget& target, std::uint64_t generation,
                     const Snapshot* previous) {
  RulesRead read;
  if (files.empty()) return read;
  std::vector<std::string> secrets;
  const SourceFile& rules = files.front();
  BesideReader beside(rules.path, state_folder, lack_of_database);
  const auto read_list = beside.with([&](const std::string& list) -> Result<std::string_view> {
    const std::string path = resolve_beside(rules.path, list);
    for (const SourceFile& file : files) {
      if (file.path == path) return std::string_view(file.text);
    }
    return failure("cannot read " + path + ": it is none of the files of the generation");
  });
  read.snapshot = load::load_rules(rules.text, rules.path, read_list, generation,
                                   noting(secrets, target), read.diagnostics, previous);
  read.secrets = identified(secrets);
  beside.give(read);
  return read;
}

}  // namespace

RuleSource RuleSource::files(std::string rule_file, std::string state_folder) {
  return RuleSource([file = std::move(rule_file), state = std::move(state_folder)](
                        const LoadTarget& target, std::uint64_t generation,
                        const Snapshot* previous) {
    auto pause = kFirstPause;
    for (int tries = 1;; ++tries, pause *= 2) {
      RulesRead read = load_files(file, state, target, generation, previous);
      const SourceFile* changed = find_changed(read.files);
      if (changed == nullptr) return read;
      if (tries == kTries) {
        read.diagnostics = {};
        read.diagnostics.error(
            {changed->path},
            yaml::found_want("a file that changes while it is read", "one that nobody is writing"));
        read.snapshot.reset();
        return read;
      }
      std::this_thread::sleep_for(pause);
    }
  });
}

RuleSource RuleSource::stored(const GenerationStore& store, StoredGeneration kept) {
  return RuleSource([&store, kept = std::move(kept)](const LoadTarget& target,
                                                     std::uint64_t generation,
                                                     const Snapshot* previous) {
    auto files = store.read(kept);
    if (files) {
      RulesRead read =
          load_texts(*files, store.state_folder(), Severity::warning, target, generation, previous);
      read.files = std::move(*files);
      return read;
    }
    RulesRead read;
    read.diagnostics.error({store.folder()}, files.error().text);
    if (files.error().is_not_now()) read.not_now = files.error();
    return read;
  });
}

RuleSource RuleSource::edited(const std::vector<SourceFile>& files, std::string state_folder) {
  return RuleSource([&files, state = std::move(state_folder)](const LoadTarget& target,
                                                              std::uint64_t generation,
                                                              const Snapshot* previous) {
    return load_texts(files, state, Severity::error, target, generation, previous);
  });
}

os::FileIdentities identities_of(const std::vector<SourceFile>& files) {
  os::FileIdentities identities;
  for (const SourceFile& file : files) identities.emplace(file.path, file.looked_at);
  return identities;
}

std::string kept_networks_path(const std::string& state_folder, const std::string& list) {
  return state_folder + "/spf/" + list;
}

std::string resolve_beside(const std::string& beside, const std::string& file) {
  return (std::filesystem::path(beside).parent_path() / file).lexically_normal().string();
}

std::string absolute_path(const std::string& path) {
  std::error_code error;
  const std::filesystem::path whole = std::filesystem::absolute(path, error);
  return (error ? std::filesystem::path(path) : whole).lexically_normal().string();
}

}  // namespace postern::config
