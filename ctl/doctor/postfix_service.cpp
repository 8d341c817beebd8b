#include "ctl/doctor/postfix_service.h"

#include <algorithm>

#include "ctl/doctor/postfix_words.h"

namespace postern::doctor {
namespace {

bool is_about(const std::string& word, std::string_view name) {
  const auto attribute = postfix_attribute(word);
  return attribute && attribute->name == name;
}

}  // namespace

void PostfixService::set(std::string_view name, const std::string& value) {
  const auto is_it = [&](const std::string& word) { return is_about(word, name); };
  std::string text = std::string(name) + "=" + value;
  const auto found = std::find_if(attributes.begin(), attributes.end(), is_it);
  if (found == attributes.end()) {
    attributes.push_back(std::move(text));
    return;
  }
  *found = std::move(text);
  attributes.erase(std::remove_if(found + 1, attributes.end(), is_it), attributes.end());
}

std::string PostfixService::to_string() const {
  if (attributes.empty()) return address;
  std::string out = "{ " + address;
  for (const std::string& attribute : attributes) out += ", " + attribute;
  return out + " }";
}

PostfixService read_postfix_service(std::string_view text) {
  PostfixService service;
  const auto words = postfix_words(inside_braces(text).value_or(text));
  if (words.empty()) return service;
  service.address = words.front();
  service.attributes.assign(words.begin() + 1, words.end());
  return service;
}

}  // namespace postern::doctor
