#include "common/yaml_node.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <sstream>

#include "common/utf8.h"

namespace postern {
namespace {

// Ends the parse: the error has been reported. Never leaves this file.
struct Stop {};

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

  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { add(scalar(mark, "")); }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    diagnostics_.error(at(mark), "found an alias ('*name'), want the value itself; lists can be "
                                 "named and shared under 'lists:'");
    add(scalar(mark, ""));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                const std::string& value) override {
    refuse_tag(mark, tag);
    YamlNode node = scalar(mark, value);
    if (tag == "!") node.style = YamlNode::Style::quoted;
    add(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, YamlNode::Kind::sequence);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, YamlNode::Kind::map);
  }
  void OnMapEnd() override { close(); }

  std::optional<YamlNode> root;

 private:
  struct Open {
    YamlNode node;
    std::optional<YamlNode> key;  // of a map: a key that waits for its value
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
    if (++nodes_ <= limits_.max_nodes) return;
    diagnostics_.error(at(mark), "found more than " + std::to_string(limits_.max_nodes) +
                                     " values, want long lists in plain files ('file:')");
    throw Stop{};
  }

  void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    diagnostics_.error(at(mark), "found the tag '" + tag + "', want no tags; a value that begins "
                                 "with '!' goes into quotes");
  }

  void open(const YAML::Mark& mark, const std::string& tag, YamlNode::Kind kind) {
    count(mark);
    refuse_tag(mark, tag);
    if (static_cast<int>(stack_.size()) >= limits_.max_depth) {
      diagnostics_.error(at(mark), "found more than " + std::to_string(limits_.max_depth) +
                                       " levels of nesting");
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
      parent.node.members.push_back({std::move(*parent.key), std::move(node)});
      parent.key.reset();
    }
  }

  void take_key(Open& map, YamlNode key) {
    if (key.kind != YamlNode::Kind::scalar) {
      diagnostics_.error(key.where, "found a list or map as a key, want a word");
    } else if (key.text == "<<") {
      diagnostics_.error(key.where, "found a merge key ('<<'), want the keys themselves");
    }
    for (const auto& [other, value] : map.node.members) {
      if (other.text != key.text || key.kind != YamlNode::Kind::scalar) continue;
      diagnostics_.error(key.where, "key '" + key.text + "' stands twice in this map, first at " +
                                        other.where.to_string());
      break;
    }
    map.key = std::move(key);
  }

  const std::string& file_;
  Diagnostics& diagnostics_;
  YamlLimits limits_;
  std::vector<Open> stack_;
  std::size_t nodes_ = 0;
  int documents_ = 0;
};

void report_syntax(const YAML::ParserException& error, const std::string& file,
                   Diagnostics& diagnostics) {
  const bool known = error.mark.line >= 0;
  diagnostics.error({file, known ? error.mark.line + 1 : 0, known ? error.mark.column + 1 : 0},
                    "not YAML: " + error.msg +
                        " (a value with ': ', ' #' or a backslash, and inside { } or [ ] one with "
                        "a comma or brace, goes into single quotes)");
}

// YAML 1.2 5.1: no control characters but tab and line ends.
bool check_bytes(std::string_view text, const std::string& file, Diagnostics& diagnostics) {
  int line = 1;
  std::size_t line_start = 0;
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const std::size_t length = utf8_length(text.substr(i));
    const Position where{file, line, static_cast<int>(i - line_start) + 1};
    if (length == 0) {
      diagnostics.error(where, "found a byte that is not UTF-8");
      return false;
    }
    if ((byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7f) {
      diagnostics.error(where, "found a control character");
      return false;
    }
    i += length;
    if (byte == '\n') {
      ++line;
      line_start = i;
    }
  }
  return true;
}

}  // namespace

bool YamlNode::is_null() const {
  return kind == Kind::scalar && style == Style::plain &&
         (text.empty() || text == "~" || text == "null");
}

std::optional<YamlNode> parse_yaml(std::string_view text, const std::string& file,
                                   Diagnostics& diagnostics, const YamlLimits& limits) {
  if (text.size() > limits.max_bytes) {
    diagnostics.error({file}, "the file has " + std::to_string(text.size()) +
                                  " bytes, want at most " + std::to_string(limits.max_bytes));
    return std::nullopt;
  }
  if (!check_bytes(text, file, diagnostics)) return std::nullopt;
  const int errors_before = diagnostics.errors();
  TreeBuilder builder(file, diagnostics, limits);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::ParserException& error) {
    report_syntax(error, file, diagnostics);
  } catch (const YAML::Exception& error) {
    diagnostics.error({file}, "not YAML: " + error.msg);
  } catch (const Stop&) {
    return std::nullopt;
  }
  if (diagnostics.errors() != errors_before) return std::nullopt;
  if (!builder.root) diagnostics.error({file}, "the file is empty, want a map of keys");
  return std::move(builder.root);
}

}  // namespace postern
