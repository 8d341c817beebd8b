// Logs as a radar reads them: decisions of Postern, or what an MTA has written. Blocks on files.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ctl/cli/command.h"
#include "ctl/log/log_time.h"
#include "ctl/maillog/mail_assembler.h"
#include "ctl/maillog/mail_log.h"
#include "ctl/radar/radar_feed.h"

namespace postern::ctl {

enum class LogSource { decisions, mta };

class RadarLogs {
 public:
  // All three outlive it.
  RadarLogs(RadarFeed& feed, LogSource source, const CommandContext& context);
  RadarLogs(const RadarLogs&) = delete;
  RadarLogs& operator=(const RadarLogs&) = delete;

  // In this order; `-` is standard input. False: one of them could not be read to its end; that is
  // told.
  bool read(const std::vector<std::string>& names, radar::Mode mode);

 private:
  void read_line(std::string_view line);
  void add(const MailLogLine& said);

  RadarFeed& feed_;
  LogSource source_;
  const CommandContext& context_;
  LogCalendar calendar_;
  radar::Mode mode_ = radar::Mode::watch;
  MailLog mail_log_{calendar_};
  MailAssembler mails_;  // one goes on from a log to the next
};

}  // namespace postern::ctl
