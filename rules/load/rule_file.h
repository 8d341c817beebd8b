// Reads a rule file (postern-rules(5)) and the lists beside it into a snapshot. Everything wrong
// with it is reported in one go, with file:line:column. No I/O of its own: list files come through
// a function of the caller's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "common/base/diagnostic.h"
#include "common/base/result.h"
#include "rules/model/door.h"
#include "rules/snapshot.h"

namespace postern::load {

// What it must return, and nothing else that becomes such a view: of a string it would be a view of
// what is gone, which std::function would not mind. A function may have nothing but errors.
template <class Read>
concept ReadsListFile =
    std::is_same_v<std::invoke_result_t<Read&, const std::string&>, Result<std::string_view>> ||
    std::is_same_v<std::invoke_result_t<Read&, const std::string&>, tl::unexpected<Error>>;

// The whole content of the list file that a rule file names; a relative path is relative to the
// rule file's folder. The view lasts as long as the load. The error says why it could not be read.
class ReadListFile {
 public:
  template <ReadsListFile Read>
  // NOLINTNEXTLINE(google-explicit-constructor): as std::function
  ReadListFile(Read read) : read_(std::move(read)) {}

  Result<std::string_view> operator()(const std::string& path) const { return read_(path); }

  // Where the networks of a list out of SPF are kept, and what is there, as long as the load; or
  // why it cannot be read.
  struct Kept {
    std::string path;
    Result<std::string_view> text;
  };
  // The database that a rule file names, as a list file. `lack` is what it is that one cannot be
  // read, or is damaged: what nobody can mend by another rule file is a warning.
  using ReadDatabase = std::function<Result<std::string_view>(const std::string& path)>;
  ReadListFile& with_databases(ReadDatabase read, Severity lack) {
    read_database_ = std::move(read);
    lack_ = lack;
    return *this;
  }
  [[nodiscard]] Result<std::string_view> database(const std::string& path) const {
    return read_database_ ? read_database_(path) : read_(path);
  }
  [[nodiscard]] Severity lack_of_database() const { return lack_; }

  using ReadKept = std::function<Kept(const std::string& list)>;
  ReadListFile& with_kept(ReadKept read) {
    read_kept_ = std::move(read);
    return *this;
  }
  [[nodiscard]] Kept kept(const std::string& list) const {
    if (read_kept_) return read_kept_(list);
    return {{}, failure("there is no state folder")};
  }

 private:
  std::function<Result<std::string_view>(const std::string& path)> read_;
  ReadKept read_kept_;
  ReadDatabase read_database_;
  Severity lack_ = Severity::error;
};

// `file` is the name for messages. Null when there are errors; warnings alone do not matter. Lists
// of `previous` (may be null) that a load would give again are shared with it.
std::shared_ptr<Snapshot> load_rules(std::string_view text, const std::string& file,
                                     const ReadListFile& read_list, std::uint64_t generation,
                                     const LoadTarget& target, Diagnostics& diagnostics,
                                     const Snapshot* previous = nullptr);

}  // namespace postern::load
