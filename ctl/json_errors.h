// What a command with --json writes when it fails before it has an answer: one object, as with an
// answer, so that a program reads standard output alone.
#pragma once

#include <streambuf>
#include <string>

#include "ctl/command.h"

namespace postern {

// `{"error": "...", "exit": 2}`: what would have gone to standard error, line by line, without the
// name of the program in front.
std::string json_error(const std::string& told, CtlExit exit);

// Passes on to `sink` what is written, and knows whether anything was.
class WatchedBuffer : public std::streambuf {
 public:
  explicit WatchedBuffer(std::streambuf* sink) : sink_(sink) {}
  [[nodiscard]] bool was_written_to() const { return written_; }

 protected:
  int_type overflow(int_type c) override;
  std::streamsize xsputn(const char* text, std::streamsize size) override;
  int sync() override { return sink_->pubsync(); }

 private:
  std::streambuf* sink_;
  bool written_ = false;
};

}  // namespace postern
