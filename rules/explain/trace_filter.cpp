#include "rules/explain/trace_filter.h"

#include "common/base/domain_name.h"
#include "common/base/escape.h"

namespace postern::explain {
namespace {

bool is_of_domain(std::string_view domain, std::string_view wanted) {
  if (!wanted.starts_with('.')) return domain == wanted;
  return domain == wanted.substr(1) || domain.ends_with(wanted);
}

Result<std::string> domain_of(std::string_view text) {
  const bool below = text.starts_with('.');
  const auto name = DomainName::parse(below ? text.substr(1) : text);
  if (!name) return failure("sender_domain: " + name.error().text);
  return (below ? "." : "") + name->text();
}

}  // namespace

bool TraceFilter::matches(const Transaction& transaction) const {
  if (client && !(transaction.client && client->contains(*transaction.client))) return false;
  if (!sender_domain.empty() &&
      !(transaction.sender && is_of_domain(transaction.sender->domain().text(), sender_domain))) {
    return false;
  }
  return instance.empty() || instance == transaction.instance || instance == transaction.queue_id;
}

Result<TraceFilter> parse_trace_filter(std::string_view client, std::string_view sender_domain,
                                       std::string_view instance) {
  TraceFilter filter;
  if (!client.empty()) {
    auto network = IpNetwork::parse(client);
    if (!network) return failure("client: " + network.error().text);
    filter.client = *network;
  }
  if (!sender_domain.empty()) {
    auto domain = domain_of(sender_domain);
    if (!domain) return tl::unexpected(domain.error());
    filter.sender_domain = std::move(*domain);
  }
  if (instance.size() > TraceFilter::kMaxInstance) {
    return failure("instance: found more than " + std::to_string(TraceFilter::kMaxInstance) +
                   " bytes");
  }
  filter.instance = instance;
  if (filter.is_empty()) {
    return failure("found nothing to follow, want client, sender_domain or instance");
  }
  return filter;
}

}  // namespace postern::explain
