#include "ctl/doctor.h"

#include <optional>
#include <ostream>

#include "common/base/escape.h"
#include "ctl/cli/installation.h"
#include "ctl/doctor/io/diagnosis_text.h"
#include "ctl/doctor/io/machine_sights.h"
#include "ctl/doctor/mta_text_kind.h"

namespace postern::ctl {
namespace {

CtlExit give_up(const CommandContext& context, const std::string& error) {
  context.err << "posternctl: " << printable(error) << "\n";
  return CtlExit::failed;
}

// A file of another kind says nothing, and everything would be found missing in it.
std::optional<std::string> wrong_file(const std::optional<doctor::ConfigText>& text,
                                      doctor::MtaTextKind wanted, const std::string& option) {
  if (!text || text->lines == doctor::ConfigText::Lines::of_a_program) return std::nullopt;
  const doctor::MtaTextKind kind = doctor::kind_of_mta_text(text->text);
  if (kind == wanted || kind == doctor::MtaTextKind::unknown) return std::nullopt;
  return text->name + " is " + std::string(doctor::to_string(kind)) + ", want " +
         std::string(doctor::to_string(wanted)) + " for " + option;
}

std::optional<std::string> wrong_file(const doctor::MtaTexts& texts) {
  auto wrong = wrong_file(texts.main, doctor::MtaTextKind::main_cf, "--postconf-n");
  if (!wrong) wrong = wrong_file(texts.master, doctor::MtaTextKind::master_cf, "--postconf-m");
  if (!wrong) wrong = wrong_file(texts.sendmail, doctor::MtaTextKind::sendmail_cf, "--sendmail-cf");
  return wrong;
}

doctor::Gatehouse read_gatehouse(const config::Settings& settings, const CommandContext& context) {
  Diagnostics ignored;
  const auto read =
      config::read_rules(settings.rules_file, 0,
                         {widest_door(settings), config::doors_of(settings)}, nullptr, ignored);
  if (!read.snapshot) {
    context.err << "posternctl: " << printable(settings.rules_file)
                << " has errors (posternctl check), so nothing is said about delays and checks\n";
  }
  return doctor::gatehouse_of(settings, config::doors_of(settings), read.snapshot.get());
}

std::string how_many(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

std::vector<std::string> what_was_looked_at(const doctor::Wiring& wiring,
                                            DoctorOptions::Look look) {
  std::vector<std::string> out;
  if (wiring.postfix) {
    out.push_back("Postfix with " + how_many(wiring.postfix->services.size(), "SMTP server"));
  }
  if (wiring.sendmail) out.push_back("sendmail (" + wiring.sendmail->file + ")");
  if (look == DoctorOptions::Look::texts) return out;
  out.push_back(how_many(wiring.sights.sockets.size(), "socket"));
  if (!wiring.sights.units.empty()) {
    out.push_back(how_many(wiring.sights.units.size(), "systemd unit"));
  }
  out.push_back(how_many(wiring.sights.servers.size(), "name server"));
  if (wiring.sights.hosts) out.push_back(wiring.sights.hosts->file);
  return out;
}

}  // namespace

CtlExit run_doctor(const DoctorOptions& options, const CommandContext& context) {
  const auto settings = settings_for(context);
  if (!settings) return CtlExit::failed;
  const auto texts = doctor::read_mta_texts(options.sources);
  if (!texts) return give_up(context, texts.error().text);
  if (!texts->main && !texts->sendmail) {
    return give_up(context,
                   "found neither Postfix (postconf) nor sendmail (" +
                       options.sources.usual_sendmail_cf +
                       "), want --postconf FOLDER, --postconf-n FILE or --sendmail-cf FILE");
  }
  if (const auto wrong = wrong_file(*texts)) return give_up(context, *wrong);
  doctor::Wiring wiring;
  wiring.postern = read_gatehouse(*settings, context);
  if (texts->main) wiring.postfix = doctor::read_postfix(*texts->main, texts->master);
  if (texts->sendmail) wiring.sendmail = doctor::read_sendmail_cf(*texts->sendmail);
  if (options.look == DoctorOptions::Look::machine) {
    wiring.sights = doctor::look_at_machine(wiring, settings->dns);
  }
  const doctor::Diagnosis diagnosis{doctor::findings_in(wiring),
                                    what_was_looked_at(wiring, options.look)};
  if (context.output == Output::json) {
    context.out << doctor::diagnosis_json(diagnosis) << "\n";
  } else {
    context.out << doctor::diagnosis_text(diagnosis);
  }
  return diagnosis.good() ? CtlExit::ok : CtlExit::no;
}

}  // namespace postern::ctl
