// rspamd's maps: a key a line (a name, an address, a network, an expression /re/flags, or a glob),
// optionally in double quotes, and perhaps a value behind it, which only rspamd knows how to weigh.
#include <algorithm>

#include "ctl/import/address_word.h"
#include "ctl/import/flat_table.h"
#include "ctl/import/formats.h"
#include "ctl/import/re2_pattern.h"

namespace postern::import {
namespace {

class RspamdMap {
 public:
  explicit RspamdMap(const ImportRequest& request)
      : request_(request),
        log_(request),
        table_(request,
               {.about = "sender_domain",
                .how = FlatFormat::About::assumed,
                .without_then = "a map says nothing of what to do"},
               log_) {}

  Imported run() {
    for (const TableLine& line : plain_lines(request_.text)) {
      const std::string_view content = trimmed(line.text);
      if (!content.empty() && content.front() != '#') read(line, content);
    }
    if (values_ > 0) {
      log_.note(std::to_string(values_) +
                " lines have a value behind the key, which is left "
                "out: Postern does not score");
    }
    return table_.finish();
  }

 private:
  void read(const TableLine& line, std::string_view content) {
    if (content.front() == '/') {
      read_expression(line, content);
    } else if (content.front() == '"') {
      const std::size_t end = content.find('"', 1);
      if (end == content.npos) {
        log_.refuse(line, content, "the closing '\"' is missing");
        return;
      }
      read_key(line, content.substr(1, end - 1), trimmed(content.substr(end + 1)));
    } else {
      const WordAndRest words = cut_word(content);
      read_key(line, words.word, words.rest);
    }
  }

  void note_value(std::string_view value) {
    if (!value.empty() && value.front() != '#') ++values_;
  }

  void read_key(const TableLine& line, std::string_view key, std::string_view value) {
    note_value(value);
    if (const std::string network = without_brackets(key); looks_like_network(network)) {
      table_.add_network(line, key, network_around(network));
    } else if (is_meant_as_addresses(key)) {
      log_.refuse(line, key, no_name_but_addresses(key));
    } else if (key.find_first_of("*?") != key.npos) {
      read_glob(line, key);
    } else if (key.find('@') != key.npos) {
      table_.add_address(line, key, std::string(key));
    } else if (key.find_first_of(".~") == 0) {
      log_.refuse(line, key, "rspamd compares this with the whole name, which never begins so");
    } else {
      table_.add_name(line, key, std::string(key));
    }
  }

  // rspamd takes the address of `[2001:db8::]/32` out of its brackets.
  static std::string without_brackets(std::string_view key) {
    const std::size_t end = key.find(']');
    if (!key.starts_with('[') || end == key.npos) return std::string(key);
    return std::string(key.substr(1, end - 1)) + std::string(key.substr(end + 1));
  }

  // `*` stands for any text and `?` for one character; a glob is compared with the whole.
  void read_glob(const TableLine& line, std::string_view key) {
    std::string pattern = "^";
    for (char c : key) {
      if (c == '*' || c == '?') {
        pattern += c == '*' ? ".*" : ".";
      } else {
        pattern += literal_pattern(std::string_view(&c, 1)).substr(1);
      }
    }
    add_expression(line, key, re2_entry(pattern + "$", PatternSyntax::pcre, PatternCase::ignored));
  }

  void read_expression(const TableLine& line, std::string_view content) {
    const std::size_t end = content.rfind('/');
    if (end == 0) {
      log_.refuse(line, content, "the closing '/' is missing");
      return;
    }
    const WordAndRest behind = cut_word(content.substr(end + 1));
    const std::string_view flags = behind.word;
    note_value(behind.rest);
    if (flags.find_first_not_of("imsuUO") != flags.npos) {
      log_.refuse(line, flags, "flags '" + std::string(flags) + "'; RE2 has none like these");
      return;
    }
    const bool ignored = flags.find('i') != flags.npos;
    add_expression(line, content,
                   re2_entry(content.substr(1, end - 1), PatternSyntax::pcre,
                             ignored ? PatternCase::ignored : PatternCase::matters));
  }

  // A name in Postern is in lower case always, and so is what rspamd compares. The map does not say
  // what that is: maps of expressions are as often about subjects or whole addresses.
  void add_expression(const TableLine& line, std::string_view part,
                      const Result<std::string>& entry) {
    if (request_.about.empty()) {
      log_.refuse(line, part,
                  "nothing says what the expression is compared with (a domain, a whole "
                  "address, a subject, ...); if Postern has it, say it with --about: "
                  "sender_domain, sender, client_name, ...");
    } else if (!entry) {
      log_.refuse(line, part, entry.error().text);
    } else if (request_.about == "sender" || request_.about == "recipient") {
      table_.add_address(line, part, *entry);
    } else {
      table_.add_name(line, part, *entry);
    }
  }

  const ImportRequest& request_;
  ImportLog log_;
  FlatTable table_;
  std::size_t values_ = 0;
};

}  // namespace

Imported import_rspamd_map(const ImportRequest& request) {
  return RspamdMap(request).run();
}

}  // namespace postern::import
