#include "ctl/command_set.h"
#include "ctl/doctor.h"

namespace postern::ctl {

void add_doctor_command(CommandSet& commands) {
  auto doctor = commands.add<DoctorOptions>(
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
      run_doctor);
  CLI::App& app = *doctor.app;
  auto& sources = doctor.options->sources;
  auto* folder = app.add_option("--postconf", sources.postfix_folder,
                                "Postfix's configuration folder, in the place of its own");
  auto* main = app.add_option("--postconf-n", sources.main_file,
                              "What postconf -n has written, or a main.cf");
  auto* master = app.add_option("--postconf-m", sources.master_file,
                                "What postconf -M has written, or a master.cf");
  folder->type_name("FOLDER");
  main->type_name("FILE")->excludes(folder);
  master->type_name("FILE")->needs(main);
  app.add_option("--sendmail-cf", sources.sendmail_cf, "Default: /etc/mail/sendmail.cf")
      ->type_name("FILE");
  app.add_flag_callback(
      "--texts-only", [options = doctor.options] { options->scope = DoctorOptions::Scope::texts; },
      "Look at no socket, name server or hosts file of this machine");
}

}  // namespace postern::ctl
