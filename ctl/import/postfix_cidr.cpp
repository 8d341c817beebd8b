// cidr_table(5): the first line that matches decides, in blocks of if and endif. Prefixes are
// nested or disjoint, so a line whose network lies in that of a line before it never decides;
// without such lines the longest prefix is the first match. What Postfix does not understand it
// leaves out, also an if and an endif.
#include <algorithm>
#include <cctype>
#include <optional>

#include "ctl/import/access_table.h"
#include "ctl/import/formats.h"
#include "ctl/import/postfix_lines.h"
#include "ctl/import/postfix_result.h"
#include "ctl/import/postfix_use.h"
#include "ctl/import/prefix_set.h"

namespace postern::import {
namespace {

// What a line with `!` in nested blocks can come to.
constexpr std::size_t kMaxPieces = 4096;

struct Decider {
  int line = 0;
  Outcome outcome;
};

class CidrTable {
 public:
  // What the table is used for: check_..._access of smtpd, or postscreen_access_list.
  enum class About { access, postscreen };

  CidrTable(const ImportRequest& request, About about, OutcomeReader::Read read)
      : request_(request), about_(about), log_(request), outcomes_(std::move(read), log_) {}

  Imported run() {
    const std::vector<TableLine> lines = postfix_lines(request_.text, log_);
    Imported imported;
    if (const std::string why = why_not_clients(); !why.empty()) {
      log_.refuse_all(lines, why);
    } else {
      for (const TableLine& line : lines) read(line);
      if (!blocks_.empty()) log_.note("an 'if' has no 'endif'; it ends with the table");
      add_table(request_.name, {step_}, imported);
    }
    log_.finish(imported);
    return imported;
  }

 private:
  [[nodiscard]] std::string why_not_clients() {
    if (!request_.about.empty() && request_.about != "client") {
      return "networks are compared with the client; want --about client";
    }
    return about_ == About::access ? why_unlike_clients(request_, log_) : std::string();
  }

  void read(const TableLine& line) {
    const BlockWord word = block_word(line.text);
    if (beyond_line_ > 0) {
      log_.refuse(line, line.text,
                  "line " + std::to_string(beyond_line_) +
                      ", which stands before this one, could not be expressed");
    } else if (word.kind == BlockWord::Kind::endif) {
      end_block(line, word.rest);
    } else if (word.kind == BlockWord::Kind::begin) {
      begin_block(line, word.rest);
    } else {
      entry(line);
    }
  }

  void end_block(const TableLine& line, std::string_view rest) {
    if (!rest.empty()) {
      log_.refuse(line, rest, not_taken("text behind 'endif'"));
    } else if (blocks_.empty()) {
      log_.leave_idle(line, line.text, "'endif' without 'if'");
    } else {
      blocks_.pop_back();
      log_.import(line);
    }
  }

  void begin_block(const TableLine& line, std::string_view pattern) {
    auto network = network_of(pattern);
    if (!network) {
      log_.refuse(line, pattern, not_taken(network.error().text));
    } else if (auto region = region_of(line, *network)) {
      log_.import(line);
      blocks_.push_back(std::move(*region));
    }
  }

