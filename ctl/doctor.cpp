// `posternctl doctor`: what is wired wrongly between the MTAs and Postern, with the line to write.
#include <optional>

#include "common/base/counted.h"
#include "ctl/cli/installation.h"
#include "ctl/doctor/config_lines.h"
#include "ctl/doctor/io/diagnosis_text.h"
#include "ctl/doctor/io/host_check.h"
#include "ctl/doctor/io/mta_texts.h"

namespace postern::ctl {
namespace {

struct DoctorOptions {
  doctor::MtaSources sources;
  // texts: no socket, name server or hosts file of this machine, for texts of another one.
  enum class Scope { host, texts } scope = Scope::host;
};

CtlExit give_up(const CommandContext& context, const std::string& error) {
  context.console.error(error);
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

doctor::PosternConfig read_postern_config(const config::Settings& settings,
                                          const CommandContext& context) {
  const auto read = load_rules_on_disk(settings);
  if (!read.snapshot) {
    context.console.error(
        settings.rules_file,
        " has errors (posternctl check), so nothing is said about delays and checks");
  }
  return doctor::postern_config_of(settings, config::doors_of(settings), read.snapshot.get());
}

std::vector<std::string> what_was_looked_at(const doctor::MtaConfig& mta,
                                            DoctorOptions::Scope scope) {
  std::vector<std::string> out;
  if (mta.postfix) {
    out.push_back("Postfix with " + counted(mta.postfix->services.size(), "SMTP server"));
  }
  if (mta.sendmail) out.push_back("sendmail (" + mta.sendmail->file + ")");
  if (scope == DoctorOptions::Scope::texts) return out;
  out.push_back(counted(mta.host.sockets.size(), "socket"));
  if (!mta.host.units.empty()) {
    out.push_back(counted(mta.host.units.size(), "systemd unit"));
  }
  if (mta.host.store) out.push_back(mta.host.store->folder);
  if (mta.host.store_server) out.push_back(mta.host.store_server->server);
  out.push_back(counted(mta.host.servers.size(), "name server"));
  if (mta.host.hosts) out.push_back(mta.host.hosts->file);
  return out;
}

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
  doctor::MtaConfig mta;
  mta.postern = read_postern_config(*settings, context);
  if (texts->main) mta.postfix = doctor::read_postfix(*texts->main, texts->master);
  if (texts->sendmail) mta.sendmail = doctor::read_sendmail_cf(*texts->sendmail);
  if (options.scope == DoctorOptions::Scope::host) {
    mta.host = doctor::check_host(mta, *settings);
  }
  const doctor::Diagnosis diagnosis{doctor::findings_in(mta),
                                    what_was_looked_at(mta, options.scope)};
  if (context.console.is_json()) {
    context.console.json(doctor::diagnosis_json(diagnosis));
  } else {
    context.console.page(doctor::diagnosis_text(diagnosis));
  }
  return diagnosis.good() ? CtlExit::ok : CtlExit::no;
}

std::vector<OptionRow> doctor_options(DoctorOptions& to) {
  auto& sources = to.sources;
  return {{"--postconf FOLDER", "Postfix's configuration folder, in the place of its own",
           &sources.postfix_folder},
          {"--postconf-n FILE",
           "What postconf -n has written, or a main.cf",
           &sources.main_file,
           {.excludes = {"--postconf"}}},
          {"--postconf-m FILE",
           "What postconf -M has written, or a master.cf",
           &sources.master_file,
           {.needs = {"--postconf-n"}}},
          {"--sendmail-cf FILE", "Default: /etc/mail/sendmail.cf", &sources.sendmail_cf},
          {"--texts-only", "Look at no socket, name server or hosts file of this machine",
           set(to.scope, DoctorOptions::Scope::texts)}};
}

}  // namespace

extern const Command kDoctorCommand{
    "doctor", "Finds what is wired wrongly between the MTA and Postern",
    "Examples:\n"
    "  posternctl doctor                        Postfix and sendmail of this machine\n"
    "  posternctl doctor --postconf /etc/postfix-in\n"
    "  posternctl doctor --postconf-n n.txt --postconf-m M.txt --texts-only\n"
    "                                           what another machine's postconf has written\n"
    "Reads postconf -n, postconf -M and sendmail.cf, looks at the sockets as the MTA's user "
    "sees\n"
    "them, asks the name servers for names that nobody has, and says which line to write. "
    "Writes\n"
    "no file. Run it as root: others may not see the sockets. 1: errors or warnings were found.",
    prepare<doctor_options, run_doctor>};

}  // namespace postern::ctl
