#include "policyd/request.h"

#include <cstring>

namespace postern::policyd {
namespace {

constexpr std::string_view kRequestType = "smtpd_access_policy";

// The first `byte` in [begin, end) of `text`, or `end`.
std::size_t find_byte(std::string_view text, std::size_t begin, std::size_t end, char byte) {
  if (begin >= end) return end;
  const void* found = std::memchr(text.data() + begin, byte, end - begin);
  if (found == nullptr) return end;
  return static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

}  // namespace

void PolicyRequestReader::reset(const PolicyRequestLimits& limits) {
  limits_ = limits;
  places_ = {};
  line_begin_ = 0;
  scanned_ = 0;
  attributes_ = 0;
  request_ = {};
  error_.clear();
}

PolicyRequestReader::State PolicyRequestReader::refuse(std::string_view text) {
  error_ = text;
  return State::bad;
}

// By length first: Postfix sends some thirty attributes, and most names need no comparison at all.
PolicyRequestReader::Field PolicyRequestReader::field_named(std::string_view name) {
  for (std::size_t i = 0; i < kTextAttributes.size(); ++i) {
    if (name == to_string(kTextAttributes[i])) return static_cast<Field>(first_text + i);
  }
  switch (name.size()) {
    case 6:
      return name == "sender" ? sender : field_count;
    case 7:
      return name == "request" ? request_type : field_count;
    case 8:
      if (name == "instance") return instance;
      return name == "queue_id" ? queue_id : field_count;
    case 9:
      if (name == "helo_name") return helo_name;
      return name == "recipient" ? recipient : field_count;
    case 11:
      return name == "client_name" ? client_name : field_count;
    case 14:
      if (name == "client_address") return client_address;
      return name == "protocol_state" ? protocol_state : field_count;
    case 15:
      return name == "recipient_count" ? recipient_count : field_count;
    case 19:
      if (name == "reverse_client_name") return reverse_client_name;
      return name == "encryption_protocol" ? encryption_protocol : field_count;
    default:
      return field_count;
  }
}

bool PolicyRequestReader::take_line(std::string_view buffer, std::size_t begin, std::size_t end) {
  const std::size_t equals = find_byte(buffer, begin, end, '=');
  if (equals == end) {
    refuse("found a line without '=', want name=value");
    return false;
  }
  if (equals == begin) {
    refuse("found a line that begins with '=', want name=value");
    return false;
  }
  if (++attributes_ > limits_.max_attributes) {
    refuse("found more than " + std::to_string(limits_.max_attributes) + " attributes");
    return false;
  }
  const Field field = field_named(buffer.substr(begin, equals - begin));
  if (field != field_count && places_[field].offset == 0) {
    places_[field] = {static_cast<std::uint32_t>(equals + 1),
                      static_cast<std::uint32_t>(end - equals - 1)};
  }
  return true;
}

PolicyRequestReader::State PolicyRequestReader::read(std::string_view buffer) {
  const std::string_view whole = buffer;
  if (buffer.size() > limits_.max_bytes) buffer = buffer.substr(0, limits_.max_bytes);
  const std::size_t nul = find_byte(buffer, scanned_, buffer.size(), '\0');
  while (scanned_ < nul) {
    const std::size_t newline = find_byte(buffer, scanned_, nul, '\n');
    if (newline == nul) {
      scanned_ = nul;
      break;
    }
    const std::size_t begin = line_begin_;
    scanned_ = line_begin_ = newline + 1;
    if (begin == newline) return finish(buffer);
    if (!take_line(buffer, begin, newline)) return State::bad;
  }
  if (nul < buffer.size()) return refuse("found a NUL byte");
  if (whole.size() >= limits_.max_bytes) {
    return refuse("found no empty line within " + std::to_string(limits_.max_bytes) + " bytes");
  }
  return State::incomplete;
}

PolicyRequestReader::State PolicyRequestReader::finish(std::string_view buffer) {
  const auto value = [&](Field field) {
    return buffer.substr(places_[field].offset, places_[field].length);
  };
  if (places_[request_type].offset == 0) {
    return refuse("found no attribute 'request', want request=smtpd_access_policy");
  }
  if (value(request_type) != kRequestType) {
    return refuse("found another type of request, want request=smtpd_access_policy");
  }
  request_.protocol_state = value(protocol_state);
  request_.client_address = value(client_address);
  request_.client_name = value(client_name);
  request_.reverse_client_name = value(reverse_client_name);
  request_.helo_name = value(helo_name);
  request_.sender = value(sender);
  request_.recipient = value(recipient);
  request_.recipient_count = value(recipient_count);
  request_.encryption_protocol = value(encryption_protocol);
  request_.queue_id = value(queue_id);
  request_.instance = value(instance);
  for (std::size_t i = 0; i < kTextAttributes.size(); ++i) {
    request_.texts[i] = value(static_cast<Field>(first_text + i));
  }
  request_.has_encryption_protocol = places_[encryption_protocol].offset != 0;
  return State::complete;
}

}  // namespace postern::policyd
