#include "policyd/addition_queue.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "common/base/escape.h"

namespace postern::policyd {
namespace {

// RFC 5322 2.1.1: a header line. Postfix itself sets no limit.
constexpr std::size_t kMaxHeader = 900;
// Postfix takes one per reply: more than this never get sent anyway.
constexpr std::size_t kMaxAdditions = 100;

constexpr std::string_view kHeader = "PREPEND ";

bool holds(const std::vector<std::string>& actions, const std::string& action) {
  return std::find(actions.begin(), actions.end(), action) != actions.end();
}

}  // namespace

void AdditionQueue::want(const Verdict& verdict) {
  for (const std::string& copy : verdict.copies) want("BCC " + copy);
  for (const Header& header : verdict.prepend) {
    want(std::string(kHeader) + reply_safe(header.name + ": " + header.value, kMaxHeader));
  }
}

void AdditionQueue::want(std::string action) {
  if (holds(settled_, action) || holds(waiting_, action)) return;
  if (settled_.size() + waiting_.size() < kMaxAdditions) waiting_.push_back(std::move(action));
}

const std::string* AdditionQueue::next() {
  if (waiting_.empty()) return nullptr;
  settled_.push_back(std::move(waiting_.front()));
  waiting_.erase(waiting_.begin());
  return &settled_.back();
}

void AdditionQueue::give_up_headers() {
  const auto headers =
      std::stable_partition(waiting_.begin(), waiting_.end(),
                            [](const std::string& action) { return !action.starts_with(kHeader); });
  lost_.insert(lost_.end(), headers, waiting_.end());
  settled_.insert(settled_.end(), headers, waiting_.end());
  waiting_.erase(headers, waiting_.end());
}

void AdditionQueue::give_up() {
  give_up_headers();
  lost_.insert(lost_.end(), waiting_.begin(), waiting_.end());
  std::move(waiting_.begin(), waiting_.end(), std::back_inserter(settled_));
  waiting_.clear();
}

void AdditionQueue::clear() {
  give_up();
  settled_.clear();
}

std::vector<std::string> AdditionQueue::take_lost() {
  return std::exchange(lost_, {});
}

}  // namespace postern::policyd
