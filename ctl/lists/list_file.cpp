#include "ctl/lists/list_file.h"

#include <algorithm>
#include <array>
#include <set>

#include "common/base/ascii_case.h"
#include "common/base/ip_network.h"
#include "common/base/utc_date.h"
#include "common/base/words.h"
#include "rules/load/list_words.h"
#include "rules/model/reply_text.h"

namespace postern::ctl {
namespace {

constexpr std::string_view kBlank = " \t";
constexpr std::string_view kBom = "\xef\xbb\xbf";  // what some editors write first

// A line of `text` with its line end; takes it off the front.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end == std::string_view::npos ? end : end + 1);
  text.remove_prefix(line.size());
  return line;
}

std::string_view line_end(std::string_view line) {
  if (line.ends_with("\r\n")) return line.substr(line.size() - 2);
  return line.ends_with('\n') ? line.substr(line.size() - 1) : std::string_view();
}

std::string_view without_end(std::string_view line) {
  line.remove_suffix(line_end(line).size());
  if (line.ends_with('\r')) line.remove_suffix(1);  // of a last line that is cut
  return line;
}

// None when the line has none or is one that the loader refuses for its quotes. Views into it.
std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (load::ListWords rest(line); !rest.done();) {
    const auto word = rest.next();
    if (!word) return {};
    words.push_back(*word);
  }
  return words;
}

// By their bytes: it is asked for each character of a million lines.
constexpr std::array<bool, 256> plain_characters() {
  std::array<bool, 256> plain{};
  for (unsigned char c = '!'; c <= '~'; ++c) plain.at(c) = true;
  for (const char c : std::string_view("!%[]<>\"\\():;,")) {
    plain.at(static_cast<unsigned char>(c)) = false;
  }
  return plain;
}
constexpr auto kPlainCharacters = plain_characters();

// Whether the one form of such a value, without a dot at its end, has the same letters.
bool is_plain(std::string_view value) {
  return std::ranges::all_of(
             value, [](char c) { return kPlainCharacters[static_cast<unsigned char>(c)]; }) &&
         value.find("..") == std::string_view::npos;
}

// What canonical_entry() gives, for the most frequent values without a list for each of a million.
bool is_entry(std::string_view value, lists::ListKind kind, const std::string& entry) {
  if (value == entry) return true;
  if (kind == lists::ListKind::text || value.starts_with('~')) return false;
  if (kind == lists::ListKind::network) {
    const auto network = IpNetwork::parse(value);
    return network && network->to_string() == entry;
  }
  if (is_plain(value)) {
    if (value.ends_with('.')) value.remove_suffix(1);
    return equal_ignoring_case(value, entry);
  }
  const auto canonical = canonical_entry(kind, value);
  return canonical && *canonical == entry;
}

bool is_line_of(std::string_view line, lists::ListKind kind, const std::string& entry) {
  load::ListWords words(line);
  if (words.done()) return false;
  const auto word = words.next();
  if (!word) return false;
  if (word->starts_with('"')) {
    const auto value = unquote(*word);
    return value && is_entry(*value, kind, entry) && !words_of(line).empty();
  }
  return is_entry(*word, kind, entry) && !words_of(line).empty();
}

std::string spelled(const EntryWord& word) {
  return word.key + "=" + quoted_if_needed(*word.value);
}

bool has_key(std::string_view word, const std::string& key) {
  return word.size() > key.size() && word.starts_with(key) && word[key.size()] == '=';
}

// Takes a word out of a line, with the blanks in front of it.
void erase_word(std::string& line, std::size_t begin, std::size_t length) {
  std::size_t from = begin;
  while (from > 0 && kBlank.find(line[from - 1]) != std::string_view::npos) --from;
  line.erase(from, begin + length - from);
}

