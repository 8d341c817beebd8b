// The transaction that a decision line tells of. Pure; every byte is hostile.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "ctl/log/log_line.h"
#include "rules/attribute.h"
#include "rules/model/door.h"
#include "rules/model/transaction.h"

namespace postern::ctl {

std::optional<Door> door_named(std::string_view name);

// Puts into the transaction what a text tells of an attribute. Error: it is no address of a client.
Result<void> tell(const AttributeInfo& info, const std::string& text, Transaction& transaction,
                  const std::function<MailAddress(const std::string&)>& read_address);

// Door and stage of it are not looked at. Error: as above.
Result<void> fill_from_log(const LogFields& fields, Transaction& transaction);

}  // namespace postern::ctl
