// `posternctl explain`: what would be decided about a transaction, and why.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ctl/cli/command.h"
#include "rules/attribute.h"

namespace postern::ctl {

struct ExplainOptions {
  // The transaction: by options, or all of it from a policy request or decision lines of the log.
  enum class From { options, policy_request, log_lines } from = From::options;
  std::string file = "-";  // of the request or the lines; `-`: standard input
  std::string stage;       // empty: the last one of which something is told
  // By attribute. Of the sender `<>` is the null sender; any other text that is empty tells
  // nothing.
  std::map<Attribute, std::string> told;
  std::vector<std::string> recipients;
  std::vector<std::string> headers;  // `Subject: text`

  // The rules: of a kept generation, else those that run (from the kept generations, else from the
  // files), or those on disk.
  std::optional<std::uint64_t> generation;
  enum class Rules { running, files } rules = Rules::running;

  // Facts: the daemon's cache and resolver if it can be asked, else a resolver of our own; or none
  // at all, so that every question is a temporary failure.
  enum class Dns { daemon, own, none } dns = Dns::daemon;
};

}  // namespace postern::ctl
