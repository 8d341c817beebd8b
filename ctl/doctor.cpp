#include "ctl/doctor.h"

#include <optional>
#include <ostream>

#include "common/escape.h"
#include "ctl/doctor/diagnosis_text.h"
#include "ctl/doctor/io/machine_sights.h"
#include "ctl/doctor/mta_text_kind.h"
#include "ctl/installation.h"

namespace postern {
namespace {

CtlExit give_up(const CommandContext& context, const std::string& error) {
  context.err << "posternctl: " << printable(error) << "\n";
  return CtlExit::failed;
}

// A file of another kind says nothing, and everything would be found missing in it.
std::optional<std::string> wrong_file(const std::optional<ConfigText>& text, MtaTextKind wanted,
                                      const std::string& option) {
  if (!text || text->lines == ConfigText::Lines::of_a_program) return std::nullopt;
  const MtaTextKind kind = kind_of_mta_text(text->text);
  if (kind == wanted || kind == MtaTextKind::unknown) return std::nullopt;
  return text->name + " is " + std::string(to_string(kind)) + ", want " +
         std::string(to_string(wanted)) + " for " + option;
}

std::optional<std::string> wrong_file(const MtaTexts& texts) {
  auto wrong = wrong_file(texts.main, MtaTextKind::main_cf, "--postconf-n");
  if (!wrong) wrong = wrong_file(texts.master, MtaTextKind::master_cf, "--postconf-m");
  if (!wrong) wrong = wrong_file(texts.sendmail, MtaTextKind::sendmail_cf, "--sendmail-cf");
  return wrong;
}

Gatehouse read_gatehouse(const Settings& settings, const CommandContext& context) {
  Diagnostics ignored;
  const auto read = read_rules(settings.rules_file, 0, {widest_door(settings), doors_of(settings)},
                               nullptr, ignored);
  if (!read.snapshot) {
    context.err << "posternctl: " << printable(settings.rules_file)
                << " has errors (posternctl check), so nothing is said about delays and checks\n";
  }
  return gatehouse_of(settings, doors_of(settings), read.snapshot.get());
}

std::string how_many(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

std::vector<std::string> what_was_looked_at(const Wiring& wiring, DoctorOptions::Look look) {
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
  const auto texts = read_mta_texts(options.sources);
  if (!texts) return give_up(context, texts.error().text);
  if (!texts->main && !texts->sendmail) {
    return give_up(context,
                   "found neither Postfix (postconf) nor sendmail (" +
                       options.sources.usual_sendmail_cf +
                       "), want --postconf FOLDER, --postconf-n FILE or --sendmail-cf FILE");
  }
  if (const auto wrong = wrong_file(*texts)) return give_up(context, *wrong);
  Wiring wiring;
  wiring.postern = read_gatehouse(*settings, context);
  if (texts->main) wiring.postfix = read_postfix(*texts->main, texts->master);
  if (texts->sendmail) wiring.sendmail = read_sendmail_cf(*texts->sendmail);
  if (options.look == DoctorOptions::Look::machine) {
    wiring.sights = look_at_machine(wiring, settings->dns);
  }
  const Diagnosis diagnosis{findings_in(wiring), what_was_looked_at(wiring, options.look)};
  if (context.output == Output::json) {
    context.out << diagnosis_json(diagnosis) << "\n";
  } else {
    context.out << diagnosis_text(diagnosis);
  }
  return diagnosis.good() ? CtlExit::ok : CtlExit::no;
}

}  // namespace postern
