#include "common/yaml/yaml_node.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>
#include <unordered_map>

#include "common/base/utf8.h"
#include "common/yaml/yaml_amount.h"
#include "common/yaml/yaml_indentation.h"

namespace postern::yaml {
namespace {

// Ends the parse: the error has been reported. Never leaves this file.
struct Stop {};

// YAML 1.2 5.1: no control characters but tab and line ends. C1 controls, which UTF-8 writes as
// 0xc2 and 0x80 to 0x9f, are among them; no other sequence has these two bytes side by side.
bool begins_with_control(std::string_view text) {
  const auto byte = static_cast<unsigned char>(text[0]);
  if (byte == 0xc2 && text.size() > 1) return static_cast<unsigned char>(text[1]) < 0xa0;
  return (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7f;
}

// Nobody reads more, and each takes more memory than what it is about.
constexpr int kMaxErrors = 1000;

class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(const std::string& file, Diagnostics& diagnostics, const YamlLimits& limits)
      : file_(file), diagnostics_(diagnostics), limits_(limits) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) {
      diagnostics_.error(at(mark), "found a second document ('---'), want one per file");
      throw Stop{};
    }
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    add(scalar(mark, ""));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    diagnostics_.error(at(mark),
                       "found an alias ('*name'), want the value itself; lists can be "
                       "named and shared under 'lists:'");
    add(scalar(mark, ""));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_tag(mark, tag);
    refuse_anchor(mark, anchor);
    refuse_controls(mark, value);
    YamlNode node = scalar(mark, value);
    if (tag == "!") node.style = YamlNode::Style::quoted;
    add(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    refuse_anchor(mark, anchor);
    open(mark, tag, YamlNode::Kind::sequence);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    refuse_anchor(mark, anchor);
    open(mark, tag, YamlNode::Kind::map);
  }
  void OnMapEnd() override { close(); }

  std::optional<YamlNode> root;
  [[nodiscard]] int duplicates() const { return duplicates_; }

 private:
  struct Open {
    YamlNode node;
    std::optional<YamlNode> key;  // of a map: a key that waits for its value
    bool key_is_duplicate = false;
    std::unordered_map<std::string, Position> keys;  // of a map: where each of them stands
  };

  [[nodiscard]] Position at(const YAML::Mark& mark) const {
    return {file_, mark.line + 1, mark.column + 1};
  }

  YamlNode scalar(const YAML::Mark& mark, const std::string& text) {
    count(mark);
    YamlNode node;
    node.where = at(mark);
    node.text = text;
    return node;
  }

  void count(const YAML::Mark& mark) {
    if (diagnostics_.errors() > kMaxErrors) {
      diagnostics_.error(at(mark), "too many errors: what follows was not looked at");
      throw Stop{};
    }
    if (++nodes_ <= limits_.max_nodes) return;
    diagnostics_.error(at(mark), "found more than " + std::to_string(limits_.max_nodes) +
                                     " values, want long lists in plain files ('file:')");
    throw Stop{};
  }

  void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    diagnostics_.error(at(mark), "found the tag '" + tag +
                                     "', want no tags; a value that begins "
                                     "with '!' goes into quotes");
  }

  void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor == 0) return;
    diagnostics_.error(at(mark),
                       "found an anchor ('&name'), want none; a value that begins with "
                       "'&' goes into quotes");
  }

  // Escapes in double quotes bring back what the bytes of the file may not hold.
  void refuse_controls(const YAML::Mark& mark, const std::string& value) {
    std::string_view rest = value;
    while (!rest.empty() && !begins_with_control(rest)) rest.remove_prefix(1);
    if (!rest.empty()) diagnostics_.error(at(mark), "found an escaped control character");
  }

  void open(const YAML::Mark& mark, const std::string& tag, YamlNode::Kind kind) {
    count(mark);
    refuse_tag(mark, tag);
    if (static_cast<int>(stack_.size()) >= limits_.max_depth) {
      diagnostics_.error(
          at(mark), "found more than " + std::to_string(limits_.max_depth) + " levels of nesting");
      throw Stop{};
    }
    Open level;
    level.node.kind = kind;
    level.node.where = at(mark);
    stack_.push_back(std::move(level));
  }

  void close() {
    YamlNode node = std::move(stack_.back().node);
    stack_.pop_back();
    add(std::move(node));
  }

  void add(YamlNode node) {
    if (stack_.empty()) {
      root = std::move(node);
      return;
    }
    Open& parent = stack_.back();
    if (parent.node.kind == YamlNode::Kind::sequence) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.key) {
      take_key(parent, std::move(node));
    } else {
      if (!parent.key_is_duplicate) {
        parent.node.members.push_back({std::move(*parent.key), std::move(node)});
      }
      parent.key.reset();
    }
  }

  void take_key(Open& map, YamlNode key) {
    map.key_is_duplicate = false;
    if (key.kind != YamlNode::Kind::scalar) {
      diagnostics_.error(key.where, "found a list or map as a key, want a word");
    } else if (key.text == "<<") {
      diagnostics_.error(key.where, "found a merge key ('<<'), want the keys themselves");
    } else if (const auto [first, is_new] = map.keys.emplace(key.text, key.where); !is_new) {
      diagnostics_.error(key.where, "key '" + key.text + "' stands twice in this map, first at " +
                                        first->second.to_string());
      map.key_is_duplicate = true;
      ++duplicates_;
    }
    map.key = std::move(key);
  }

  const std::string& file_;
  Diagnostics& diagnostics_;
  YamlLimits limits_;
  std::vector<Open> stack_;
  std::size_t nodes_ = 0;
  int documents_ = 0;
  int duplicates_ = 0;
};

