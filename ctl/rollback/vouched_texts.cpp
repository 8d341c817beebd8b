#include "ctl/rollback/vouched_texts.h"

#include <openssl/sha.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>

#include "common/base/escape.h"
#include "common/os/atomic_file.h"
#include "common/os/text_file.h"
#include "server/config/rule_source.h"

namespace postern::ctl {
namespace {

constexpr std::size_t kMaxVouched = std::size_t{64} << 20;
constexpr std::string_view kBeforePath = "  ";

std::string line_of(const std::string& digest, const std::string& path) {
  return digest + std::string(kBeforePath) + path;
}

std::string_view path_in(std::string_view line) {
  return line.substr(
      std::min(line.size(), std::size_t{2} * SHA256_DIGEST_LENGTH + kBeforePath.size()));
}

// Of several that do it at once each has its turn.
constexpr int kTries = 5;

Result<void> add_and_write(const std::string& rules_file,
                           const std::vector<config::SourceFile>& files) {
  for (int tries = 1;; ++tries) {
    VouchedTexts vouched = VouchedTexts::beside(rules_file);
    if (!vouched.add(files)) return {};
    auto written = vouched.write();
    if (written || tries == kTries) return written;
  }
}

}  // namespace

bool may_be_believed(const std::string& path, const std::string& rules_file) {
  struct stat vouched {};
  struct stat rules {};
  if (::stat(path.c_str(), &vouched) != 0) return false;
  const bool of_rules = ::stat(rules_file.c_str(), &rules) == 0 && vouched.st_uid == rules.st_uid;
  const bool known = vouched.st_uid == 0 || vouched.st_uid == ::geteuid() || of_rules;
  return known && (vouched.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

bool may_vouch(const std::string& rules_file) {
  struct stat rules {};
  return ::geteuid() == 0 ||
         (::stat(rules_file.c_str(), &rules) == 0 && rules.st_uid == ::geteuid());
}

std::string vouched_path(const std::string& rules_file) {
  const std::filesystem::path path(rules_file);
  return (path.parent_path() / ("." + path.filename().string() + ".vouched")).string();
}

std::string sha256_of(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the interface of libcrypto.
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  std::string out;
  for (const unsigned char byte : digest) out += {kDigits[byte >> 4U], kDigits[byte & 15U]};
  return out;
}

VouchedTexts VouchedTexts::beside(const std::string& rules_file) {
  VouchedTexts vouched(vouched_path(rules_file));
  if (!may_be_believed(vouched.path_, rules_file)) return vouched;
  const auto text = os::read_text_file(vouched.path_, kMaxVouched);
  if (!text) return vouched;
  for (std::size_t at = 0, end = 0; (end = text->find('\n', at)) != std::string::npos;
       at = end + 1) {
    vouched.lines_.push_back(text->substr(at, end - at));
  }
  return vouched;
}

bool VouchedTexts::has_digest(const std::string& path, const std::string& digest) const {
  return std::find(lines_.begin(), lines_.end(), line_of(digest, path)) != lines_.end();
}

bool VouchedTexts::has(const std::string& path, std::string_view text) const {
  return has_digest(path, sha256_of(text));
}

bool VouchedTexts::add(const std::vector<config::SourceFile>& files) {
  bool added = false;
  for (const config::SourceFile& file : files) {
    const std::string path = config::absolute_path(file.path);
    // A path with a line end would be two lines, of which the second could say anything.
    if (!file.identity.there || printable(path) != path) continue;
    const std::string digest = sha256_of(file.text);
    if (has_digest(path, digest)) continue;
    lines_.push_back(line_of(digest, path));
    added = true;
  }
  if (added) drop_the_oldest();
  return added;
}

void VouchedTexts::drop_the_oldest() {
  std::map<std::string_view, std::size_t> seen;
  std::vector<std::string> kept;
  for (auto line = lines_.rbegin(); line != lines_.rend(); ++line) {
    if (++seen[path_in(*line)] <= kVouchedOfPath) kept.push_back(*line);
  }
  lines_.assign(kept.rbegin(), kept.rend());
}

Result<void> VouchedTexts::write() const {
  std::string text;
  for (const std::string& line : lines_) text += line + '\n';
  return os::replace_file(path_, text);
}

void vouch_for(const std::string& rules_file, const std::vector<config::SourceFile>& files,
               const CommandContext& context) {
  if (!may_vouch(rules_file)) return;
  if (const auto done = add_and_write(rules_file, files); !done) {
    context.console.note("a later rollback will not know these files as vouched for: ",
                         done.error().text);
  }
}

}  // namespace postern::ctl
