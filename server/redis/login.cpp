#include "server/redis/login.h"

#include <algorithm>

#include "common/os/text_file.h"

namespace postern::redis {
namespace {

constexpr std::size_t kMostPassword = 1024;

}  // namespace

Result<std::vector<std::string>> login_words(const std::string& user,
                                             const std::string& password_file) {
  std::vector<std::string> words;
  if (password_file.empty()) return words;
  const auto password = os::read_text_file(password_file, kMostPassword);
  if (!password) return tl::unexpected(password.error());
  words.emplace_back("AUTH");
  if (!user.empty()) words.push_back(user);
  words.emplace_back(password->begin(),
                     std::find_if(password->begin(), password->end(),
                                  [](char c) { return c == '\n' || c == '\r'; }));
  return words;
}

}  // namespace postern::redis
