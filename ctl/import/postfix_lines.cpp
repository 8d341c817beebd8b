#include "ctl/import/postfix_lines.h"

#include "common/base/ascii_case.h"

namespace postern::import {
namespace {

bool is_letter_or_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_blank(char c) {
  return std::string_view(" \t\r\v\f").find(c) != std::string_view::npos;
}

// Where the delimiter comes again that `text` begins with.
std::size_t closing_delimiter(std::string_view text) {
  if (text.empty() || is_letter_or_digit(text.front())) return std::string_view::npos;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == text.front()) {
      return i;
    }
  }
  return std::string_view::npos;
}

bool begins_with_word(std::string_view line, std::string_view word) {
  if (ascii_lower(line.substr(0, word.size())) != word) return false;
  const char next = line.size() > word.size() ? line[word.size()] : ' ';
  return !is_letter_or_digit(next);
}

}  // namespace

std::vector<TableLine> postfix_lines(std::string_view text) {
  std::vector<TableLine> logical;
  for (TableLine& line : plain_lines(text)) {
    const std::string_view content = trimmed(line.text);
    if (content.empty() || content.front() == '#') continue;
    if (is_blank(line.text.front()) && !logical.empty()) {
      logical.back().text += line.text;
      logical.back().continued.push_back(line.number);
    } else {
      logical.push_back(std::move(line));
    }
  }
  return logical;
}

std::vector<TableLine> postfix_lines(std::string_view text, ImportLog& log) {
  std::vector<TableLine> lines = postfix_lines(text);
  if (!lines.empty() && is_blank(lines.front().text.front())) {
    log.refuse(lines.front(), lines.front().text,
               not_taken("the blank before it makes it go on with a line, and there is none"));
    lines.erase(lines.begin());
  }
  return lines;
}

BlockWord block_word(std::string_view line) {
  if (begins_with_word(line, "endif")) return {BlockWord::Kind::endif, trimmed(line.substr(5))};
  if (begins_with_word(line, "if")) return {BlockWord::Kind::begin, trimmed(line.substr(2))};
  return {};
}

Result<PatternParts> pattern_parts(std::string_view text) {
  PatternParts parts;
  for (; !text.empty() && (text.front() == '!' || is_blank(text.front())); text.remove_prefix(1)) {
    if (text.front() == '!') parts.wanted = !parts.wanted;
  }
  const std::size_t end = closing_delimiter(text);
  if (end == std::string_view::npos) {
    return failure("no expression between delimiters; want /expression/flags action");
  }
  parts.pattern = text.substr(1, end - 1);
  const WordAndRest behind = cut_word(text.substr(end + 1));
  parts.flags = behind.word;
  parts.rest = behind.rest;
  return parts;
}

std::string not_taken(const std::string& why) {
  return why + "; Postfix leaves this line out, too";
}

}  // namespace postern::import
