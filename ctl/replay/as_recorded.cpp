#include "ctl/replay/as_recorded.h"

#include <algorithm>
#include <utility>

#include "common/base/utc_date.h"
#include "server/config/configuration.h"
#include "server/config/rule_source.h"

namespace postern::ctl {

AsRecorded::AsRecorded(config::Settings settings) : settings_(std::move(settings)) {
  if (settings_.state_folder.empty()) return;
  auto store = config::GenerationStore::open_to_read(settings_.state_folder);
  if (store) store_ = std::move(*store);
}

const Needs* AsRecorded::add(const journal::JournalRecord& record, const std::string& fingerprint) {
  replay::Judge* const judge = judge_of(record, fingerprint);
  if (judge == nullptr) {
    ++counts_.not_kept[record.verdict.generation];
    return nullptr;
  }
  facts_.use(&record);
  const replay::Fidelity found = compare_with_record(*judge, record);
  facts_.use(nullptr);
  switch (found.kind) {
    case replay::Fidelity::Kind::same:
      ++counts_.same;
      break;
    case replay::Fidelity::Kind::incomplete:
      ++counts_.incomplete[found.what];
      break;
    case replay::Fidelity::Kind::other:
      ++counts_.other;
      if (counts_.others.size() >= AsRecordedCounts::kMaxShown) break;
      counts_.others.push_back(format_utc(std::chrono::floor<std::chrono::seconds>(record.time)) +
                               " generation " + std::to_string(record.verdict.generation) + " at " +
                               std::string(to_string(record.transaction.stage)) + ": " +
                               found.what);
      break;
  }
  return &judge->snapshot()->needs();
}

replay::Judge* AsRecorded::judge_of(const journal::JournalRecord& record,
                                    const std::string& fingerprint) {
  const std::uint64_t generation = record.verdict.generation;
  const auto known = std::ranges::find_if(own_, [&](const Own& own) {
    return own.generation == generation && own.door == record.door;
  });
  if (known != own_.end()) return known->judge.get();
  Own own{generation, record.door, nullptr};
  if (auto rules = rules_of(generation, record.door, fingerprint)) {
    own.judge = std::make_unique<replay::Judge>(std::move(rules), &facts_);
  }
  if (own_.size() >= kKept) own_.pop_front();
  own_.push_back(std::move(own));
  return own_.back().judge.get();
}

std::shared_ptr<const Snapshot> AsRecorded::rules_of(std::uint64_t generation, Door door,
                                                     const std::string& fingerprint) const {
  if (!store_) return nullptr;
  const auto kept = store_->find(generation);
  if (!kept) return nullptr;
  // One of that number may have been made in another folder.
  if (!fingerprint.empty() && config::fingerprint_of_files(*kept) != fingerprint) return nullptr;
  LoadTarget target = config::load_target(settings_, door);
  target.installed.add(door);
  return config::RuleSource::stored(*store_, *kept).load(target, generation).snapshot;
}

}  // namespace postern::ctl
