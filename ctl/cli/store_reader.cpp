#include "ctl/cli/store_reader.h"

#include <boost/json.hpp>
#include <utility>

#include "server/config/configuration.h"
#include "server/control/control_json.h"
#include "server/state/record_on_disk.h"

namespace postern::ctl {

http::HttpRequest record_request(std::string method, const StateKey& key) {
  boost::json::array texts{word_of(kStateKinds, key.kind), key.bucket};
  for (const std::string& part : key.parts) texts.push_back(boost::json::string(part));
  return {std::move(method), "/v1/store?key=" + percent_encoded(boost::json::serialize(texts)), {}};
}

std::optional<DaemonAnswer> record_of_file(const config::Settings& settings, const StateKey& key) {
  const std::string folder = config::store_folder(settings);
  if (folder.empty()) return std::nullopt;
  DaemonAnswer answer;
  answer.daemon.name = folder;
  const auto fact = state::record_on_disk(folder, key);
  answer.status = fact ? 200 : 503;
  if (fact)
    answer.body = control::json_state_fact(*fact);
  else
    answer.error = fact.error().text;
  return answer;
}

StateFact StoreReader::find(const StateKey& key) const {
  const auto answer =
      running_ ? ask_daemons({*running_}, record_request("GET", key), kQuickAnswer).front()
               : record_of_file(settings_, key).value_or(DaemonAnswer{});
  if (!answer.ok()) return {};
  return control::state_fact_from_json(answer.body).value_or(StateFact{});
}

}  // namespace postern::ctl
