// Packed files are read as those that are not.

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/iostreams/copy.hpp>
#include <boost/iostreams/filter/bzip2.hpp>
#include <boost/iostreams/filter/gzip.hpp>
#include <boost/iostreams/filter/lzma.hpp>
#include <boost/iostreams/filter/zstd.hpp>
#include <boost/iostreams/filtering_stream.hpp>
#include <sstream>

#include "common/base/line_splitter.h"
#include "common/os/unpacked_file.h"
#include "tests/support/temporary_folder.h"

namespace postern::os::unpacked_file_test {
namespace {

namespace io = boost::iostreams;

template <class Packer>
std::string packed(const std::string& text) {
  std::ostringstream out;
  io::filtering_ostream stream;
  stream.push(Packer());
  stream.push(out);
  stream << text;
  io::close(stream);
  return out.str();
}

struct Read {
  bool whole = false;
  std::string text;
};

class UnpackedFile : public testing::Test {
 protected:
  Read read(const std::string& bytes) {
    const auto file = open_unpacked(folder_.write("log", bytes));
    if (file == nullptr) return {};
    Read result;
    result.whole = read_lines(
        *file, 65536, [&](std::string_view line) { result.text.append(line) += '\n'; }, [] {});
    return result;
  }

  TemporaryFolder folder_;
};

// More than any buffer holds.
std::string long_text() {
  std::string text;
  for (int i = 0; i < 20000; ++i) text += "line " + std::to_string(i * 7919 % 10007) + "\n";
  return text;
}

TEST_F(UnpackedFile, EveryPackingIsKnownByItsBytes) {
  const std::string text = long_text();
  EXPECT_EQ(read(text).text, text);
  EXPECT_EQ(read(packed<io::gzip_compressor>(text)).text, text);
  EXPECT_EQ(read(packed<io::zstd_compressor>(text)).text, text);
  EXPECT_EQ(read(packed<io::lzma_compressor>(text)).text, text);
  EXPECT_EQ(read(packed<io::bzip2_compressor>(text)).text, text);
}

// cat a.gz b.gz > c.gz
TEST_F(UnpackedFile, SeveralPackedTextsInOneFileFollowEachOther) {
  EXPECT_EQ(read(packed<io::gzip_compressor>("a\n") + packed<io::gzip_compressor>("b\n")).text,
            "a\nb\n");
  EXPECT_EQ(read(packed<io::zstd_compressor>("a\n") + packed<io::zstd_compressor>("b\n")).text,
            "a\nb\n");
}

TEST_F(UnpackedFile, AFileThatIsCutIsNotReadToItsEnd) {
  const std::string text = long_text();
  const std::pair<const char*, std::string> kinds[] = {
      {"gzip", packed<io::gzip_compressor>(text)},
      {"zstd", packed<io::zstd_compressor>(text)},
      {"xz", packed<io::lzma_compressor>(text)},
      {"bzip2", packed<io::bzip2_compressor>(text)}};
  for (const auto& [name, whole] : kinds) {
    EXPECT_TRUE(read(whole).whole) << name;
    const Read cut = read(whole.substr(0, whole.size() / 2));
    EXPECT_FALSE(cut.whole) << name;
    EXPECT_LT(cut.text.size(), text.size()) << name;
  }
}

TEST_F(UnpackedFile, SmallFilesAreNotTakenForPackedOnes) {
  for (const char* text : {"", "a", "BZ", "\x1f"}) {
    EXPECT_TRUE(read(text).whole) << text;
  }
  EXPECT_EQ(read("Bzzz\n").text, "Bzzz\n");
}

// posternctl report <(ssh mx2 cat postern.log)
TEST_F(UnpackedFile, APipeIsReadFromItsBeginning) {
  for (const std::string& bytes :
       {std::string("one\ntwo\n"), std::string("a"), packed<io::gzip_compressor>("one\ntwo\n")}) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    ASSERT_EQ(::write(ends[1], bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    ::close(ends[1]);
    const auto file = open_unpacked("/dev/fd/" + std::to_string(ends[0]));
    ASSERT_NE(file, nullptr);
    const std::string text{std::istreambuf_iterator<char>(*file), {}};
    EXPECT_EQ(text, bytes == "a" ? "a" : "one\ntwo\n");
    ::close(ends[0]);
  }
}

TEST_F(UnpackedFile, WhatIsNotThereCannotBeOpened) {
  EXPECT_EQ(open_unpacked(folder_.path("nothing")), nullptr);
}

}  // namespace
}  // namespace postern::os::unpacked_file_test
