#include "ctl/import/flat_table.h"

#include "common/base/ascii_case.h"
#include "common/base/domain_name.h"
#include "common/base/ip_network.h"
#include "ctl/import/address_word.h"
#include "ctl/import/outcome.h"
#include "rules/lists/well_known.h"

namespace postern::import {
namespace {

constexpr std::size_t kMaxKnownShown = 20;

// `about` names a party of the session or an attribute: what of it names, networks and addresses
// are compared with.
std::string attribute_of(std::string_view about, lists::ListKind kind) {
  const bool sender = about.starts_with("sender");
  const bool recipient = about.starts_with("recipient");
  if (kind == lists::ListKind::address) return recipient ? "recipient" : sender ? "sender" : "";
  if (kind == lists::ListKind::network) return about == "helo" ? "" : "client";
  if (about == "client") return "client_name";
  if (sender || recipient) return sender ? "sender_domain" : "recipient_domain";
  const bool known = about == "client_name" || about == "reverse_client_name" || about == "helo" ||
                     about == "header.from_domain";
  return known ? std::string(about) : "";
}

// One spelling for what a list takes for one value. Most lines are plain names.
std::string normal(lists::ListKind kind, const std::string& value) {
  if (kind == lists::ListKind::network) {
    const auto network = IpNetwork::parse(value);
    return network ? network->to_string() : value;
  }
  if (value.starts_with('~')) return value;
  const std::size_t start = kind == lists::ListKind::address ? value.rfind('@') + 1
                            : value.starts_with("*.")        ? 2
                            : value.starts_with('.')         ? 1
                                                             : 0;
  const auto name = DomainName::parse(std::string_view(value).substr(start));
  return ascii_lower(value.substr(0, start)) +
         (name ? name->text() : ascii_lower(value.substr(start)));
}

bool is_plain_domain(lists::ListKind kind, const std::string& value) {
  return kind == lists::ListKind::domain && DomainName::parse(value).has_value();
}

}  // namespace

FlatTable::FlatTable(const ImportRequest& request, const FlatFormat& format, ImportLog& log)
    : request_(request),
      format_(format),
      log_(log),
      is_assumed_(format.how == FlatFormat::About::assumed && request.about.empty()) {
  const std::string_view about = request.about.empty() ? format.about : request.about;
  const std::string action = request.then.empty() ? std::string(format.then) : request.then;
  outcome_ = outcome_of(action).value_or(no_op());
  steps_[addresses] = {
      "addresses", attribute_of(about, lists::ListKind::address), lists::ListKind::address, {}, {}};
  steps_[names] = {
      "names", attribute_of(about, lists::ListKind::domain), lists::ListKind::domain, {}, {}};
  steps_[networks] = {
      "networks", attribute_of(about, lists::ListKind::network), lists::ListKind::network, {}, {}};
}

void FlatTable::add_name(const TableLine& line, std::string_view part, const std::string& value) {
  add(names, line, part, value);
  name_lines_.resize(steps_[names].entries.size(), line.number);
}

void FlatTable::add_network(const TableLine& line, std::string_view part,
                            const std::string& value) {
  add(networks, line, part, value);
}

void FlatTable::add_address(const TableLine& line, std::string_view part,
                            const std::string& value) {
  add(addresses, line, part, value);
}

void FlatTable::add(Step step, const TableLine& line, std::string_view part,
                    const std::string& value) {
  TableStep& to = steps_[step];
  if (std::string fault = fault_of(to, value); !fault.empty()) {
    log_.refuse(line, part, std::move(fault));
    return;
  }
  if (!seen_[step].insert(normal(to.kind, value)).second) {
    log_.repeat(line);
    return;
  }
  to.entries.push_back({value, outcome_});
  log_.import(line);
}

std::string FlatTable::fault_of(const TableStep& to, const std::string& value) const {
  if (to.attribute.empty()) {
    return "a value of kind " + std::string(lists::to_string(to.kind)) +
           " cannot be compared with what this table is about; want another --about";
  }
  if (to.kind == lists::ListKind::network) return value_fault(to.kind, value);
  const std::string_view name = std::string_view(value).substr(value.rfind('@') + 1);
  if (!value.starts_with('~') && is_meant_as_addresses(name)) return no_name_but_addresses(name);
  if (is_assumed_ && outcome_.lets_in()) {
    return "nothing says what '" + value +
           "' is compared with, and what a client says of itself is easily forged; say it with "
           "--about: client_name, sender, recipient, ...";
  }
  return is_plain_domain(to.kind, value) ? "" : value_fault(to.kind, value);
}

void FlatTable::note_what_is_assumed() {
  if (request_.then.empty() && !format_.without_then.empty()) {
    log_.note(std::string(format_.without_then) +
              ": the rule only notes what it matches; say what it should do with --then");
  }
  const TableStep& some = steps_[names].entries.empty() ? steps_[addresses] : steps_[names];
  if (!is_assumed_ || some.entries.empty()) return;
  log_.note("nothing says what the " + some.suffix + " are compared with; it is taken for '" +
            some.attribute + "'; if it is another, say so with --about");
}

// Block lists hold popular and free mail domains often enough; whoever takes one over should know.
void FlatTable::warn_of_well_known() {
  if (request_.well_known.empty() || outcome_.severity() == 0) return;
  lists::DomainList list("names");
  const std::vector<TableEntry>& entries = steps_[names].entries;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (!list.add(entries[i].value, name_lines_[i], {})) return;
  }
  if (!list.build()) return;
  const auto hits = lists::find_well_known(list, request_.well_known, UtcTime::min());
  for (std::size_t i = 0; i < hits.size() && i < kMaxKnownShown; ++i) {
    const TableLine line{{}, list.entries().line(hits[i].entry), {}};
    log_.warn(line, {},
              "'" + list.entry_text(hits[i].entry) + "' would hit " + lists::domains_of(hits[i]) +
                  ", which 'well_known:' names");
  }
  if (hits.size() > kMaxKnownShown) {
    log_.note(std::to_string(hits.size() - kMaxKnownShown) +
              " more entries would hit what 'well_known:' names");
  }
}

Imported FlatTable::finish() {
  note_what_is_assumed();
  warn_of_well_known();
  std::vector<TableStep> steps;
  for (TableStep& step : steps_) {
    if (!step.entries.empty()) steps.push_back(std::move(step));
  }
  if (steps.size() == 1) steps.front().suffix.clear();
  Imported imported;
  add_table(request_.name, steps, imported);
  log_.finish(imported);
  return imported;
}

Imported import_flat(const ImportRequest& request, const FlatFormat& format,
                     std::string_view (*content_of)(std::string_view line),
                     void (*add)(FlatTable& table, ImportLog& log, const TableLine& line,
                                 std::string_view content)) {
  ImportLog log(request);
  FlatTable table(request, format, log);
  for (const TableLine& line : plain_lines(request.text)) {
    const std::string_view content = content_of(line.text);
    if (!content.empty()) add(table, log, line, content);
  }
  return table.finish();
}

std::string_view without_comment(std::string_view line) {
  return trimmed(line.substr(0, line.find('#')));
}

bool looks_like_network(std::string_view word) {
  const std::string_view address = word.substr(0, word.find('/'));
  return !address.starts_with('.') && IpAddress::parse(address).has_value();
}

}  // namespace postern::import
