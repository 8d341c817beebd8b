#include "common/yaml/yaml_sections.h"

#include <vector>

#include "common/base/diagnostic.h"

namespace postern::yaml {
namespace {

// Takes off `text` what belongs to one key at the left margin: its line, and those below it that
// begin with a blank, `-`, `#`, a closing bracket, or nothing.
std::string_view take_section(std::string_view& text) {
  std::size_t end = text.find('\n');
  while (end != std::string_view::npos && end + 1 < text.size() &&
         std::string_view(" \t\r\n-#}]").find(text[end + 1]) != std::string_view::npos) {
    end = text.find('\n', end + 1);
  }
  const std::string_view section = text.substr(0, end == std::string_view::npos ? end : end + 1);
  text.remove_prefix(section.size());
  return section;
}

// Of a section that is no YAML its first line may be, which the fault stands below; else it is a
// key without a value.
std::vector<YamlMember> members_of(std::string_view section) {
  Diagnostics ignored;
  for (const std::string_view text : {section, section.substr(0, section.find('\n'))}) {
    auto root = parse_yaml_past_duplicates(text, "", ignored);
    if (root) return std::move(root->members);
  }
  YamlMember member;
  member.key.text = section.substr(0, section.find_first_of(": \t\r\n"));
  return {std::move(member)};
}

constexpr std::size_t kMaxSections = 1000;

}  // namespace

YamlNode readable_sections(std::string_view text) {
  YamlNode root;
  root.kind = YamlNode::Kind::map;
  if (text.size() > YamlLimits{}.max_bytes) return root;
  while (!text.empty() && root.members.size() < kMaxSections) {
    for (YamlMember& member : members_of(take_section(text))) {
      if (find_member(root, member.key.text) == nullptr) root.members.push_back(std::move(member));
    }
  }
  return root;
}

}  // namespace postern::yaml
