// A campaign that is strong at once: another rule has refused it.
#pragma once

#include <string>

#include "ctl/log/log_entry.h"
#include "ctl/radar/radar_feed.h"

namespace postern::ctl {

// Three messages from 11.0.NUMBER.0/24, a second each from `minute` on, like 2026-11-21T11:59.
inline void add_strong_campaign(RadarFeed& feed, const std::string& minute, int number) {
  const std::string text = std::to_string(number);
  for (int i = 0; i < 3; ++i) {
    feed.add(read_log_entry(minute + ":0" + std::to_string(i) +
                                ".000Z info decision door=policy stage=rcpt rule=x action=reject "
                                "client=11.0." +
                                text + "." + std::to_string(i) + " sender=pay\xc3\xa4@a" + text +
                                std::string(1, static_cast<char>('a' + i)) +
                                ".com recipient=joe@here.example generation=1 us=50",
                            {}),
             radar::Mode::watch);
  }
}

}  // namespace postern::ctl
