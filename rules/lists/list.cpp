#include "rules/lists/list.h"

#include "rules/lists/address_list.h"
#include "rules/lists/domain_list.h"
#include "rules/lists/network_list.h"
#include "rules/lists/text_list.h"

namespace postern::lists {

const Action* List::action_for(EntryId id) const {
  const EntryData* data = table_.data(id);
  if (data != nullptr && data->then) return &*data->then;
  return origin_.then ? &*origin_.then : nullptr;
}

std::unique_ptr<List> make_list(ListKind kind, std::string name) {
  switch (kind) {
    case ListKind::network:
      return std::make_unique<NetworkList>(std::move(name));
    case ListKind::domain:
      return std::make_unique<DomainList>(std::move(name));
    case ListKind::address:
      return std::make_unique<AddressList>(std::move(name));
    case ListKind::text:
      return std::make_unique<TextList>(std::move(name));
  }
  return nullptr;
}

}  // namespace postern::lists