void set_word(std::string& line, const EntryWord& word) {
  const auto words = words_of(line);
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (!has_key(words[i], word.key)) continue;
    const auto begin = static_cast<std::size_t>(words[i].data() - line.data());
    if (word.value) {
      line.replace(begin, words[i].size(), spelled(word));
    } else {
      erase_word(line, begin, words[i].size());
    }
    return;
  }
  if (!word.value || words.empty()) return;
  const std::string_view last = words.back();
  line.insert(static_cast<std::size_t>(last.data() - line.data()) + last.size(),
              " " + spelled(word));
}

// Calls `visit(number, line)` for each line, with its end.
template <class Visit>
void for_each_line(std::string_view text, Visit visit) {
  for (int number = 1; !text.empty(); ++number) visit(number, take_line(text));
}

const std::optional<std::string>* value_of(const std::vector<EntryWord>& words,
                                           std::string_view key) {
  const auto found = std::find_if(words.begin(), words.end(),
                                  [&](const EntryWord& word) { return word.key == key; });
  return found == words.end() ? nullptr : &found->value;
}

// What is to be said of an entry that is there. Of what was not asked for only the expiry goes: an
// entry that is asked for without one is to stay. `then` without a value is asked for.
std::vector<EntryWord> changes_to(const WantedEntry& wanted) {
  std::vector<EntryWord> words;
  for (const EntryWord& word : wanted.words) {
    // Who wrote the entry stays its owner.
    const bool asked = word.value || word.key == "then";
    if (asked && word.key != "owner" && word.key != "expires") words.push_back(word);
  }
  const auto* expires = value_of(wanted.words, "expires");
  words.push_back({"expires", expires == nullptr ? std::nullopt : *expires});
  return words;
}

// What becomes of the time of an entry that is there, where a person would want to know.
std::optional<std::string> note_on_expiry(const std::optional<std::string>& before,
                                          const std::optional<std::string>& after) {
  if (before == after) return std::nullopt;
  if (!after) return "was until " + *before + ", now without end";
  if (!before) return "was without end, now until " + *after;
  const auto then = parse_expiry(*before);
  const auto now = parse_expiry(*after);
  if (!then || !now || *now >= *then) return std::nullopt;
  return "was until " + *before + ", now until " + *after + ", which is sooner";
}

int count_lines(std::string_view text) {
  const auto ends = std::count(text.begin(), text.end(), '\n');
  return static_cast<int>(ends) + (text.empty() || text.ends_with('\n') ? 0 : 1);
}

}  // namespace

std::string quoted_if_needed(std::string_view value) {
  if (!value.empty() && value.find_first_of(" \t\"") == std::string_view::npos &&
      value.front() != '#') {
    return std::string(value);
  }
  std::string out = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

Result<std::string> canonical_entry(lists::ListKind kind, std::string_view value) {
  const auto list = lists::make_list(kind, "value");
  if (auto added = list->add(value, 1, {}); !added) return tl::unexpected(added.error());
  if (auto built = list->build(); !built) return tl::unexpected(built.error());
  return list->entry_text(0);
}

std::vector<int> lines_of_entry(std::string_view text, lists::ListKind kind,
                                const std::string& entry) {
  std::vector<int> found;
  for_each_line(text, [&](int number, std::string_view line) {
    if (number == 1 && line.starts_with(kBom)) line.remove_prefix(kBom.size());
    if (is_line_of(without_end(line), kind, entry)) found.push_back(number);
  });
  return found;
}

std::string_view line_at(std::string_view text, int number) {
  std::string_view found;
  for_each_line(text, [&](int at, std::string_view line) {
    if (at == number) found = without_end(line);
  });
  return found;
}

std::optional<std::string> word_of(std::string_view line, const std::string& key) {
  const auto words = words_of(line);
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (!has_key(words[i], key)) continue;
    const std::string value(words[i].substr(key.size() + 1));
    if (!value.starts_with('"')) return value;
    const auto plain = unquote(value);
    return plain ? *plain : value;
  }
  return std::nullopt;
}

