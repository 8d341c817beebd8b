// In the place of libFuzzer where no new inputs are looked for: runs the fuzz target that it is
// linked with over each file that it is given, and over those in each folder. The name of an input
// is printed before its turn, so that the last name is that of the input that broke the target.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_at(const fs::path& place) {
  if (!fs::is_directory(place)) return {place};
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(place)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

bool run(const fs::path& file) {
  std::puts(file.c_str());
  std::fflush(stdout);
  std::ifstream in(file, std::ios::binary);
  const std::string read{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (!in.is_open()) return false;
  // As large as the input and no larger, so that AddressSanitizer sees a read of one byte more.
  const auto bytes = std::make_unique<std::uint8_t[]>(read.size());
  std::copy(read.begin(), read.end(), bytes.get());
  LLVMFuzzerTestOneInput(bytes.get(), read.size());
  return true;
}

}  // namespace

int main(int count, char** arguments) {
  int inputs = 0;
  for (int i = 1; i < count; ++i) {
    for (const fs::path& file : files_at(arguments[i])) {
      if (!run(file)) return 1;
      ++inputs;
    }
  }
  std::printf("%d inputs\n", inputs);
  return inputs > 0 ? 0 : 1;
}
