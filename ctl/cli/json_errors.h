// What a command with --json writes: what goes to standard output, made safe for a terminal in one
// place for all commands; and when a command fails before it has an answer one object, as with an
// answer, so that a program reads standard output alone.
#pragma once

#include <streambuf>
#include <string>

#include "ctl/cli/command.h"

namespace postern::ctl {

// `{"error": "...", "exit": 2}`: what would have gone to standard error, line by line, without the
// name of the program in front.
std::string json_error(const std::string& told, CtlExit exit);

// Passes JSON on to `sink` by safe_json() (common/base/escape.h), and knows whether there was any.
// What is cut within a character waits for the rest of it, or for the end.
class JsonBuffer : public std::streambuf {
 public:
  explicit JsonBuffer(std::streambuf* sink) : sink_(sink) {}
  JsonBuffer(const JsonBuffer&) = delete;
  JsonBuffer& operator=(const JsonBuffer&) = delete;
  ~JsonBuffer() override;
  [[nodiscard]] bool was_written_to() const { return written_; }

 protected:
  int_type overflow(int_type c) override;
  std::streamsize xsputn(const char* text, std::streamsize size) override;
  int sync() override { return sink_->pubsync(); }

 private:
  [[nodiscard]] bool pass_on(std::string_view text);

  std::streambuf* sink_;
  std::string cut_;  // the beginning of a character
  bool written_ = false;
};

}  // namespace postern::ctl