std::string with_entry(std::string_view text, std::string_view value,
                       const std::vector<EntryWord>& words) {
  std::string_view rest = text;
  std::string end(line_end(take_line(rest)));
  if (end.empty()) end = "\n";
  constexpr std::size_t kLine = 4096;  // more than most: a large file is copied once
  std::string out;
  out.reserve(text.size() + kLine);
  out += text;
  // A carriage return is the first half of an end already.
  if (!out.empty() && out != kBom && !out.ends_with('\n')) out += out.ends_with('\r') ? "\n" : end;
  out += quoted_if_needed(value);
  for (const EntryWord& word : words) {
    if (word.value) out += " " + spelled(word);
  }
  return out + end;
}

std::string with_words(std::string_view line, const std::vector<EntryWord>& words) {
  std::string out(line);
  for (const EntryWord& word : words) set_word(out, word);
  return out;
}

std::string with_line_replaced(std::string_view text, int number, std::string_view line) {
  std::string out;
  out.reserve(text.size() + line.size());
  for_each_line(text, [&](int at, std::string_view old) {
    out += at == number ? line : without_end(old);
    out += old.substr(without_end(old).size());
  });
  return out;
}

std::string without_lines(std::string_view text, const std::vector<int>& numbers) {
  std::string out;
  out.reserve(text.size());
  const std::set<int> gone(numbers.begin(), numbers.end());
  for_each_line(text, [&](int number, std::string_view line) {
    if (!gone.contains(number)) {
      out += line;
    } else if (number == 1 && line.starts_with(kBom)) {
      out += kBom;
    }
  });
  // The mark of a line that has come to the front is a part of the line, and stays one behind
  // another.
  if (!text.starts_with(kBom) && out.starts_with(kBom)) out.insert(0, kBom);
  return out;
}

std::string_view to_string(EntryEdit::Kind kind) {
  using enum EntryEdit::Kind;
  static constexpr Word<EntryEdit::Kind> kWords[] = {
      {"already there", none}, {"added", added}, {"altered", altered}, {"removed", removed}};
  return word_of(kWords, kind);
}

EntryEdit add_entry(std::string_view text, lists::ListKind kind, const WantedEntry& wanted) {
  EntryEdit edit;
  edit.lines = lines_of_entry(text, kind, wanted.canonical);
  if (edit.lines.empty()) {
    edit.kind = EntryEdit::Kind::added;
    edit.text = with_entry(text, wanted.value, wanted.words);
    edit.lines = {count_lines(edit.text)};
  } else {
    edit.text = text;
  }
  for (const int number : edit.lines) {
    const std::string line(line_at(edit.text, number));
    const std::string changed = with_words(line, changes_to(wanted));
    edit.shown.push_back(changed);
    if (changed == line) continue;
    const auto note = note_on_expiry(word_of(line, "expires"), word_of(changed, "expires"));
    if (note && std::find(edit.notes.begin(), edit.notes.end(), *note) == edit.notes.end()) {
      edit.notes.push_back(*note);
    }
    edit.text = with_line_replaced(edit.text, number, changed);
    edit.kind = EntryEdit::Kind::altered;
  }
  return edit;
}

EntryEdit remove_entry(std::string_view text, lists::ListKind kind, const std::string& canonical) {
  EntryEdit edit;
  edit.lines = lines_of_entry(text, kind, canonical);
  for (const int number : edit.lines) edit.shown.emplace_back(line_at(text, number));
  edit.text = without_lines(text, edit.lines);
  if (!edit.lines.empty()) edit.kind = EntryEdit::Kind::removed;
  return edit;
}

EntryEdit remove_expired(std::string_view text, UtcTime now) {
  EntryEdit edit;
  for_each_line(text, [&](int number, std::string_view line) {
    const std::string_view plain = without_end(line);
    const auto word = word_of(plain, "expires");
    const auto expires = word ? parse_expiry(*word) : failure("none");
    if (!expires || *expires > now) return;
    edit.lines.push_back(number);
    edit.shown.emplace_back(plain);
  });
  edit.text = without_lines(text, edit.lines);
  if (!edit.lines.empty()) edit.kind = EntryEdit::Kind::removed;
  return edit;
}

}  // namespace postern::ctl
