#include "tests/scenarios/smtp_steps.h"

#include <algorithm>
#include <cctype>
#include <regex>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace postern {
namespace {

const std::set<std::string> kLists = {"also", "would", "asked"};
// What becomes of a message that is taken, and what a policy server calls it.
const std::vector<std::pair<std::string, std::string>> kActions = {{"hold", "HOLD"},
                                                                   {"discard", "DISCARD"},
                                                                   {"redirect", "REDIRECT"},
                                                                   {"header", "PREPEND"},
                                                                   {"copy", "BCC"}};
const std::vector<std::string> kOfARecipient = {"recipients", "headers", "recipient_refused",
                                                "rcpt_to", "rcpt_addr"};

std::vector<std::string> split(const std::string& text, const std::string& by) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(by, begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + by.size();
  }
  return parts;
}

std::string utf8(unsigned code) {
  if (code < 0x80) return {static_cast<char>(code)};
  const auto last = static_cast<char>(0x80 | (code & 0x3f));
  if (code < 0x800) return {static_cast<char>(0xc0 | code >> 6), last};
  return {static_cast<char>(0xe0 | code >> 12), static_cast<char>(0x80 | (code >> 6 & 0x3f)), last};
}

// `\u00AD`, for characters that nobody would see.
std::string unescaped(std::string text) {
  static const std::regex escape(R"(\\u([0-9A-F]{4}))");
  for (std::smatch found; std::regex_search(text, found, escape);) {
    const auto code = static_cast<unsigned>(std::stoul(found[1].str(), nullptr, 16));
    text = found.prefix().str() + utf8(code) + found.suffix().str();
  }
  return text;
}

// A line and its notes: `250 Ok  # rule=adp; also=`.
struct Line {
  explicit Line(const std::string& line) : text(line.substr(0, line.find("  # "))) {
    if (text.size() == line.size()) return;
    for (const std::string& note : split(line.substr(text.size() + 4), "; ")) {
      const std::size_t equals = note.find('=');
      notes.emplace_back(note.substr(0, equals), note.substr(equals + 1));
    }
  }

  // The value of a note, which is taken away; `otherwise` when there is none.
  std::string take(const std::string& key, std::string otherwise) {
    const auto found = std::find_if(notes.begin(), notes.end(),
                                    [&](const auto& note) { return note.first == key; });
    if (found == notes.end()) return otherwise;
    std::string value = std::move(found->second);
    notes.erase(found);
    return value;
  }

  std::string text;
  std::vector<std::pair<std::string, std::string>> notes;
};

bool is_answer(const std::string& line) {
  return line.size() > 3 && std::all_of(line.begin(), line.begin() + 3, ::isdigit) &&
         line[3] == ' ';
}

// `step` with what an answer says, in the words of a policy server.
void expect(YAML::Node step, Line answer) {
  const bool is_taken = answer.text[0] < '4';
  step["reply"] = is_taken ? "DUNNO" : answer.text;
  for (const auto& [key, value] : answer.notes) {
    const auto action = std::find_if(kActions.begin(), kActions.end(),
                                     [&key = key](const auto& one) { return one.first == key; });
    if (action != kActions.end()) {
      step["reply"] = action->second + (value.empty() ? "" : " " + value);
    } else if (kLists.contains(key)) {
      step[key] = YAML::Node(YAML::NodeType::Sequence);
      for (const std::string& one : split(value, ", ")) step[key].push_back(one);
    } else {
      step[key] = value;
    }
  }
}

class SessionReader {
 public:
  explicit SessionReader(const YAML::Node& defaults)
      : defaults_(defaults ? defaults : YAML::Node(YAML::NodeType::Map)),
        told_(YAML::Clone(defaults_)) {}