// yaml-cpp ends an open quote in silence with the last line of the file, and so swallows what
// stands below it; at the end of a document it complains.
std::string with_document_end(std::string_view text) {
  std::string result(text);
  if (!result.empty() && result.back() != '\n') result += '\n';
  return result + "...\n";
}

std::string what_is_wrong(const std::string& message) {
  if (message == YAML::ErrorMsg::DOC_IN_SCALAR) return "a quote further up is not closed";
  return message;
}

// What yaml-cpp says where a line is indented by other blanks than those around it.
bool may_be_indentation(const std::string& message) {
  return message == YAML::ErrorMsg::MAP_VALUE || message == YAML::ErrorMsg::END_OF_MAP ||
         message == YAML::ErrorMsg::END_OF_SEQ || message == YAML::ErrorMsg::BLOCK_ENTRY;
}

void report_syntax(const YAML::ParserException& error, std::string_view text,
                   const std::string& file, Diagnostics& diagnostics) {
  const bool known = error.mark.line >= 0;
  const Position where{file, known ? error.mark.line + 1 : 0, known ? error.mark.column + 1 : 0};
  auto fault = known ? find_tab_fault(text, where.line) : std::nullopt;
  if (!fault && known && may_be_indentation(error.msg)) {
    fault = find_indentation_fault(text, where.line);
  }
  const std::string what =
      fault
          ? *fault
          : what_is_wrong(error.msg) +
                " (a value with ': ', ' #' or a backslash, and inside { } or [ ] one with a comma "
                "or brace, goes into single quotes)";
  diagnostics.error(where, "not YAML: " + what);
}

Position position_of(std::size_t offset, std::string_view text, const std::string& file) {
  const std::string_view before = text.substr(0, offset);
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const std::size_t line_start = before.rfind('\n') + 1;  // 0 where there is none
  return {file, static_cast<int>(lines) + 1, static_cast<int>(offset - line_start) + 1};
}

bool check_amount(std::string_view text, const std::string& file, Diagnostics& diagnostics,
                  const YamlLimits& limits) {
  const auto excess = find_excess(text, limits.max_nodes);
  if (!excess) return true;
  diagnostics.error(position_of(*excess, text, file),
                    "found more brackets, commas and quotes than " +
                        std::to_string(limits.max_nodes) +
                        " values have, want long lists in plain files ('file:')");
  return false;
}

bool check_bytes(std::string_view text, const std::string& file, Diagnostics& diagnostics) {
  for (std::size_t i = 0; i < text.size();) {
    const std::string_view rest = text.substr(i);
    const std::size_t length = utf8_length(rest);
    if (length == 0 || begins_with_control(rest)) {
      diagnostics.error(position_of(i, text, file), length == 0 ? "found a byte that is not UTF-8"
                                                                : "found a control character");
      return false;
    }
    i += length;
  }
  return true;
}

}  // namespace

bool YamlNode::is_null() const {
  return kind == Kind::scalar && style == Style::plain &&
         (text.empty() || text == "~" || text == "null");
}

const YamlNode* find_member(const YamlNode& node, std::string_view key) {
  for (const auto& [name, value] : node.members) {
    if (name.text == key) return &value;
  }
  return nullptr;
}

namespace {

enum class Duplicates { end_it, first_counts };

std::optional<YamlNode> parse(std::string_view text, const std::string& file,
                              Diagnostics& diagnostics, const YamlLimits& limits,
                              Duplicates duplicates) {
  if (text.size() > limits.max_bytes) {
    diagnostics.error({file}, "the file has " + std::to_string(text.size()) +
                                  " bytes, want at most " + std::to_string(limits.max_bytes));
    return std::nullopt;
  }
  if (!check_bytes(text, file, diagnostics) || !check_amount(text, file, diagnostics, limits)) {
    return std::nullopt;
  }
  const int errors_before = diagnostics.errors();
  TreeBuilder builder(file, diagnostics, limits);
  try {
    std::istringstream stream(with_document_end(text));
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::ParserException& error) {
    report_syntax(error, text, file, diagnostics);
  } catch (const YAML::Exception& error) {
    diagnostics.error({file}, "not YAML: " + error.msg);
  } catch (const Stop&) {
    return std::nullopt;
  }
  const int forgiven = duplicates == Duplicates::first_counts ? builder.duplicates() : 0;
  if (diagnostics.errors() != errors_before + forgiven) return std::nullopt;
  if (!builder.root || builder.root->is_null()) {
    diagnostics.error({file}, "the file is empty, want a map of keys");
    return std::nullopt;
  }
  return std::move(builder.root);
}

}  // namespace

std::optional<YamlNode> parse_yaml(std::string_view text, const std::string& file,
                                   Diagnostics& diagnostics, const YamlLimits& limits) {
  return parse(text, file, diagnostics, limits, Duplicates::end_it);
}

std::optional<YamlNode> parse_yaml_past_duplicates(std::string_view text, const std::string& file,
                                                   Diagnostics& diagnostics) {
  return parse(text, file, diagnostics, {}, Duplicates::first_counts);
}

}  // namespace postern::yaml
