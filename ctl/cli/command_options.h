// For commands that describe their options to CLI11 by themselves.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "ctl/cli/command.h"

namespace postern::ctl {

template <class Options, auto describe, auto run>
PreparedCommand prepare(const std::string& user) {
  auto options = std::make_shared<Options>();
  return {{{"", "", [options, user](CLI::App& app) { describe(app, options, user); }}},
          [options](const CommandContext& context) { return run(*options, context); }};
}

template <auto run>
PreparedCommand prepare_plain(const std::string& user) {
  return prepare<run>(user);
}

}  // namespace postern::ctl
