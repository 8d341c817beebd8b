// `posternctl doctor`: what is wired wrongly between the MTAs and Postern, with the line to write.
#pragma once

#include "ctl/cli/command.h"
#include "ctl/doctor/io/mta_texts.h"

namespace postern::ctl {

struct DoctorOptions {
  doctor::MtaSources sources;
  // texts: no socket, name server or hosts file of this machine, for texts of another one.
  enum class Scope { host, texts } scope = Scope::host;
};

CtlExit run_doctor(const DoctorOptions& options, const CommandContext& context);

}  // namespace postern::ctl
