#include "server/journal/segment_records.h"

#include <utility>
#include <variant>

#include "common/base/overloaded.h"

namespace postern::journal {
namespace {

constexpr std::size_t kReadBlock = std::size_t{64} << 10;

}  // namespace

SegmentRecords::SegmentRecords(std::unique_ptr<std::istream> in, std::string name,
                               JournalCounts& counts, Reading reading)
    : in_(std::move(in)),
      name_(std::move(name)),
      counts_(counts),
      reading_(reading),
      block_(kReadBlock) {
  ++counts_.segments;
}

bool SegmentRecords::next() {
  for (;;) {
    while (!lines_.empty()) {
      line_ = std::move(lines_.front());
      lines_.pop_front();
      ++number_;
      if (take()) return true;
    }
    if (in_ == nullptr) return false;
    read_block();
  }
}

void SegmentRecords::read_block() {
  const auto whole = [&](std::string_view text) { lines_.push_back({std::string(text)}); };
  const auto overlong = [&] { lines_.push_back({{}, Line::Kind::overlong}); };
  in_->read(block_.data(), static_cast<std::streamsize>(block_.size()));
  splitter_.add({block_.data(), static_cast<std::size_t>(in_->gcount())}, whole, overlong);
  if (in_->good()) return;
  splitter_.end(
      [&](std::string_view text) {
        lines_.push_back({std::string(text), Line::Kind::torn});
      },
      overlong);
  if (in_->bad() || !in_->eof()) {
    counts_.incomplete = true;
    fault("cannot be read to its end");
  }
  in_.reset();
}

bool SegmentRecords::take() {
  if (line_.kind == Line::Kind::overlong) {
    ++counts_.unreadable;
    fault("found a line longer than any of a journal");
    return false;
  }
  if (reading_ == Reading::outline && read_outline(line_.text, record_)) return true;
  return take_whole();
}

bool SegmentRecords::read_whole() {
  return reading_ == Reading::whole || take_whole();
}

bool SegmentRecords::take_whole() {
  auto read = read_line(line_.text);
  if (!read && line_.kind == Line::Kind::torn) {
    ++counts_.torn;
    return false;
  }
  if (!read) {
    ++counts_.unreadable;
    fault(read.error().text);
    return false;
  }
  return std::visit(Overloaded{[&](JournalRecord& record) {
                                 record_ = std::move(record);
                                 return true;
                               },
                               [&](const GenerationLine& rules) {
                                 counts_.fingerprints[rules.generation] = rules.fingerprint;
                                 return false;
                               },
                               [](const SegmentLine&) { return false; }},
                    *read);
}

void SegmentRecords::fault(const std::string& text) {
  counts_.add_fault(name_ + ":" + std::to_string(number_) + ": " + text);
}

}  // namespace postern::journal