  void entry(const TableLine& line) {
    const std::string_view text = line.text;
    const std::size_t start = std::min(text.find_first_not_of("! \t"), text.size());
    const WordAndRest words = cut_word(text.substr(start));
    const std::string_view pattern = text.substr(0, start + words.word.size());
    const auto network = network_of(pattern);
    if (!network) {
      log_.refuse(line, pattern, not_taken(network.error().text));
    } else if (words.rest.empty()) {
      log_.refuse(line, pattern, not_taken("no action behind the network"));
    } else if (const auto region = region_of(line, *network); region && region->empty()) {
      log_.leave_idle(line, pattern, "no address is in this network and in the blocks around it");
    } else if (region) {
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
    log_.import(line);
  }

  void never_decides(const TableLine& line, std::string_view pattern, const Outcome& outcome,
                     const Decider& before) {
    if (outcome == before.outcome) {
      log_.repeat(line);
    } else {
      log_.leave_idle(line, pattern,
                      "never decides: line " + std::to_string(before.line) +
                          " holds this network, stands before it and does something else");
    }
  }

  struct Network {
    Prefix prefix;
    Family family = Family::v4;
    bool wanted = true;
  };

  // The addresses that a pattern stands for where it stands; nothing when they are too many
  // networks, which is said: then no line below can be relied on either.
  std::optional<std::vector<Prefix>> region_of(const TableLine& line, const Network& network) {
    const std::vector<Prefix> family = every_address(network.family);
    std::vector<Prefix> region = network.wanted ? intersection(family, {network.prefix})
                                                : difference(family, network.prefix);
    if (!blocks_.empty()) region = intersection(region, blocks_.back());
    if (region.size() <= kMaxPieces) return region;
    beyond_line_ = line.number;
    log_.refuse(line, line.text, "too many networks in one line");
    return std::nullopt;
  }

  static Result<Network> network_of(std::string_view pattern) {
    Network network;
    for (; pattern.starts_with('!') || pattern.starts_with(' ') || pattern.starts_with('\t');
         pattern.remove_prefix(1)) {
      if (pattern.front() == '!') network.wanted = !network.wanted;
    }
    auto plain = without_brackets(pattern);
    if (!plain) return tl::unexpected(plain.error());
    network.family = plain->find(':') == std::string::npos ? Family::v4 : Family::v6;
    return prefix_of(*plain, network.family).map([&](const Prefix& prefix) {
      network.prefix = prefix;
      return network;
    });
  }

  // `[address]`, `[address/length]` and `[address]/length` are what they are without brackets.
  static Result<std::string> without_brackets(std::string_view pattern) {
    if (!pattern.starts_with('[')) return std::string(pattern);
    const std::size_t end = pattern.find(']');
    if (end == std::string_view::npos) {
      return failure("'" + std::string(pattern) + "' has no ']'");
    }
    const std::string_view behind = pattern.substr(end + 1);
    if (!behind.empty() && behind.front() != '/') {
      return failure("'" + std::string(pattern) + "' has something else than /length behind its ]");
    }
    return std::string(pattern.substr(1, end - 1)) + std::string(behind);
  }

  // IpNetwork refuses the IPv6 networks that hold all of IPv4; here they are meant without it.
  static Result<Prefix> prefix_of(std::string_view pattern, Family family) {
    if (pattern.empty() || (std::isxdigit(static_cast<unsigned char>(pattern.front())) == 0 &&
                            pattern.front() != ':')) {
      return failure("'" + std::string(pattern) + "' is no network");
    }
    const std::size_t slash = std::min(pattern.find('/'), pattern.size());
    const std::string_view address = pattern.substr(0, slash);
    std::string_view length = pattern.substr(slash);
    if (slash < pattern.size()) {
      length.remove_prefix(1);
      while (length.size() > 1 && length.front() == '0') length.remove_prefix(1);
    }
    const bool digits = !length.empty() && length.size() <= 2 &&
                        length.find_first_not_of("0123456789") == std::string_view::npos;
    if (family == Family::v6 && digits && IpAddress::parse(address) == IpAddress()) {
      const Prefix network{IpAddress(), std::stoi(std::string(length))};
      if (network.length < 96) return network;
    }
    const std::string plain = std::string(address) + (slash < pattern.size() ? "/" : "");
    const auto network = IpNetwork::parse(plain + std::string(length));
    if (!network) return tl::unexpected(network.error());
    return Prefix::of(*network);
  }

  const ImportRequest& request_;
  About about_;
  ImportLog log_;
  OutcomeReader outcomes_;
  TableStep step_{{}, "client", lists::ListKind::network, {}, {}};
  std::vector<std::vector<Prefix>> blocks_;  // what each open `if` lets through
  std::vector<Decider> deciders_;
  SeenPrefixes seen_;
  int beyond_line_ = 0;  // a line that has too many networks; 0: none
};

}  // namespace

Imported import_postfix_cidr(const ImportRequest& request) {
  const auto context = ResultContext::of("client", ResultContext::Substitution::none);
  return CidrTable(request, CidrTable::About::access,
                   [context](std::string_view text) { return read_postfix_result(text, context); })
      .run();
}

Imported import_postscreen_access(const ImportRequest& request) {
  auto on_permit = outcome_of(request.then.empty() ? "pass" : request.then);
  const Outcome outcome = on_permit ? *on_permit : no_op();
  return CidrTable(
             request, CidrTable::About::postscreen,
             [outcome](std::string_view text) { return read_postscreen_result(text, outcome); })
      .run();
}

}  // namespace postern::import
