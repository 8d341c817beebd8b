#include "policyd/prepend_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace postern::policyd {
namespace {

// Postfix takes one header per reply: more than this never get sent anyway.
constexpr std::size_t kMaxHeaders = 100;

bool holds(const std::vector<Header>& headers, const Header& header) {
  return std::find(headers.begin(), headers.end(), header) != headers.end();
}

}  // namespace

void PrependQueue::want(const std::vector<Header>& headers) {
  for (const Header& header : headers) {
    if (holds(settled_, header) || holds(waiting_, header)) continue;
    if (settled_.size() + waiting_.size() >= kMaxHeaders) return;
    waiting_.push_back(header);
  }
}

const Header* PrependQueue::next() {
  if (waiting_.empty()) return nullptr;
  settled_.push_back(std::move(waiting_.front()));
  waiting_.erase(waiting_.begin());
  return &settled_.back();
}

void PrependQueue::give_up() {
  lost_.insert(lost_.end(), waiting_.begin(), waiting_.end());
  std::move(waiting_.begin(), waiting_.end(), std::back_inserter(settled_));
  waiting_.clear();
}

void PrependQueue::clear() {
  give_up();
  settled_.clear();
}

std::vector<Header> PrependQueue::take_lost() {
  return std::exchange(lost_, {});
}

}  // namespace postern::policyd
