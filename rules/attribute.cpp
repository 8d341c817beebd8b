#include "rules/attribute.h"

#include "common/base/overloaded.h"

namespace postern {

bool is_known(Attribute attribute, const Transaction& transaction) {
  if (is_untold(attribute, transaction)) return false;
  const AttributeInfo& info = info_of(attribute);
  const auto is_there = [&](const auto& in) { return (transaction.*in.field).has_value(); };
  return std::visit(
      Overloaded{[&](const AddressIn& in) { return is_there(in); },
                 // After RCPT a policy request names the recipient only when there is exactly one.
                 [&](const DomainIn& in) { return is_there(in); },
                 [&](const FromDatabase&) { return is_known(info.told_with, transaction); },
                 [&](const FromDiffers&) { return transaction.header && transaction.sender; },
                 [&](const auto&) {
                   return info.known_from == Stage::eom ? transaction.header.has_value()
                                                        : transaction.stage >= info.known_from;
                 }},
      info.value);
}

bool is_about_header(Attribute attribute) {
  return known_from(attribute) == Stage::eom && attribute != Attribute::headers_cut;
}

}  // namespace postern
