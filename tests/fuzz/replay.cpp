// corpus_replay TARGET FILE...: in the place of libFuzzer where no new inputs are looked for: runs
// the fuzz target over each file, and over those in each folder. The name of an input is printed
// before its turn, so that the last name is that of the input that broke the target.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "tests/fuzz/replay_targets.h"

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_at(const fs::path& place) {
  if (!fs::is_directory(place)) return {place};
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(place)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

bool run(postern::FuzzTarget target, const fs::path& file) {
  std::puts(file.c_str());
  std::fflush(stdout);
  std::ifstream in(file, std::ios::binary);
  const std::string read{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (!in.is_open()) return false;
  // As large as the input and no larger, so that AddressSanitizer sees a read of one byte more.
  const auto bytes = std::make_unique<std::uint8_t[]>(read.size());
  std::copy(read.begin(), read.end(), bytes.get());
  target(bytes.get(), read.size());
  return true;
}

}  // namespace

int main(int count, char** arguments) {
  const auto& targets = postern::replay_targets();
  const auto target = targets.find(count > 1 ? arguments[1] : "");
  if (target == targets.end()) {
    std::fputs("usage: corpus_replay TARGET FILE...\n", stderr);
    return 2;
  }
  int inputs = 0;
  for (int i = 2; i < count; ++i) {
    for (const fs::path& file : files_at(arguments[i])) {
      if (!run(target->second, file)) return 1;
      ++inputs;
    }
  }
  std::printf("%d inputs\n", inputs);
  return inputs > 0 ? 0 : 1;
}
