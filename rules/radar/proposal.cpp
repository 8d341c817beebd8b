#include "rules/radar/proposal.h"

#include "common/base/words.h"

namespace postern::radar {
namespace {

constexpr Word<PoolKind> kKinds[] = {{"network", PoolKind::network},
                                     {"label", PoolKind::label},
                                     {"local_part", PoolKind::local_part},
                                     {"helo", PoolKind::helo},
                                     {"domain", PoolKind::domain}};

}  // namespace

std::string_view to_string(PoolKind kind) {
  return word_of(kKinds, kind);
}

std::optional<PoolKind> pool_kind_named(std::string_view word) {
  for (const auto& [name, kind] : kKinds) {
    if (name == word) return kind;
  }
  return std::nullopt;
}

std::string_view to_string(Strength strength) {
  return strength == Strength::strong ? "strong" : "weak";
}

}  // namespace postern::radar
