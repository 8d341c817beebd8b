#include "ctl/why/decision_logs.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <sstream>

#include "common/os/unpacked_file.h"
#include "ctl/cli/program_output.h"
#include "ctl/log/line_search.h"
#include "ctl/log/log_line.h"

namespace postern::ctl {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxMtaLines = 1000;
constexpr const char* kJournal = "the journal";

// `postern.log` and `postern.log.1`, `postern.log.2.gz`, `postern.log-20261121`; newest first.
std::vector<std::string> with_rotated(const std::string& file) {
  std::vector<std::pair<fs::file_time_type, std::string>> found;
  std::error_code error;
  const fs::path path(file);
  const std::string name = path.filename().string();
  for (const auto& item : fs::directory_iterator(path.parent_path(), error)) {
    const std::string other = item.path().filename().string();
    const bool rotated = other.starts_with(name + ".") || other.starts_with(name + "-");
    if (other == name || !rotated || !item.is_regular_file(error)) continue;
    found.emplace_back(item.last_write_time(error), item.path().string());
  }
  std::sort(found.rbegin(), found.rend());
  std::vector<std::string> files{file};
  for (auto& [time, rotated] : found) files.push_back(std::move(rotated));
  return files;
}

// For PCRE, which journalctl --grep takes: every byte stands for itself.
std::string as_pattern(const std::vector<std::string>& needles) {
  std::string pattern;
  for (const std::string& needle : needles) {
    if (!pattern.empty()) pattern += '|';
    for (const char c : needle) {
      const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
      if (!plain) pattern += '\\';
      pattern += c;
    }
  }
  return pattern;
}

class LogSearch {
 public:
  LogSearch(const std::vector<Clue>& clues, std::vector<DecisionSearch>& searches)
      : searches_(searches) {
    for (std::size_t i = 0; i < clues.size(); ++i) {
      const auto needles = needles_of(clues[i]);
      if (!needles.empty()) wanted_.push_back(i);
      for (const std::string& needle : needles) clues_by_needle_[needle].push_back(i);
    }
    for (const auto& [needle, clues_of_it] : clues_by_needle_) needles_.push_back(needle);
  }

  [[nodiscard]] const std::vector<std::string>& needles() const { return needles_; }

  void file(const std::string& path) {
    const auto log = os::open_unpacked(path);
    if (!log) {
      result_.notes.push_back(path + " cannot be opened");
    } else if (!lines_of(*log, path)) {
      result_.notes.push_back(path + " cannot be read to its end");
    }
  }

  void journal() {
    const auto output = program_output({"journalctl", "--quiet", "--no-pager", "-o", "short-iso",
                                        "-u", "postern-policyd", "-u", "postern-milter", "-r", "-n",
                                        "2000", "-g", as_pattern(needles_)});
    // It ends with 1 when there is no such line.
    if (!output && !output.error().text.ends_with("status 1")) {
      result_.notes.push_back("the journal cannot be read: " + output.error().text);
      return;
    }
    std::istringstream lines(output.value_or(""));
    lines_of(lines, kJournal);
  }

  [[nodiscard]] bool all_found() const {
    return std::all_of(wanted_.begin(), wanted_.end(),
                       [&](std::size_t clue) { return searches_[clue].best().has_value(); });
  }

  SearchedLogs take() { return std::move(result_); }

 private:
  bool lines_of(std::istream& in, const std::string& name) {
    result_.read.push_back(name);
    return find_lines(in, needles_, [&](std::string_view line) { add(line, name); });
  }

  void add(std::string_view line, const std::string& name) {
    if (!is_decision_line(line)) {
      if (result_.mta_lines.size() < kMaxMtaLines) result_.mta_lines.emplace_back(line);
      return;
    }
    std::vector<bool> asked(searches_.size());
    for (const auto& [needle, clues] : clues_by_needle_) {
      if (line.find(needle) == std::string_view::npos) continue;
      for (const std::size_t clue : clues) {
        if (!asked[clue]) searches_[clue].add(line, name);
        asked[clue] = true;
      }
    }
  }

  std::vector<DecisionSearch>& searches_;
  std::map<std::string, std::vector<std::size_t>> clues_by_needle_;
  std::vector<std::string> needles_;
  std::vector<std::size_t> wanted_;  // clues that are looked for
  SearchedLogs result_;
};

}  // namespace

DecisionLogs decision_logs(const std::vector<std::string>& named,
                           const config::Settings& settings) {
  if (!named.empty()) return {named, true};
  if (!settings.log.file.empty()) return {with_rotated(settings.log.file), false};
  return {};
}

SearchedLogs search_logs(const DecisionLogs& logs, const std::vector<Clue>& clues,
                         std::vector<DecisionSearch>& searches) {
  LogSearch search(clues, searches);
  if (search.needles().empty()) return {};
  if (logs.files.empty()) search.journal();
  for (const std::string& file : logs.files) {
    if (!logs.all && search.all_found()) break;
    search.file(file);
  }
  return search.take();
}

}  // namespace postern::ctl
