// The scripts that a Redis or Valkey server runs, in its Lua. What bytes of a record are says
// stored_record.cpp, and what a change does carry_out() there: tests hold both against each other.
#pragma once

namespace postern::redis {

// KEYS[1]: a record. The time in microseconds, and its bytes.
inline constexpr const char* kReadScript = R"(
local time = redis.call('TIME')
return {time[1] * 1000000 + time[2], redis.call('GET', KEYS[1])}
)";

// KEYS[1]: a record. ARGV: how long ago it happened (microseconds), kind, keep (milliseconds),
// what; of `take` the interval (microseconds) and units; of `add` the member, the period
// (milliseconds), how many at most; and, of all, the longest debt. Numbers have 53 bits, which is
// enough for microseconds until the year 2255.
inline constexpr const char* kChangeScript = R"(
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local at = now - ARGV[1]
local at_ms = math.floor(at / 1000)
local kind, keep, what = tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local old = redis.call('GET', KEYS[1])
local marked, first, last, over, full = false, at_ms, at_ms, 0, at
local members = {}
if old and #old >= 28 and old:byte(1) == 1 and #old == 28 + 14 * old:byte(3) then
  local f, l, o, u = struct.unpack('<I6I6I6I7', old, 4)
  if o * 1000 > at then
    kind, marked = old:byte(2) % 128, old:byte(2) >= 128
    first, last, over, full = f, l, o, u
    for i = 29, #old, 14 do
      members[#members + 1] = {old:sub(i, i + 7), (struct.unpack('<I6', old, i + 8))}
    end
  end
end
first, last = math.min(first, at_ms), math.max(last, at_ms)
over = math.max(over, at_ms + keep)
if what == 'mark' then
  marked = true
elseif what == 'take' then
  local most = tonumber(ARGV[7])
  local cost = math.min(ARGV[5] * ARGV[6], most)
  full = math.min(math.max(full, at) + cost, at + most)
  over = math.max(over, math.floor(full / 1000) + 1)
elseif what == 'add' then
  local lasting, known = {}, false
  local till = at_ms + ARGV[6]
  for _, member in ipairs(members) do
    if member[2] * 1000 > at then
      if member[1] == ARGV[5] then
        member[2], known = math.max(member[2], till), true
      end
      lasting[#lasting + 1] = member
    end
  end
  if not known then lasting[#lasting + 1] = {ARGV[5], till} end
  while #lasting > tonumber(ARGV[7]) do
    local oldest = 1
    for i = 2, #lasting do
      if lasting[i][2] < lasting[oldest][2] then oldest = i end
    end
    table.remove(lasting, oldest)
  end
  members = lasting
end
if over * 1000 <= now then return redis.call('DEL', KEYS[1]) end
local parts = {struct.pack('<BBBI6I6I6I7', 1, kind + (marked and 128 or 0), #members,
                           first, last, over, full)}
for _, member in ipairs(members) do
  parts[#parts + 1] = member[1] .. struct.pack('<I6', member[2])
end
redis.call('SET', KEYS[1], table.concat(parts), 'PX', math.max(over - math.floor(now / 1000), 1))
return 1
)";

}  // namespace postern::redis
