#include "ctl/doctor/restriction_list.h"

#include <algorithm>
#include <array>

#include "common/ascii_case.h"
#include "ctl/doctor/postfix_words.h"

namespace postern {
namespace {

constexpr std::size_t kMaxRestrictions = 2000;
constexpr int kMaxClassDepth = 8;
constexpr std::array<std::string_view, 7> kTakeArgument{"check_",
                                                        "reject_rbl_client",
                                                        "reject_rhsbl_",
                                                        "permit_dnswl_client",
                                                        "permit_rhswl_client",
                                                        "reject_maps_rbl",
                                                        "sleep"};

bool takes_argument(std::string_view name) {
  return std::any_of(kTakeArgument.begin(), kTakeArgument.end(),
                     [&](std::string_view start) { return name.starts_with(start); });
}

PolicyCall policy_call(std::string_view argument) {
  PolicyCall call;
  const auto inside = inside_braces(argument);
  const auto words = postfix_words(inside.value_or(argument));
  if (words.empty()) return call;
  call.address = words.front();
  call.endpoint = parse_postfix_endpoint(words.front());
  for (const std::string_view word : words) {
    const auto attribute = postfix_attribute(word);
    if (!attribute) continue;
    if (attribute->name == "timeout") call.timeout = mta_time(attribute->value);
    if (attribute->name == "default_action") call.default_action = attribute->value;
    if (attribute->name == "try_limit") call.try_limit = attribute->value;
  }
  return call;
}

class RestrictionReader {
 public:
  explicit RestrictionReader(const ClassText& class_text) : class_text_(class_text) {}

  void read(std::string_view text, const std::string& by_class, int depth) {
    const auto words = postfix_words(text);
    for (std::size_t i = 0; i < words.size() && items_.size() < kMaxRestrictions; ++i) {
      const std::string* inside = class_text_(words[i]);
      if (inside != nullptr && depth < kMaxClassDepth) {
        read(*inside, std::string(words[i]), depth + 1);
        continue;
      }
      Restriction item{std::string(words[i]), {}, by_class, std::nullopt};
      const std::string name = ascii_lower(item.name);
      if (takes_argument(name) && i + 1 < words.size()) item.argument = words[++i];
      if (name == "check_policy_service") item.policy = policy_call(item.argument);
      items_.push_back(std::move(item));
    }
  }

  std::vector<Restriction> take() && { return std::move(items_); }

 private:
  const ClassText& class_text_;
  std::vector<Restriction> items_;
};

bool is_any_of(const std::string& name, std::initializer_list<std::string_view> names) {
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view one) { return equal_ignoring_case(name, one); });
}

}  // namespace

std::vector<Restriction> read_restrictions(std::string_view text, const ClassText& class_text) {
  RestrictionReader reader(class_text);
  reader.read(text, {}, 0);
  return std::move(reader).take();
}

bool ends_list_for_all(const Restriction& restriction) {
  if (is_any_of(restriction.name, {"permit", "reject", "defer"})) return true;
  return is_any_of(restriction.argument, {"static:ok", "static:permit", "static:reject"});
}

bool ends_list_for_own_domains(const Restriction& restriction) {
  return is_any_of(restriction.name, {"permit_auth_destination"});
}

bool refuses_relaying(const Restriction& restriction) {
  return is_any_of(restriction.name,
                   {"reject_unauth_destination", "defer_unauth_destination", "reject", "defer"});
}

}  // namespace postern