  void read(const std::string& line) {
    if (is_answer(line)) {
      steps.push_back(YAML::Clone(told_));
      steps.back()["protocol_state"] = state_;
      if (!after_.empty()) steps.back()["after"] = std::exchange(after_, "");
      expect(steps.back(), Line(line));
    } else if (in_header_ && !line.starts_with('.')) {
      header(unescaped(line));
    } else if (line.starts_with("milter: ")) {
      YAML::Node differently(YAML::NodeType::Map);
      expect(differently, Line(line.substr(8)));
      steps.back()["milter"] = differently;
    } else {
      command(Line(line));
    }
  }

  std::vector<YAML::Node> steps;

 private:
  void header(const std::string& line) {
    if (line[0] == ' ' || line[0] == '\t') {
      YAML::Node last = told_["headers"][field_];
      const std::size_t index = last.size() - 1;
      last[index] = last[index].as<std::string>() + "\n" + line;
      return;
    }
    const std::size_t colon = line.find(':');
    field_ = line.substr(0, colon);
    told_["headers"][field_].push_back(line.substr(std::min(colon + 2, line.size())));
  }

  void command(Line line) {
    const std::string word = line.text.substr(0, line.text.find(' '));
    const std::string rest = line.text.substr(std::min(word.size() + 1, line.text.size()));
    in_header_ = word == "DATA" || word == "BDAT";
    if (word == "AFTER") {
      after_ = rest;
      return;
    }
    if (word == "AUTH" || word == "STARTTLS") {
      told_[word == "AUTH" ? "sasl_username" : "encryption_protocol"] = rest;
      return;
    }
    state_ = word == "." ? "END-OF-MESSAGE" : word;
    if (word == "CONNECT" || word == "XCLIENT") {
      connect(rest);
    } else if (word == "EHLO" || word == "HELO") {
      told_["helo_name"] = rest;
    } else if (word == "MAIL") {
      recipients_.clear();
      forget_recipient();
      told_.remove("mail_addr");
      path("sender", "mail_from", rest.substr(5), line);
    } else if (word == "RCPT") {
      forget_recipient();
      path("recipient", "rcpt_to", rest.substr(3), line);
      recipients_.push_back(told_["recipient"].as<std::string>());
    } else if (in_header_) {
      data();
    } else if (word != ".") {
      throw std::runtime_error("no command: " + line.text);
    }
    for (const auto& [key, value] : line.notes) told_[key] = value;
  }

  void connect(const std::string& rest) {
    told_ = YAML::Clone(defaults_);
    for (const std::string& pair : split(rest, " ")) {
      const std::string key = pair.substr(0, pair.find('='));
      told_[key == "ADDR"   ? "client_address"
            : key == "NAME" ? "client_name"
                            : "reverse_client_name"] = pair.substr(key.size() + 1);
    }
  }

  void forget_recipient() {
    for (const std::string& key : kOfARecipient) told_.remove(key);
  }

  // `argument`: of MAIL FROM: or RCPT TO:. Postfix hands what stands between the brackets to a
  // policy server, unless a note says what else.
  void path(const char* key, const char* argument_key, const std::string& argument, Line& line) {
    const std::string inner = argument.substr(1, argument.size() - 2);
    const std::string address = line.take("postfix", inner);
    told_[key] = address;
    told_.remove(argument_key);
    if (argument != "<" + address + ">") told_[argument_key] = argument;
  }

  // Of several recipients a policy request names none.
  void data() {
    told_["headers"] = YAML::Node(YAML::NodeType::Map);
    if (recipients_.size() < 2) return;
    told_["recipients"] = recipients_;
    told_["recipient"] = "";
  }

  YAML::Node defaults_;
  YAML::Node told_;
  std::string state_;
  std::vector<std::string> recipients_;  // of the message
  bool in_header_ = false;
  std::string after_;  // what time has passed since the last answer
  std::string field_;  // of the header, the last one
};

}  // namespace

std::vector<YAML::Node> steps_of(const std::string& session, const YAML::Node& defaults) {
  SessionReader reader(defaults);
  std::istringstream lines(session);
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty()) reader.read(line);
  }
  return std::move(reader.steps);
}

}  // namespace postern
