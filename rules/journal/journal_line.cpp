#include "rules/journal/journal_line.h"

#include <array>
#include <optional>
#include <utility>

#include "common/json/parse_json.h"
#include "rules/journal/dns_members.h"
#include "rules/journal/line_members.h"
#include "rules/journal/line_reader.h"
#include "rules/journal/line_writer.h"
#include "rules/journal/state_members.h"
#include "rules/journal/transaction_members.h"
#include "rules/journal/verdict_members.h"

namespace postern::journal {
namespace {

constexpr std::array kDoors = {Door::policy, Door::milter};

// The first microsecond of the year 10000.
constexpr std::int64_t kLatest = 253402300800000000;

void visit_time(LineWriter& io, const JournalTime& time) {
  io.number("t", time.time_since_epoch());
}
template <class Object>
void visit_time(BasicLineReader<Object>& io, JournalTime& time) {
  std::int64_t since_epoch = 0;
  io.number("t", since_epoch);
  if (since_epoch < 0 || since_epoch >= kLatest)
    return io.wrong_value("t", "microseconds since 1970");
  time = JournalTime(std::chrono::microseconds(since_epoch));
}

// What a decision is about.
void visit_beginning(auto& io, auto& record) {
  visit_time(io, record.time);
  io.word("door", record.door, kDoors);
  io.unusual_word("judged", record.judged, kJudged);
  io.unusual_word("local_parts", record.local_parts, kLocalParts);
  visit_transaction(io, record.transaction);
  visit_recipients(io, record.recipients);
  visit_any_header(io, record);
}

void visit(auto& io, auto& record, const JournalRecord* /*kind*/) {
  visit_beginning(io, record);
  visit_verdict(io, record.verdict);
  io.number("us", record.took);
  io.objects("dns", record.dns,
             [](auto& fact_io, auto& evidence) { visit_evidence(fact_io, evidence); });
  io.objects("state", record.state,
             [](auto& state_io, auto& evidence) { visit_state(state_io, evidence); });
  io.objects("effects", record.effects,
             [](auto& effect_io, auto& effect) { visit_effect(effect_io, effect); });
}

void visit(auto& io, auto& line, const SegmentLine* /*kind*/) {
  visit_time(io, line.time);
  io.word("door", line.door, kDoors);
  io.text("host", line.host);
  io.text("version", line.version);
}

void visit(auto& io, auto& line, const GenerationLine* /*kind*/) {
  visit_time(io, line.time);
  io.number("generation", line.generation);
  io.text("fingerprint", line.fingerprint);
}

constexpr std::string_view kSegment = "segment";
constexpr std::string_view kRules = "rules";

template <class Line>
void append(std::string& out, std::string_view kind, const Line& line) {
  LineBlock block(out);
  LineWriter writer(block);
  writer.number("v", kVersion);
  writer.text("kind", kind);
  visit(writer, line, static_cast<const Line*>(nullptr));
  writer.end();
  block.put('\n');
  block.flush();
}

template <class Line>
Result<JournalLine> read_as(const json::value& json) {
  std::optional<Error> error;
  LineReader reader(json, error);
  Line line;
  visit(reader, line, static_cast<const Line*>(nullptr));
  if (error) return tl::unexpected(std::move(*error));
  return line;
}

}  // namespace

void append_line(std::string& out, const JournalRecord& record) {
  append(out, {}, record);
}
void append_line(std::string& out, const SegmentLine& line) {
  append(out, kSegment, line);
}
void append_line(std::string& out, const GenerationLine& line) {
  append(out, kRules, line);
}

Result<JournalLine> read_line(std::string_view line) {
  if (line.size() > kMaxLine) return failure("found a line longer than any of a journal");
  const auto json = json::parse_json(line);
  if (!json) return tl::unexpected(json.error());
  std::optional<Error> error;
  LineReader reader(*json, error);
  std::int64_t version = 0;
  std::string kind;
  reader.number("v", version);
  reader.text("kind", kind);
  if (error) return tl::unexpected(std::move(*error));
  if (version != kVersion) {
    return failure("found version " + std::to_string(version) + " of the journal, want " +
                   std::to_string(kVersion) + ": a newer Postern reads it");
  }
  if (kind.empty()) return read_as<JournalRecord>(*json);
  if (kind == kSegment) return read_as<SegmentLine>(*json);
  if (kind == kRules) return read_as<GenerationLine>(*json);
  return failure("found another value for \"kind\", want " + std::string(kSegment) + " or " +
                 std::string(kRules));
}

bool read_outline(std::string_view line, JournalRecord& record) {
  std::optional<Error> error;
  BasicLineReader<LineMembers> reader(line, error);
  std::int64_t version = 0;
  reader.number("v", version);
  if (error || version != kVersion || reader.has("kind")) return false;
  record = {};
  visit_beginning(reader, record);
  reader.word("action", record.verdict.action, kDispositions);
  reader.text("reply", record.verdict.reply);
  return !error;
}

}  // namespace postern::journal
