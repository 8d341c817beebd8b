#include "ctl/doctor/store_server.h"

#include "common/base/escape.h"
#include "common/base/host_port.h"
#include "common/base/whole_number.h"

namespace postern::doctor {
namespace {

// A server that writes its records down at all has done so by then.
constexpr std::uint64_t kLongestUnsavedSeconds = 86400;

class Info {
 public:
  explicit Info(std::string_view text) : text_(text) {}

  // Empty: it says nothing of that.
  [[nodiscard]] std::string_view value(std::string_view name) const {
    for (std::string_view left = text_; !left.empty();) {
      const std::size_t end = left.find('\n');
      std::string_view line = left.substr(0, end);
      left.remove_prefix(end == std::string_view::npos ? left.size() : end + 1);
      if (!line.starts_with(name) || line.substr(name.size(), 1) != ":") continue;
      line.remove_prefix(name.size() + 1);
      return line.substr(0, line.find('\r'));
    }
    return {};
  }
  [[nodiscard]] std::optional<std::uint64_t> number(std::string_view name) const {
    return parse_whole<std::uint64_t>(value(name));
  }

 private:
  std::string_view text_;
};

std::string primary_in(const Info& info) {
  const auto address = IpAddress::parse(info.value("master_host"));
  const auto port = parse_whole<std::uint16_t>(info.value("master_port"));
  return address && port ? to_string(HostPort{*address, *port}) : "";
}

StoreServerStatus::Persistence persistence_in(const Info& info) {
  using enum StoreServerStatus::Persistence;
  const auto saves = info.number("rdb_saves");
  if (info.value("aof_enabled") == "1" || saves.value_or(0) > 0) return there;
  const bool has_lost_nothing_yet =
      info.number("uptime_in_seconds").value_or(0) < kLongestUnsavedSeconds ||
      info.number("rdb_changes_since_last_save").value_or(0) == 0;
  return !saves || has_lost_nothing_yet ? unknown : none;
}

}  // namespace

void take_info(std::string_view text, StoreServerStatus& status) {
  const Info info(text);
  const std::string_view role = info.value("role");
  if (!role.empty() && role != "master") status.primary = primary_in(info);
  status.max_memory = info.number("maxmemory").value_or(0);
  status.memory_policy = printable(info.value("maxmemory_policy").substr(0, 32));
  status.has_save_failed = info.value("rdb_last_bgsave_status") == "err";
  status.persistence = persistence_in(info);
}

}  // namespace postern::doctor
