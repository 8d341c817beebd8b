#include "server/spf/spf_lists.h"

#include <sys/stat.h>

#include <algorithm>
#include <boost/algorithm/string/join.hpp>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "common/base/counted.h"
#include "common/os/atomic_file.h"
#include "common/os/system_error.h"
#include "common/os/text_file.h"
#include "server/config/rule_source.h"

namespace postern::spf {
namespace {

using Clock = std::chrono::steady_clock;

constexpr mode_t kFolderMode = 0750;

std::size_t count_of(const NetworksByDomain& networks) {
  std::size_t count = 0;
  for (const auto& [domain, published] : networks) count += published.size();
  return count;
}

// What is there, be it faulty; of a file that cannot be read, what the list in force has of it.
std::string kept_text(const std::string& path, const lists::List& list) {
  auto text = os::read_text_file(path, kMaxKeptFile);
  if (text) return *std::move(text);
  KeptNetworks kept;
  for (lists::EntryId id = list.origin().written; id < list.entries().size(); ++id) {
    const lists::EntryData* data = list.entries().data(id);
    const auto network = IpNetwork::parse(list.entry_text(id));
    if (data != nullptr && network) {
      kept.networks.push_back({*network, domains_of_owner(data->owner)});
    }
  }
  return format_kept_networks(by_domain(kept));
}

// What belongs to none of these lists: a rule file had them once. Files that are being written are
// hidden.
void remove_others(const std::string& state_folder, const auto& lists, os::DaemonLog& log) {
  std::error_code error;
  std::filesystem::directory_iterator files(state_folder + "/spf", error);
  for (; !error && files != std::filesystem::directory_iterator(); files.increment(error)) {
    const std::string name = files->path().filename().string();
    if (name.starts_with('.') || lists.contains(name)) continue;
    std::error_code kept;
    if (!files->is_regular_file(kept) || !std::filesystem::remove(files->path(), kept)) continue;
    log.info("list '" + name + "': no rules have it any more, and its networks are kept no longer");
  }
}

Result<void> write_kept(const std::string& path, const std::string& text) {
  const std::string folder = path.substr(0, path.rfind('/'));
  if (::mkdir(folder.c_str(), kFolderMode) != 0 && errno != EEXIST) {
    return os::system_failure("make " + folder);
  }
  return os::replace_file(path, text);
}

}  // namespace

SpfLists::SpfLists(Parts parts)
    : parts_(std::move(parts)),
      way_back_(std::make_shared<WayBack>(parts_.executor)),
      timer_(parts_.executor) {}

void SpfLists::stop() {
  stopped_ = true;
  way_back_->close();
  timer_.cancel();
}

void SpfLists::look(AskAgain again, ShrinkGuard guard) {
  const auto snapshot = parts_.state.snapshots.current();
  std::map<std::string, Source> sources;
  for (const auto& list : snapshot->lists()) {
    const std::vector<DomainName>& domains = list->origin().spf;
    if (domains.empty()) continue;
    Source source{domains, Clock::now()};
    const auto known = sources_.find(list->name());
    if (known != sources_.end() && known->second.domains == domains && again == AskAgain::unknown) {
      source = known->second;
    }
    if (!list->unknown().empty()) source.due = Clock::now();  // be it that the file was spoilt
    if (again == AskAgain::all) source.guard = guard;
    sources.emplace(list->name(), std::move(source));
  }
  sources_ = std::move(sources);
  const std::string folder = parts_.state.settings.current().state_folder;
  if (!folder.empty()) remove_others(folder, sources_, parts_.state.log);
  std::erase_if(parts_.state.spf_lists,
                [this](const auto& status) { return !sources_.contains(status.first); });
  plan();
}

void SpfLists::plan() {
  if (stopped_ || asking_ || sources_.empty()) return;
  const auto first =
      std::ranges::min_element(sources_, {}, [](const auto& source) { return source.second.due; });
  timer_.expires_at(first->second.due);
  timer_.async_wait([this](boost::system::error_code error) {
    if (!error && !stopped_) begin();
  });
}

void SpfLists::begin() {
  const auto due = std::ranges::find_if(
      sources_, [now = Clock::now()](const auto& source) { return source.second.due <= now; });
  if (asking_ || due == sources_.end()) return plan();
  Source& source = due->second;
  asking_ = std::make_unique<Asking>();
  asking_->list = due->first;
  asking_->left = source.domains;
  asking_->guard = std::exchange(source.guard, ShrinkGuard::on);
  // What comes meanwhile is asked for after it.
  source.due = Clock::now() + kMostBetween;
  ask_next();
}

void SpfLists::ask_next() {
  if (asking_->left.empty()) return finish();
  walk_domain(parts_.resolver(), way_back_, asking_->left.back(), [this](WalkedDomain walked) {
    asking_->valid_for = std::min(asking_->valid_for, walked.valid_for);
    asking_->asked.push_back({std::move(asking_->left.back()), std::move(walked.published)});
    asking_->left.pop_back();
    ask_next();
  });
}

void SpfLists::finish() {
  const auto asking = std::exchange(asking_, nullptr);
  const auto list = parts_.state.snapshots.current()->find_list(asking->list);
  const auto source = sources_.find(asking->list);
  const bool is_wanted = list && source != sources_.end() &&
                         source->second.domains.size() == asking->asked.size() &&
                         std::ranges::all_of(asking->asked, [&](const AskedDomain& one) {
                           return std::ranges::count(source->second.domains, one.domain) == 1;
                         });
  if (!is_wanted) return plan();
  if (list->origin().shrinking == lists::Shrinking::expected) asking->guard = ShrinkGuard::off;
  const std::string before = kept_text(list->file(), *list);
  auto update =
      update_networks(by_domain(parse_kept_networks(before)), asking->asked, asking->guard);
  const bool is_kept = keep(*list, update, before);
  const bool is_known = is_kept && std::ranges::none_of(asking->asked, [](const AskedDomain& one) {
                          return one.published.status == dns::DnsStatus::temporary_failure;
                        });
  const auto pause =
      is_known ? std::clamp(asking->valid_for, kLeastBetween, kMostBetween) : kAfterFault;
  source->second.due = std::min(source->second.due, Clock::now() + pause);
  tell(asking->list, update);
  plan();
}

// False: it cannot be written; that is one problem more.
bool SpfLists::keep(const lists::List& list, NetworksUpdate& update, std::string_view before) {
  if (list.file().empty()) {
    update.problems.emplace_back("found no 'state:' in the settings, where its networks are kept");
    return false;
  }
  const std::string text = format_kept_networks(update.networks);
  const bool is_there = os::identify_file(list.file()).there;
  if (is_there ? text == before : update.networks.empty()) return true;
  if (const auto written = write_kept(list.file(), text); !written) {
    update.problems.push_back(written.error().text);
    return false;
  }
  const std::size_t had = count_of(by_domain(parse_kept_networks(before)));
  parts_.state.log.info("list '" + list.name() +
                        "': " + counted(count_of(update.networks), "network") +
                        " out of SPF, had " + std::to_string(had));
  return true;
}

// What was wrong with a domain the last time was said then; a fault of DNS has many words.
void SpfLists::tell(const std::string& list, const NetworksUpdate& update) {
  service::SpfListStatus& status = parts_.state.spf_lists[list];
  const std::string about = "list '" + list + "': ";
  os::DaemonLog& log = parts_.state.log;
  for (const std::string& problem : update.problems) {
    const bool is_known = std::ranges::any_of(status.problems, [&](const std::string& earlier) {
      return earlier.substr(0, earlier.find(':')) == problem.substr(0, problem.find(':'));
    });
    if (!is_known) log.warning(about + problem);
  }
  if (update.problems.empty() && !status.problems.empty()) {
    log.info(about + "all of its domains are known again");
  }
  if (!update.left_out.empty() && update.left_out != status.left_out) {
    log.info(about + "left out: " + boost::algorithm::join(update.left_out, ", "));
  }
  status.asked = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  status.problems = update.problems;
  status.left_out = update.left_out;
}

}  // namespace postern::spf
