// Records of journalctl(1) -o export, put together from the lines of a stream: systemd's
// JOURNAL_EXPORT_FORMATS. A field is a line `NAME=text`, or a line with its name alone, eight bytes
// with the length of the value (little endian), the value, and a line end; an empty line ends the
// record. Pure; every byte is hostile.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "ctl/log/program_line.h"

namespace postern::ctl {

class JournalExport {
 public:
  // A field of more bytes ends the record, of which nothing is kept.
  static constexpr std::size_t kMaxField = std::size_t{1} << 20;

  // Takes the next line, without its end. False: it is no part of such a record, and is for others.
  bool add(std::string_view line);
  // The record that the last line has ended, if it names a program.
  std::optional<ProgramLine> take();

 private:
  void field(std::string_view name, std::string_view value);
  void add_to_binary(std::string_view line);
  void give_up();

  bool within_ = false;  // a record
  bool ended_ = false;
  std::string name_;    // of the field whose length and value are being read
  std::string binary_;  // of it, as far as it has come
  ProgramLine record_;
};

}  // namespace postern::ctl
