#include "ctl/radar/journal_tail.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <istream>
#include <memory>
#include <set>
#include <system_error>
#include <vector>

#include "common/base/whole_number.h"
#include "common/os/unpacked_file.h"
#include "rules/journal/journal_line.h"
#include "server/journal/segment_list.h"

namespace postern::ctl {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kTailBlock = std::size_t{256} << 10;

// Of a packed file what is in front has to be read; of another one not.
std::unique_ptr<std::istream> open_at(const std::string& path, std::uint64_t bytes) {
  if (!path.ends_with(".zst")) {
    auto in = std::make_unique<std::ifstream>(path, std::ios::binary);
    in->seekg(static_cast<std::streamoff>(bytes));
    return in;
  }
  auto in = os::open_unpacked(path);
  if (in != nullptr) in->ignore(static_cast<std::streamsize>(bytes));
  return in;
}

}  // namespace

Result<void> JournalTail::read(const Take& take) {
  const auto segments = journal::whole_segments_in(folder_);
  if (!segments) return tl::unexpected(segments.error());
  std::set<std::string> there;
  for (const journal::SegmentPlace& segment : *segments) {
    const auto name = there.insert(journal::unpacked_name(segment.name)).first;
    read_segment(segment.path, done_[*name], take);
  }
  std::erase_if(done_, [&](const auto& one) { return !there.contains(one.first); });
  return {};
}

void JournalTail::read_segment(const std::string& path, Done& done, const Take& take) {
  std::error_code failed;
  const bool is_packed = path.ends_with(".zst");
  if (done.whole || (!is_packed && fs::file_size(path, failed) <= done.bytes)) return;
  const auto in = open_at(path, done.bytes);
  if (in == nullptr) return;
  std::string text;
  std::vector<char> block(kTailBlock);
  while (in->good()) {
    in->read(block.data(), static_cast<std::streamsize>(block.size()));
    text.append(block.data(), static_cast<std::size_t>(in->gcount()));
    std::string_view rest = text;
    for (auto end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
      take_line(rest.substr(0, end), take);
      rest.remove_prefix(end + 1);
    }
    // What is longer than any line comes from nobody who writes a journal.
    if (rest.size() > journal::kMaxLine) rest = {};
    done.bytes += text.size() - rest.size();
    text.erase(0, text.size() - rest.size());
  }
  done.whole = is_packed;
}

void JournalTail::take_line(std::string_view line, const Take& take) {
  const auto read = journal::read_line(line);
  if (!read) ++damaged_;
  if (read && std::holds_alternative<journal::JournalRecord>(*read)) {
    take(std::get<journal::JournalRecord>(*read));
  }
}

std::string JournalTail::place() const {
  std::string text;
  for (const auto& [name, done] : done_) {
    text += name + " " + std::to_string(done.bytes) + (done.whole ? " whole\n" : " open\n");
  }
  return text;
}

bool JournalTail::go_to(std::string_view place) {
  done_.clear();
  while (!place.empty()) {
    const std::string_view line = place.substr(0, place.find('\n'));
    place.remove_prefix(std::min(line.size() + 1, place.size()));
    if (!go_to_line(line)) {
      done_.clear();
      return false;
    }
  }
  return true;
}

bool JournalTail::go_to_line(std::string_view line) {
  const std::size_t name = line.find(' ');
  const std::size_t number = line.rfind(' ');
  if (name == std::string_view::npos || number == name) return false;
  const auto bytes = parse_whole<std::uint64_t>(line.substr(name + 1, number - name - 1));
  const std::string_view state = line.substr(number + 1);
  if (!bytes || (state != "open" && state != "whole")) return false;
  done_[std::string(line.substr(0, name))] = {*bytes, state == "whole"};
  return true;
}

}  // namespace postern::ctl
