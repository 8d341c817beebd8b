// docs/dns-faults.md, of which each test has its part. POSTERN_WRITE_DOCS=1 writes the part anew.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace postern {

// The first is above the heading of the second.
enum class PagePart { sender_mx, other_checks };
inline constexpr const char* kOtherChecks = "\n## Other checks\n";

inline void expect_on_page(PagePart part, const std::string& text) {
  const char* const path = POSTERN_SOURCE_DIR "/docs/dns-faults.md";
  std::ostringstream read;
  read << std::ifstream(path, std::ios::binary).rdbuf();
  const std::string page = read.str();
  const std::size_t heading = std::min(page.find(kOtherChecks), page.size());
  const bool is_first = part == PagePart::sender_mx;
  const std::string other = is_first ? page.substr(heading) : page.substr(0, heading);
  if (std::getenv("POSTERN_WRITE_DOCS") != nullptr) {
    std::ofstream(path, std::ios::binary) << (is_first ? text + other : other + text);
    return;
  }
  EXPECT_EQ(is_first ? page.substr(0, heading) : page.substr(heading), text)
      << "docs/dns-faults.md is out of date; POSTERN_WRITE_DOCS=1 dns_faults_test writes it anew";
}

}  // namespace postern
