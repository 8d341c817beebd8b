#include "common/resolver/dns_circuit.h"

#include "common/base/duration.h"

namespace postern::resolver {

void DnsCircuit::all_down() {
  const std::lock_guard lock(mutex_);
  if (state_ == State::closed) state_ = State::half_open;
}

void DnsCircuit::open(TimePoint now) {
  const std::lock_guard lock(mutex_);
  if (state_ == State::open) return;
  state_ = State::open;
  opened_at_ = now;
  not_asked_ = 0;
  ++opened_;
}

void DnsCircuit::close() {
  const std::lock_guard lock(mutex_);
  state_ = State::closed;
}

void DnsCircuit::note_not_asked() {
  const std::lock_guard lock(mutex_);
  ++not_asked_;
}

DnsCircuitStatus DnsCircuit::status(TimePoint now) const {
  const std::lock_guard lock(mutex_);
  DnsCircuitStatus status;
  status.open = state_ == State::open;
  if (status.open) status.open_for = std::chrono::floor<std::chrono::seconds>(now - opened_at_);
  status.not_asked = not_asked_;
  status.opened = opened_;
  return status;
}

std::string circuit_opened_line() {
  return "DNS: no upstream answers; what is not in the cache is unknown at once until one does";
}

std::string circuit_closed_line(const DnsCircuitStatus& was) {
  return "DNS answers again after " + format_duration(was.open_for) + ", " +
         std::to_string(was.not_asked) + " questions were not asked";
}

}  // namespace postern::resolver
