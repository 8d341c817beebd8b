// What posternctl says, and where: the answer on standard output, what is wrong on standard error
// with the name of the program in front. Every argument is escaped here, so that no byte from a
// client, DNS, a file or a daemon gets to a terminal as it is.
#pragma once

#include <boost/json.hpp>
#include <concepts>
#include <iosfwd>
#include <string>
#include <string_view>

namespace postern::ctl {

enum class Output { text, json };

class Console {
 public:
  // In front of each line on standard error.
  static constexpr std::string_view kProgram = "posternctl: ";

  Console(std::ostream& out, std::ostream& err, Output output)
      : out_(out), err_(err), output_(output) {}

  [[nodiscard]] bool is_json() const { return output_ == Output::json; }

  // Texts and whole numbers as one line: of the answer; of what is wrong; of what is odd; of what a
  // person would want to know.
  template <class... Parts>
  void line(const Parts&... parts) const {
    page(joined(parts...) + '\n');
  }
  template <class... Parts>
  void error(const Parts&... parts) const {
    problems(std::string(kProgram) + joined(parts...) + '\n');
  }
  template <class... Parts>
  void warning(const Parts&... parts) const {
    error("warning: ", parts...);
  }
  template <class... Parts>
  void note(const Parts&... parts) const {
    error("note: ", parts...);
  }
  // On standard error, without the name of the program.
  template <class... Parts>
  void error_line(const Parts&... parts) const {
    problems(joined(parts...) + '\n');
  }

  // An answer for programs, one line.
  void json(const boost::json::value& answer) const;

  // Lines whose texts are escaped already, and texts that are no lines for a person: as they are.
  void page(std::string_view lines) const;
  // The same on standard error: Diagnostics::to_string().
  void problems(std::string_view lines) const;

  // Before something is waited for.
  void flush() const;
  // False: the reader of standard output is gone.
  [[nodiscard]] bool is_read() const;

 private:
  template <class... Parts>
  static std::string joined(const Parts&... parts) {
    std::string text;
    (add(text, parts), ...);
    return text;
  }
  static void add(std::string& text, std::string_view part);
  static void add(std::string& text, std::integral auto number) { text += std::to_string(number); }

  std::ostream& out_;
  std::ostream& err_;
  Output output_;
};

}  // namespace postern::ctl
