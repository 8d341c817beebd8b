#include "tests/load/questions.h"

namespace postern {
namespace {

std::string client_of(std::uint64_t number) {
  const auto part = [number](int shift) { return std::to_string(number >> shift & 0xff); };
  return "203." + part(16) + '.' + part(8) + '.' + part(0);
}

}  // namespace

Question question_of(std::uint64_t number) {
  const std::string text = std::to_string(number);
  Question question{client_of(number), {}, "r" + text + "@here.example", {}};
  if (number % 4 == 0) {
    question.sender = "s" + text + "@n" + text + ".banned.example";
    question.reply = "550 5.7.1 banned";
  } else if (number % 32 == 1) {
    question.sender = "s@n" + text + ".looked-up.example";
    question.reply = "550 5.1.8 no such domain";
  } else {
    question.sender = "s" + text + "@n" + text + ".free.example";
  }
  return question;
}

}  // namespace postern
