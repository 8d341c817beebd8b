#include "server/control/control_target.h"

#include "common/base/escape.h"
#include "common/base/whole_number.h"

namespace postern::control {
namespace {

constexpr std::size_t kMaxParameters = 10;

Result<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const std::string_view digits = text.substr(i + 1, 2);
    const auto value = parse_whole<unsigned>(digits, 16);
    if (digits.size() < 2 || !value) {
      return failure("found a percent sign in \"" + printable(text) +
                     "\" without two hexadecimal digits behind it");
    }
    out += static_cast<char>(*value);
    i += 2;
  }
  return out;
}

Result<void> add_parameter(std::string_view text, ControlParameters& parameters) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) {
    return failure("found \"" + printable(text) + "\" in the query, want KEY=VALUE");
  }
  auto key = percent_decoded(text.substr(0, equals));
  if (!key) return failure(std::move(key.error().text));
  auto value = percent_decoded(text.substr(equals + 1));
  if (!value) return failure(std::move(value.error().text));
  const std::string name = printable(*key);
  if (!parameters.emplace(std::move(*key), std::move(*value)).second) {
    return failure("found the parameter \"" + name + "\" twice, want it once");
  }
  return {};
}

}  // namespace

Result<ControlTarget> parse_control_target(std::string_view target) {
  ControlTarget parsed;
  const std::size_t question = target.find('?');
  parsed.path = target.substr(0, question);
  if (question == std::string_view::npos) return parsed;
  std::string_view query = target.substr(question + 1);
  while (!query.empty()) {
    const std::string_view parameter = query.substr(0, query.find('&'));
    if (auto added = add_parameter(parameter, parsed.parameters); !added) {
      return failure(std::move(added.error().text));
    }
    if (parsed.parameters.size() > kMaxParameters) {
      return failure("found more than " + std::to_string(kMaxParameters) + " parameters");
    }
    query.remove_prefix(std::min(query.size(), parameter.size() + 1));
  }
  return parsed;
}

}  // namespace postern::control
