#include "rules/checks/outside_client.h"

#include "common/base/ip_scope.h"

namespace postern::checks {

const IpAddress* outside_client(const Transaction& transaction) {
  if (!transaction.client || !transaction.sasl_username.empty()) return nullptr;
  return is_public(*transaction.client) ? &*transaction.client : nullptr;
}

}  // namespace postern::checks
