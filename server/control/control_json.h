// Writes values of the control protocol (docs/control.md) as JSON, and reads facts back from it.
// Pure.
#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string_view>

#include "common/base/diagnostic.h"
#include "common/base/result.h"
#include "common/base/utc_date.h"
#include "common/dns/dns.h"
#include "rules/model/state.h"

namespace postern::control {

// Text from anywhere: control characters and bytes that are not UTF-8 become `\xNN`
// (printable()), so that the result is valid JSON and harmless on a terminal.
boost::json::string json_text(std::string_view text);
boost::json::array json_texts(const std::vector<std::string>& texts);
// The same; null when it is empty.
boost::json::value json_text_or_null(std::string_view text);
// `2026-11-21T18:00:00Z`; null when there is none.
boost::json::value json_time(const std::optional<UtcTime>& time);

// The first Diagnostics::kShown.
boost::json::array json_diagnostics(const Diagnostics& diagnostics);

boost::json::object json_dns_fact(dns::DnsType type, const dns::DnsFact& fact);
// What json_dns_fact() wrote, without its type. Unknown keys are passed over. Error: a key that is
// missing or has no such value, more than DnsAnswer::kMaxRecords.
Result<dns::DnsFact> dns_fact_from_json(const boost::json::value& json);

// What a store knows under a key; without what a message has done to it.
boost::json::object json_state_fact(const StateFact& fact);
// What json_state_fact() wrote. Unknown keys are passed over. Error: a key that is missing or has
// no such value.
Result<StateFact> state_fact_from_json(const boost::json::value& json);

}  // namespace postern::control
