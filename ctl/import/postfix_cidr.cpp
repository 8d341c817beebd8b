// cidr_table(5): the first line that matches decides, in blocks of if and endif. Prefixes are
// nested or disjoint, so a line whose network lies in that of a line before it never decides;
// without such lines the longest prefix is the first match.
#include <cctype>

#include "common/ascii_case.h"
#include "ctl/import/access_table.h"
#include "ctl/import/formats.h"
#include "ctl/import/outcome_reader.h"
#include "ctl/import/postfix_result.h"
#include "ctl/import/prefix_set.h"

namespace postern {
namespace {

// What a line with `!` in nested blocks can come to.
constexpr std::size_t kMaxPieces = 4096;

struct Decider {
  int line = 0;
  Outcome outcome;
};

class CidrTable {
 public:
  CidrTable(const ImportRequest& request, OutcomeReader::Read read)
      : request_(request), ledger_(request), outcomes_(std::move(read), ledger_) {}

  Imported run() {
    const std::vector<TableLine> lines = postfix_lines(request_.text);
    Imported imported;
    if (!request_.about.empty() && request_.about != "client") {
      ledger_.refuse_all(lines, "networks are compared with the client; want --about client");
    } else {
      for (const TableLine& line : lines) read(line);
      if (!blocks_.empty()) ledger_.note("an 'if' has no 'endif'; it ends with the table");
      add_table(request_.name, {step_}, imported);
    }
    ledger_.finish(imported);
    return imported;
  }

 private:
  void read(const TableLine& line) {
    const WordAndRest words = cut_word(line.text);
    const std::string keyword = ascii_lower(words.word);
    if (keyword == "endif") {
      end_block(line);
    } else if (keyword == "if") {
      begin_block(line, words.rest);
    } else {
      entry(line);
    }
  }

  void end_block(const TableLine& line) {
    if (blocks_.empty()) {
      ledger_.leave_idle(line, line.text, "'endif' without 'if'");
      return;
    }
    blocks_.pop_back();
    ledger_.import(line);
  }

  // A block whose condition nobody can read holds nothing.
  void begin_block(const TableLine& line, std::string_view pattern) {
    auto region = region_of(pattern);
    if (region) {
      ledger_.import(line);
      blocks_.push_back(std::move(*region));
    } else {
      ledger_.refuse(line, pattern, region.error().text);
      blocks_.emplace_back();
    }
  }

  void entry(const TableLine& line) {
    std::string_view pattern = line.text;
    std::size_t length = 0;
    while (length < pattern.size() && (pattern[length] == '!' || pattern[length] == ' ')) ++length;
    const WordAndRest words = cut_word(pattern.substr(length));
    pattern = pattern.substr(0, length + words.word.size());
    auto region = region_of(pattern);
    if (!region) {
      ledger_.refuse(line, pattern, region.error().text);
    } else if (words.rest.empty()) {
      ledger_.refuse(line, pattern, "no action behind the network");
    } else if (region->empty()) {
      ledger_.leave_idle(line, pattern,
                         "no address is in this network and in the blocks around it");
    } else {
      add(line, pattern, words.rest, *region);
    }
  }

  void add(const TableLine& line, std::string_view pattern, std::string_view result,
           const std::vector<Prefix>& region) {
    const Decider* before = nullptr;
    std::vector<Prefix> open;
    for (const Prefix& prefix : region) {
      if (const auto holder = seen_.holder_of(prefix)) {
        before = &deciders_[*holder];
      } else {
        open.push_back(prefix);
      }
    }
    const Outcome outcome = outcomes_.read(line, result);
    if (open.empty()) {
      never_decides(line, pattern, outcome, *before);
      return;
    }
    for (const Prefix& prefix : open) {
      seen_.add(prefix, deciders_.size());
      step_.entries.push_back({prefix.to_string(), outcome});
    }
    deciders_.push_back({line.number, outcome});
    ledger_.import(line);
  }

  void never_decides(const TableLine& line, std::string_view pattern, const Outcome& outcome,
                     const Decider& before) {
    if (outcome == before.outcome) {
      ledger_.repeat(line);
    } else {
      ledger_.leave_idle(line, pattern,
                         "never decides: line " + std::to_string(before.line) +
                             " holds this network, stands before it and does something else");
    }
  }

  // The addresses that a pattern stands for where it stands.
  Result<std::vector<Prefix>> region_of(std::string_view pattern) const {
    bool wanted = true;
    for (; pattern.starts_with('!') || pattern.starts_with(' '); pattern.remove_prefix(1)) {
      if (pattern.front() == '!') wanted = !wanted;
    }
    const bool v4 = pattern.find(':') == std::string_view::npos;
    auto network = network_of(pattern, v4 ? Family::v4 : Family::v6);
    if (!network) return tl::unexpected(network.error());
    const std::vector<Prefix> family = every_address(v4 ? Family::v4 : Family::v6);
    std::vector<Prefix> region =
        wanted ? intersection(family, {*network}) : difference(family, *network);
    if (!blocks_.empty()) region = intersection(region, blocks_.back());
    if (region.size() > kMaxPieces) return failure("too many networks in one line");
    return region;
  }

  // IpNetwork refuses the IPv6 networks that hold all of IPv4; here they are meant without it.
  static Result<Prefix> network_of(std::string_view pattern, Family family) {
    if (!pattern.empty() && std::isxdigit(static_cast<unsigned char>(pattern.front())) == 0 &&
        pattern.front() != ':') {
      return failure("'" + std::string(pattern) + "' is no network");
    }
    const std::size_t slash = pattern.find('/');
    if (family == Family::v6 && slash != std::string_view::npos) {
      const auto address = IpAddress::parse(pattern.substr(0, slash));
      const std::string_view length = pattern.substr(slash + 1);
      if (address && *address == IpAddress() && length.size() <= 2 && !length.empty() &&
          length.find_first_not_of("0123456789") == std::string_view::npos) {
        const Prefix network{IpAddress(), std::stoi(std::string(length))};
        if (network.length < 96 && (length.size() == 1 || length[0] != '0')) return network;
      }
    }
    const auto network = IpNetwork::parse(pattern);
    if (!network) return tl::unexpected(network.error());
    return Prefix::of(*network);
  }

  const ImportRequest& request_;
  LineLedger ledger_;
  OutcomeReader outcomes_;
  TableStep step_{{}, "client", ListKind::network, {}, {}};
  std::vector<std::vector<Prefix>> blocks_;  // what each open `if` lets through
  std::vector<Decider> deciders_;
  SeenPrefixes seen_;
};

}  // namespace

Imported import_postfix_cidr(const ImportRequest& request) {
  return CidrTable(
             request,
             [](std::string_view text) { return read_postfix_result(text, Substitution::none); })
      .run();
}

Imported import_postscreen_access(const ImportRequest& request) {
  auto on_permit = outcome_of(request.then.empty() ? "pass" : request.then);
  const Outcome outcome = on_permit ? *on_permit : shield();
  return CidrTable(
             request,
             [outcome](std::string_view text) { return read_postscreen_result(text, outcome); })
      .run();
}

}  // namespace postern
