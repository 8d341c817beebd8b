#include "ctl/lists/export_format.h"

#include <algorithm>
#include <iterator>

#include "common/base/ip_network.h"
#include "ctl/lists/export_access.h"
#include "ctl/lists/list_file.h"

namespace postern::ctl {
namespace {

ExportedLines one(std::string line) {
  return std::vector<std::string>{std::move(line)};
}

// Formats that hold values alone: what is in them is refused.
Result<void> says_no(const ExportedEntry& entry) {
  const ActionKind kind = kind_of(entry.action);
  if (is_final(kind) && kind != ActionKind::pass) return {};
  return failure("its action is '" + std::string(to_string(kind)) +
                 "', and all that is in such a table is refused");
}

ExportedLines network_line(const ExportedEntry& entry) {
  if (entry.kind != lists::ListKind::network)
    return failure("no network, which is all it can hold");
  const auto network = IpNetwork::parse(entry.value);
  if (!network) return tl::unexpected(network.error());
  return one(network->to_string());
}

ExportedLines refused_network(const ExportedEntry& entry) {
  if (auto no = says_no(entry); !no) return tl::unexpected(no.error());
  return network_line(entry);
}

// `x`, `.x` (with all below), `*.x` are rbldnsd's own words in a dnset.
ExportedLines rbldnsd_line(const ExportedEntry& entry) {
  if (entry.kind == lists::ListKind::network) return refused_network(entry);
  if (auto no = says_no(entry); !no) return tl::unexpected(no.error());
  if (entry.kind != lists::ListKind::domain) return failure("no name and no network");
  if (entry.value.starts_with('~'))
    return failure("a regular expression, which a dnset cannot hold");
  if (entry.value.ends_with(".*"))
    return failure("a beginning of a name, which a dnset cannot hold");
  return one(entry.value);
}

bool is_v6(std::string_view line) {
  return line.find(':') != std::string_view::npos;
}

std::vector<std::string> of_family(const std::vector<std::string>& lines, bool v6) {
  std::vector<std::string> found;
  std::copy_if(lines.begin(), lines.end(), std::back_inserter(found),
               [&](const std::string& line) { return is_v6(line) == v6; });
  return found;
}

std::string joined(const std::vector<std::string>& lines, std::string_view before,
                   std::string_view between) {
  std::string text;
  for (const std::string& line : lines)
    text.append(text.empty() ? "" : between).append(before) += line;
  return text.empty() ? text : text + "\n";
}

// nft takes no set in which one interval holds another.
void drop_covered(std::vector<std::string>& networks) {
  std::vector<IpNetwork> kept;
  kept.reserve(networks.size());
  for (const std::string& text : networks) kept.push_back(IpNetwork::parse(text).value());
  std::sort(kept.begin(), kept.end());  // a network before those within it
  std::vector<IpNetwork> outer;
  for (const IpNetwork& network : kept) {
    if (outer.empty() || !outer.back().contains(network.first())) outer.push_back(network);
  }
  networks.clear();
  for (const IpNetwork& network : outer) networks.push_back(network.to_string());
}

std::string nft_set(std::string_view name, std::string_view type,
                    std::vector<std::string> networks) {
  drop_covered(networks);
  std::string text = "    set " + std::string(name) + " {\n        type " + std::string(type) +
                     "; flags interval;\n";
  if (!networks.empty()) {
    text += "        elements = {\n" + joined(networks, "            ", ",\n") + "        }\n";
  }
  return text + "    }\n";
}

// Names of sets are letters, digits and `_` there.
std::string nft_table(std::string_view name, const std::vector<std::string>& lines) {
  std::string set(name);
  std::replace(set.begin(), set.end(), '-', '_');
  // Declared and deleted first, so that it can be loaded again: in one transaction.
  return "table inet postern_export {\n}\ndelete table inet postern_export\n"
         "table inet postern_export {\n" +
         nft_set(set + "_v4", "ipv4_addr", of_family(lines, false)) +
         nft_set(set + "_v6", "ipv6_addr", of_family(lines, true)) + "}\n";
}

// The first that matches counts there, and here the longest prefix.
std::vector<std::string> longest_first(std::vector<std::string> lines) {
  const auto length = [](const std::string& line) {
    return IpNetwork::parse(line.substr(0, line.find('\t'))).value().mapped_prefix_length();
  };
  std::stable_sort(lines.begin(), lines.end(),
                   [&](const std::string& one, const std::string& other) {
                     return length(one) > length(other);
                   });
  return lines;
}

std::string rbldnsd_table(const std::vector<std::string>& lines) {
  const bool networks = std::any_of(lines.begin(), lines.end(), [](const std::string& line) {
    return IpNetwork::parse(line).has_value();
  });
  const std::string value = ":127.0.0.2:Listed\n";
  if (!networks) return value + joined(lines, "", "\n");
  return "$DATASET ip4set:v4 @\n" + value + joined(of_family(lines, false), "", "\n") +
         "$DATASET ip6trie:v6 @\n" + value + joined(of_family(lines, true), "", "\n");
}

}  // namespace

Result<std::vector<std::string>> exported_lines(ExportFormat format, const ExportedEntry& entry) {
  switch (format) {
    case ExportFormat::postfix_access:
      return postfix_access_lines(entry, Parents::postfix);
    case ExportFormat::postfix_access_dotted:
      return postfix_access_lines(entry, Parents::dotted);
    case ExportFormat::sendmail_access:
      return sendmail_access_lines(entry);
    case ExportFormat::cidr:
      return postfix_cidr_lines(entry);
    case ExportFormat::nft:
      return refused_network(entry);
    case ExportFormat::rbldnsd:
      return rbldnsd_line(entry);
    case ExportFormat::plain:
      break;
  }
  if (entry.has_own_action) return failure("an action of its own (then=), which is not written");
  return one(quoted_if_needed(entry.value));
}

std::string exported_table(ExportFormat format, std::string_view name,
                           const std::vector<std::string>& lines) {
  const std::string head = "# List " + std::string(name) + ", by posternctl export.\n";
  switch (format) {
    case ExportFormat::nft:
      return head + nft_table(name, lines);
    case ExportFormat::rbldnsd:
      return head + rbldnsd_table(lines);
    case ExportFormat::cidr:
      return head + joined(longest_first(lines), "", "\n");
    default:
      return head + joined(lines, "", "\n");
  }
}

}  // namespace postern::ctl
