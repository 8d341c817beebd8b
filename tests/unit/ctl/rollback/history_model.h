// What a history has to be: of each entry of a list, which line it has after which change, and
// which changes can be taken back.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace postern::ctl {

// `campaign a.example` is the key; the value is its line without the entry: `reason=r1 owner=ann`.
using Entries = std::map<std::string, std::string>;

struct ModelChange {
  std::string at;
  std::string user;
  std::string command;
  Entries before;  // all that there was
  Entries after;
  // The keys of the lines that have changed, those that were only moved, too.
  std::set<std::string> touched;
  std::optional<int> undoes = std::nullopt;
  bool undone = false;
};

class HistoryModel {
 public:
  [[nodiscard]] const Entries& entries() const { return entries_; }
  [[nodiscard]] int size() const { return static_cast<int>(changes_.size()); }
  [[nodiscard]] const ModelChange& at(int number) const {
    return changes_[static_cast<std::size_t>(number - 1)];
  }

  void edit_by_hand(const std::string& key, const std::string& line) { entries_[key] = line; }

  void add(ModelChange change) {
    entries_ = change.after;
    const auto undoes = change.undoes;
    changes_.push_back(std::move(change));
    if (undoes) mark(*undoes, true);
  }

  // 0: none.
  [[nodiscard]] int last_of(const std::string& user) const {
    for (int number = size(); number > 0; --number) {
      const ModelChange& one = at(number);
      if (one.user == user && !one.undoes && !one.undone) return number;
    }
    return 0;
  }

  // The entries as they are when that change is taken back; nothing: it cannot be.
  [[nodiscard]] std::optional<Entries> without(int number) const {
    if (number < 1 || number > size() || at(number).undone) return std::nullopt;
    const ModelChange& undone = at(number);
    Entries entries = entries_;
    for (const std::string& key : undone.touched) {
      if (line_of(entries_, key) != line_of(undone.after, key) || is_touched_after(number, key)) {
        return std::nullopt;
      }
      entries.erase(key);
      if (const auto line = line_of(undone.before, key)) entries[key] = *line;
    }
    return entries;
  }

  static std::optional<std::string> line_of(const Entries& entries, const std::string& key) {
    const auto found = entries.find(key);
    return found == entries.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  // Taking back what took something back is having it again.
  void mark(int number, bool undone) {
    ModelChange& change = changes_[static_cast<std::size_t>(number - 1)];
    change.undone = undone;
    if (change.undoes) mark(*change.undoes, !undone);
  }

  // By one that is in force, and does not only end what was in between.
  [[nodiscard]] bool is_touched_after(int number, const std::string& key) const {
    for (int later = number + 1; later <= size(); ++later) {
      const ModelChange& one = at(later);
      if (one.undone || !one.touched.contains(key)) continue;
      if (!one.undoes || *one.undoes <= number) return true;
    }
    return false;
  }

  Entries entries_;
  std::vector<ModelChange> changes_;
};

}  // namespace postern::ctl
