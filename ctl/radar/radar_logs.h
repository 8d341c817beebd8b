// Logs as a radar reads them: decisions of Postern, or what an MTA has written. Blocks on files.
#pragma once

#include <istream>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/cli/command.h"
#include "ctl/log/log_time.h"
#include "ctl/radar/radar_feed.h"

namespace postern::ctl {

enum class LogSource { decisions, mta };

class RadarLogs {
 public:
  // All three outlive it.
  RadarLogs(RadarFeed& feed, LogSource source, const CommandContext& context);

  // In this order; `-` is standard input. False: one of them could not be read to its end; that is
  // told.
  bool read(const std::vector<std::string>& names, radar::Mode mode);

 private:
  bool read(std::istream& in, radar::Mode mode);
  void read_line(std::string_view line, radar::Mode mode);

  RadarFeed& feed_;
  LogSource source_;
  const CommandContext& context_;
  LogCalendar calendar_;
};

}  // namespace postern::ctl
