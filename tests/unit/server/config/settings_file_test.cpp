#include "server/config/settings_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <type_traits>

#include "common/base/duration.h"
#include "tests/unit/server/config/settings_rows.h"
#include "tests/unit/server/config/settings_text.h"

namespace postern::config::settings_file_test {
namespace {

using testing::HasSubstr;

TEST(SettingsFile, DefaultsStayWithTheLeastFile) {
  const Settings s = good(kLeast);
  EXPECT_EQ(s.rules_file, "rules.yaml");
  EXPECT_EQ(s.user, "postern");
  EXPECT_EQ(s.group, "");
  EXPECT_TRUE(s.dns.upstreams.empty());
  EXPECT_EQ(s.dns.attempt_timeout, milliseconds{800});
  EXPECT_EQ(s.dns.query_timeout, seconds{4});
  EXPECT_EQ(s.dns.passes, 2);
  EXPECT_EQ(s.dns.max_in_flight, 4096U);
  EXPECT_EQ(s.dns.down_after_failures, 5);
  EXPECT_EQ(s.dns.down_probe_interval, seconds{5});
  EXPECT_EQ(s.dns.case_randomization, resolver::CaseRandomization::remote);
  EXPECT_EQ(s.dns.cache.max_bytes, std::size_t{64} << 20);
  EXPECT_EQ(s.dns.cache.min_ttl, seconds{0});
  EXPECT_EQ(s.dns.cache.max_ttl, std::chrono::hours{24});
  EXPECT_EQ(s.dns.cache.max_negative_ttl, std::chrono::hours{3});
  EXPECT_EQ(s.dns.cache.failure_ttl, seconds{5});
  EXPECT_EQ(s.dns.cache.max_failure_ttl, seconds{300});
  EXPECT_EQ(s.decision.deadline, seconds{5});
  EXPECT_EQ(s.decision.max_work, milliseconds{100});
  EXPECT_EQ(s.decision.max_delayed, 50U);
  EXPECT_EQ(s.log.level, LogLevel::info);
  EXPECT_EQ(s.log.file, "");
  EXPECT_EQ(s.log.format, LogFormat::text);
  EXPECT_EQ(s.log.pass, kEveryLine);
  EXPECT_EQ(s.policyd.threads, 1U);
  EXPECT_EQ(s.policyd.max_connections, 2000U);
  EXPECT_EQ(s.policyd.max_request_bytes, 16384U);
  EXPECT_EQ(s.policyd.max_request_attributes, 200U);
  EXPECT_EQ(s.policyd.idle_timeout, seconds{1200});
  EXPECT_EQ(s.policyd.request_timeout, seconds{30});
  EXPECT_EQ(s.policyd.stop_timeout, seconds{10});
  EXPECT_FALSE(s.milter.listen);
}

TEST(SettingsFile, DefaultsStayWithTheLeastMilter) {
  const Settings s = good(with_milter_listen("inet:127.0.0.1:10050"));
  EXPECT_TRUE(s.policyd.listen.empty());
  EXPECT_EQ(s.milter.listen.value().to_string(), "inet:127.0.0.1:10050");
  EXPECT_EQ(s.milter.refuse_clients, RefuseClients::at_mail);
  EXPECT_EQ(s.milter.mixed_recipients, MixedRecipients::split);
  EXPECT_EQ(s.milter.max_connections, 2000U);
  EXPECT_EQ(s.milter.max_waiting, 500U);
  EXPECT_EQ(s.milter.max_header_bytes, 32768U);
  EXPECT_EQ(s.milter.stop_timeout, seconds{5});
}

// Texts that a key takes, with the value that each is, and texts that it does not take.
template <class Value>
struct Examples {
  std::vector<std::pair<std::string, Value>> good;
  std::vector<std::string> bad;
};

template <class Value>
Examples<Value> examples_of(const Number& range, const Value& /*value*/) {
  const auto text = [](std::int64_t number) { return std::to_string(number); };
  return {{{text(range.least), static_cast<Value>(range.least)},
           {text(range.most), static_cast<Value>(range.most)}},
          {text(range.least - 1), text(range.most + 1), "two", "1KiB", "[1]", ""}};
}

Examples<std::size_t> examples_of(const Size& range, std::size_t /*value*/) {
  const auto kib = [](std::size_t size) { return std::to_string(size / kKiB) + "KiB"; };
  return {{{kib(range.least), range.least},
           {kib(range.most), range.most},
           {std::to_string(range.least + 1), range.least + 1}},
          {std::to_string(range.least - 1), kib(range.most + kKiB), "64KB", "-1", "[64KiB]", ""}};
}

template <class Value>
Examples<Value> examples_of(const Duration& range, const Value& /*value*/) {
  const auto value = [](milliseconds time) { return std::chrono::duration_cast<Value>(time); };
  Examples<Value> examples{
      {{format_duration(range.least), value(range.least)},
       {format_duration(range.most), value(range.most)}},
      {format_duration(range.most + milliseconds{1}), "-1s", "5", "no", "[5s]", ""}};
  if (range.least > milliseconds{0}) {
    examples.bad.push_back(format_duration(range.least - milliseconds{1}));
  }
  if (std::is_same_v<Value, seconds>) examples.bad.emplace_back("1500ms");
  return examples;
}

template <class Value, std::size_t size>
Examples<Value> examples_of(const OneOf<Value, size>& one_of, const Value& /*value*/) {
  Examples<Value> examples{{}, {"nonsense", "yes", "0", ""}};
  for (const Word<Value>& one : one_of.words) {
    const std::string word(one.word);
    examples.good.push_back({word, one.value});
    examples.bad.push_back("[" + word + "]");
    examples.bad.push_back(std::string{static_cast<char>(std::toupper(word[0]))} + word.substr(1));
  }
  return examples;
}

Examples<LogShare> examples_of(LineShare /*form*/, LogShare /*value*/) {
  return {{{"all", kEveryLine}, {"none", kNoLine}, {"1/100", LogShare{100}}},
          {"some", "1/0", "0", "[all]", ""}};
}

// Those that have tests of their own.
template <class Form, class Value>
Examples<Value> examples_of(const Form& /*form*/, const Value& /*value*/) {
  return {};
}

TEST(SettingsFile, EveryKeyTakesAGoodValue) {
  int keys = 0;
  for_each_setting(
      [&](const std::string& section, const Setting& setting, const auto& get, const auto& form) {
        Settings none;
        const auto examples = examples_of(form, get(none));
        if (!examples.good.empty()) ++keys;
        for (const auto& [text, wanted] : examples.good) {
          const std::string line = std::string(setting.key) + ": " + text;
          if (line == "backend: redis") continue;  // it wants others beside it
          // The two have to be in order.
          const std::string beside = setting.key == "max_failure_ttl" ? ", failure_ttl: 1s" : "";
          const Settings read = good(with(section, line + beside));
          EXPECT_TRUE(get(read) == wanted) << line;
        }
      });
  EXPECT_GT(keys, 30);
}

TEST(SettingsFile, EveryKeyRefusesABadValueByName) {
  for_each_setting([&](const std::string& section, const Setting& setting, const auto& get,
                       const auto& form) {
    Settings none;
    for (const std::string& value : examples_of(form, get(none)).bad) {
      const std::string line = std::string(setting.key) + ": " + value;
      EXPECT_THAT(said(with(section, line)), HasSubstr(": " + std::string(setting.key) + ": found"))
          << line;
    }
  });
}

TEST(SettingsFile, Texts) {
  EXPECT_EQ(good(kLeast + "user: mail\ngroup: postfix\n").user, "mail");
  EXPECT_EQ(good(kLeast + "user: mail\ngroup: postfix\n").group, "postfix");
  EXPECT_EQ(good(with("log", "file: /var/log/x.log")).log.file, "/var/log/x.log");
  for (const char* line : {"user:", "user: [a]", "group: { a: b }", "log: { file: ~ }"}) {
    EXPECT_NE(said(kLeast + line + "\n"), "") << line;
  }
}

TEST(SettingsFile, State) {
  EXPECT_EQ(good(kLeast).state_folder, "");
  EXPECT_EQ(good(kLeast + "state: /var/lib/postern\n").state_folder, "/var/lib/postern");
  for (const char* value : {"var/lib", "''", "[/a]", "{ folder: /a }"}) {
    EXPECT_THAT(said(kLeast + "state: " + value + "\n"), HasSubstr("state: found")) << value;
  }
}

TEST(SettingsFile, Journal) {
  const Settings s = good(kLeast);
  EXPECT_FALSE(s.journal.off);
  EXPECT_EQ(s.journal.days, 7);
  EXPECT_EQ(s.journal.max_bytes, std::size_t{2} << 30);
  EXPECT_TRUE(good(kLeast + "journal: off\n").journal.off);
  EXPECT_FALSE(good(with("journal", "days: 3")).journal.off);
  EXPECT_EQ(good(with("journal", "headers: [Subject, List-Id]")).journal.headers,
            (std::vector<std::string>{"subject", "list-id"}));
  EXPECT_EQ(good(with("journal", "headers: From")).journal.headers,
            (std::vector<std::string>{"from"}));
  EXPECT_THAT(said(with("journal", "headers: ['a b']")), HasSubstr("headers: found 'a b'"));
  EXPECT_THAT(said(with("journal", "headers: From, local_parts: drop")),
              HasSubstr("journal: headers: found names beside 'local_parts: drop'"));
  EXPECT_THAT(said(with("journal", "folder: var/journal")), HasSubstr("folder: found"));
  for (const char* value : {"on", "no", "[off]", "''"}) {
    EXPECT_NE(said(kLeast + "journal: " + value + "\n"), "") << value;
  }
}

TEST(SettingsFile, SharedStore) {
  const std::string state = "state: /var/lib/postern\n";
  const auto store = [](const std::string& redis) {
    return with("store", "backend: redis, redis: { " + redis + " }");
  };
  const StoreServerSettings least = good(store("server: unix:/run/redis.sock") + state).store.redis;
  EXPECT_EQ(least.server.value().to_string(), "unix:/run/redis.sock");
  EXPECT_EQ(least.site, "mx");
  EXPECT_EQ(least.timeout, milliseconds{50});
  EXPECT_EQ(least.tls, StoreTls::off);
  const StoreServerSettings more =
      good(store("server: 'inet:[2001:db8::7]:6380', site: mx-2.b_c, user: mx, password_file: /p, "
                 "timeout: 1s, tls: on, tls_ca: /ca, tls_name: redis.example, tls_certificate: "
                 "/c, tls_key: /k") +
           state)
          .store.redis;
  EXPECT_EQ(more.server.value().to_string(), "inet:[2001:db8::7]:6380");
  EXPECT_EQ(more.site, "mx-2.b_c");
  EXPECT_EQ(more.tls_key, "/k");
}

TEST(SettingsFile, SharedStoresThatAreNone) {
  const std::string state = "state: /var/lib/postern\n";
  const auto redis = [&](const std::string& keys) {
    return said(with("store.redis", keys) + state);
  };
  EXPECT_THAT(said(with("store", "backend: redis") + state),
              HasSubstr("store: found 'backend: redis' alone, want 'redis:' with 'server:'"));
  EXPECT_THAT(said(with("store", "backend: redis, redis: { server: unix:/r }")),
              HasSubstr("store: found 'backend: redis' without 'state:'"));
  for (const char* value : {"redis.example:6379", "inet:redis.example:6379", "inet:192.0.2.7",
                            "inet:192.0.2.7:0", "unix:redis.sock", "{ unix: /r }", "[]", "''"}) {
    EXPECT_THAT(redis(std::string("server: ") + value), HasSubstr(": server: found '")) << value;
  }
  for (const char* value : {"a b", "'{x}'", "''", "ä"}) {
    EXPECT_THAT(redis(std::string("site: ") + value), HasSubstr(": site: found '")) << value;
  }
  EXPECT_THAT(redis("server: unix:/r, tls: on"), HasSubstr("'tls: on' with a unix socket"));
  EXPECT_THAT(redis("tls_certificate: /c"), HasSubstr("want 'tls_key:', too"));
  EXPECT_THAT(redis("user: mx"), HasSubstr("want 'password_file:', too"));
}

TEST(SettingsFile, Radar) {
  const RadarSettings radar = good(with("radar",
                                        "alert_command: /usr/local/sbin/page, alert_mail: "
                                        "mail+alerts@example.org, webhook_key: /etc/postern/key, "
                                        "alert_webhook: 'https://a.example/x?y=1'"))
                                  .radar;
  EXPECT_EQ(radar.alert_command, "/usr/local/sbin/page");
  EXPECT_EQ(radar.alert_mail, "mail+alerts@example.org");
  EXPECT_EQ(radar.alert_webhook, "https://a.example/x?y=1");
  EXPECT_EQ(radar.webhook_key, "/etc/postern/key");
  EXPECT_EQ(good(with("radar", "alert_mail: root")).radar.alert_mail, "root");
  EXPECT_EQ(good(kLeast).radar, RadarSettings());
  EXPECT_THAT(said(with("radar", "alert_webhook: 'https://a.example/'")),
              HasSubstr("radar: found 'alert_webhook:' alone, want 'webhook_key:', too"));
}

TEST(SettingsFile, HooksThatAreNone) {
  for (const char* line :
       {"alert_command: page", "alert_mail: -v@example.org", "alert_mail: 'a b@example.org'",
        "alert_mail: a@b@c", "alert_mail: '<>'", "alert_mail: \"a@example.org\\nBcc: x@y.z\"",
        "alert_webhook: 'http://a.example/'", "alert_webhook: a.example", "webhook_key: key",
        "sendmail: sendmail"}) {
    const std::string key(line, std::string_view(line).find(':'));
    EXPECT_THAT(said(with("radar", line)), HasSubstr(": " + key + ": found '")) << line;
  }
}

TEST(SettingsFile, Metrics) {
  EXPECT_FALSE(good(kLeast).policyd.metrics);
  const Settings s = good(with("policyd", "metrics: 'inet:[::1]:10049'") +
                          "milter: { listen: unix:/m, metrics: 'inet:127.3.2.1:0' }\n");
  EXPECT_EQ(s.policyd.metrics.value().to_string(), "inet:[::1]:10049");
  EXPECT_EQ(s.milter.metrics.value().to_string(), "inet:127.3.2.1:0");
}

TEST(SettingsFile, MetricsThatOthersCouldReadOrNobody) {
  for (const char* value :
       {"inet:0.0.0.0:10049", "inet:192.0.2.1:10049", "'inet:[::]:10049'", "inet:10.0.0.1:1",
        "'inet:[2001:db8::1]:10049'", "127.0.0.1:10049", "inet:127.0.0.1", "inet:localhost:10049",
        "inet:127.0.0.1:65536", "unix:/run/metrics", "{ unix: /run/metrics }", "[]", "yes", "''"}) {
    EXPECT_THAT(said(with("policyd", std::string("metrics: ") + value)),
                HasSubstr("metrics: found '"))
        << value;
    const std::string milter = "milter: { listen: unix:/m, metrics: " + std::string(value) + " }\n";
    EXPECT_THAT(said(kLeast + milter), HasSubstr("postern.yaml:4:37: error: metrics: found '"))
        << value;
  }
}

TEST(SettingsFile, TwoDaemonsCannotHaveOnePortForTheirMetrics) {
  const auto both = [](const std::string& one, const std::string& other) {
    return "version: 1\nrules: r\npolicyd: { listen: unix:/p, metrics: 'inet:" + one +
           "' }\nmilter: { listen: unix:/m, metrics: 'inet:" + other + "' }\n";
  };
  EXPECT_THAT(said(both("127.0.0.1:9", "127.0.0.1:9")),
              HasSubstr("postern.yaml:4:37: error: metrics: found the address that 'policyd:' has, "
                        "want one for each daemon"));
  EXPECT_TRUE(good(both("127.0.0.1:9", "127.0.0.1:8")).milter.metrics);
  EXPECT_TRUE(good(both("127.0.0.1:9", "[::1]:9")).milter.metrics);
  EXPECT_TRUE(good(both("127.0.0.1:0", "127.0.0.1:0")).milter.metrics) << "any two that are free";
}

TEST(SettingsFile, Control) {
  EXPECT_FALSE(good(kLeast).control);
  const ControlSettings least{"/run/postern", "", "", 0600};
  EXPECT_EQ(good(kLeast + "control: /run/postern\n").control, least);
  EXPECT_EQ(good(kLeast + "control: { folder: /run/postern }\n").control, least);
  const ControlSettings all{"/run/postern", "postern", "adm", 0660};
  EXPECT_EQ(
      good(kLeast + "control: { folder: /run/postern, owner: postern, group: adm, mode: 0660 }\n")
          .control,
      all);
}

TEST(SettingsFile, ControlThatIsNone) {
  // The name of a socket in it has to fit into 107 bytes.
  const std::string longest = '/' + std::string(82, 'x');
  EXPECT_TRUE(good(kLeast + "control: " + longest + "\n").control);
  for (const std::string& value :
       {longest + "x", std::string("run/postern"), std::string("''"), std::string("[/run]"),
        std::string("{}"), std::string("{ folder: run }"), std::string("{ folder: [/run] }"),
        std::string("{ folder: /run, mode: rw }"), std::string("{ folder: /run, unix: /a }"),
        std::string("{ folder: /run, owner: [x] }")}) {
    EXPECT_NE(said(kLeast + "control: " + value + "\n"), "") << value;
  }
  EXPECT_THAT(said(kLeast + "control: run\n"), HasSubstr("postern.yaml:4:10: error: control: "));
}

struct Wrong {
  const char* text;
  const char* said;
};

TEST(SettingsFile, WhatIsMissingOrUnknown) {
  const Wrong cases[] = {
      {"rules: r\npolicyd: { listen: inet:127.0.0.1:1 }\n", "key 'version' is missing"},
      {"version: 2\nrules: r\npolicyd: { listen: inet:127.0.0.1:1 }\n",
       "postern.yaml:1:10: error: version: found '2', want a number from 1 to 1"},
      {"version: 1\npolicyd: { listen: inet:127.0.0.1:1 }\n", "key 'rules' is missing"},
      {"version: 1\nrules: r\n",
       "postern.yaml:1:1: error: settings: found neither 'policyd:' nor 'milter:', want at least "
       "one of them"},
      {"version: 1\nrules: r\nmilter: {}\n",
       "postern.yaml:3:9: error: milter: key 'listen' is missing"},
      {"version: 1\nrules: r\nmilter:\n", "milter: found nothing, want a map of keys"},
      {"version: 1\nrules: r\nmilter: { listen: unix:/m, threads: 2 }\n",
       "postern.yaml:3:28: error: milter: found the key 'threads', want listen, metrics, "
       "refuse_clients, mixed_recipients, "
       "max_connections, max_waiting, max_header_size or stop_timeout"},
      {"version: 1\nrules: r\npolicyd: {}\n", "policyd: key 'listen' is missing"},
      {"version: 1\nrules: r\npolicyd: x\n", "policyd: found 'x', want a map of keys"},
      {"[]", "settings: found a list, want a map of keys"},
      {"", "the file is empty"},
      {"version: 1\nrules: r\npolicyd: { listen: inet:127.0.0.1:1 }\ndsn: {}\n",
       "postern.yaml:4:1: error: settings: found the key 'dsn', want version, rules, state, "
       "control, user, group, authserv_id, "
       "dns, decision, log, journal, store, radar, reload, policyd or milter"},
      {"version: 1\nrules: r\npolicyd: { listen: inet:127.0.0.1:1 }\ndns: { cache: { min_ttl: 1h, "
       "max_ttl: 1s } }\n",
       "min_ttl is above max_ttl"},
      {"version: 1\nrules: r\npolicyd: { listen: inet:127.0.0.1:1 }\ndns: []\n",
       "dns: found a list, want a map of keys"},
  };
  for (const Wrong& c : cases) EXPECT_THAT(said(c.text), HasSubstr(c.said)) << c.text;
}

TEST(SettingsFile, EverythingWrongIsReportedInOneGo) {
  const std::string text =
      "version: 3\n"
      "rulez: r\n"
      "user: []\n"
      "dns:\n"
      "  upstreams: [[nowhere]]\n"
      "  passes: 9\n"
      "  cache: { max_size: 1, bogus: 1 }\n"
      "decision: { deadline: 1h }\n"
      "log: { level: loud }\n"
      "policyd:\n"
      "  listen: [nonsense, { unix: relative, mode: 9 }]\n"
      "  threads: 0\n"
      "milter:\n"
      "  listen: [unix:/m]\n"
      "  refuse_clients: never\n"
      "  max_waiting: 0\n";
  const std::string all = said(text);
  for (const char* place :
       {":1:10: error: version", ":1:1: error: settings: key 'rules' is missing",
        ":2:1: error: settings: found the key 'rulez'", ":3:7: error: user",
        ":5:16: error: upstreams", ":6:11: error: passes", ":7:22: error: max_size",
        ":7:25: error: dns.cache: found the key 'bogus'", ":8:23: error: deadline",
        ":9:15: error: level", ":11:12: error: listen", ":11:22: error: unix",
        ":11:46: error: mode", ":12:12: error: threads", ":14:11: error: listen",
        ":15:19: error: refuse_clients", ":16:16: error: max_waiting"}) {
    EXPECT_THAT(all, HasSubstr(place));
  }
  EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 17) << all;
}

}  // namespace
}  // namespace postern::config::settings_file_test
