#include "rules/model/verdict.h"

#include <algorithm>

namespace postern {
namespace {

template <class Value>
void add_new(std::vector<Value>& values, const std::vector<Value>& others) {
  for (const Value& other : others) {
    if (std::find(values.begin(), values.end(), other) == values.end()) values.push_back(other);
  }
}

void send_again(Verdict& verdict, const char* text) {
  keep_notes(verdict);
  drop_effects_on_pass(verdict);
  verdict.action = Disposition::defer;
  verdict.softened_from.reset();
  verdict.reply = {452, {4, 5, 3}, text};
}

}  // namespace

void keep_notes(Verdict& verdict) {
  if (verdict.mixed_recipients == MixedRecipients::split) return;
  verdict.action = Disposition::pass;
  verdict.softened_from.reset();
  verdict.reply = {};
  verdict.text.clear();
  verdict.redirect.clear();
  verdict.token.clear();
  verdict.rule = {};
  verdict.check = {};
  verdict.finding = {};
  verdict.detail.clear();
  verdict.entry = {};
  verdict.log_pass.reset();
}

void drop_effects_on_pass(Verdict& verdict) {
  std::erase_if(verdict.effects,
                [](const Effect& effect) { return effect.when == Effect::When::on_pass; });
}

void defer_as_mixed(Verdict& verdict) {
  send_again(verdict,
             "Recipients under different rules: please send them in separate transactions");
  verdict.mixed_recipients = MixedRecipients::split;
}

void defer_as_too_many(Verdict& verdict) {
  send_again(verdict, "Too many recipients: please send the rest in another transaction");
}

void add_notes(Verdict& verdict, const Verdict& other) {
  if (verdict.redirect.empty()) verdict.redirect = other.redirect;
  add_new(verdict.copies, other.copies);
  add_new(verdict.also, other.also);
  add_new(verdict.would, other.would);
  add_new(verdict.found, other.found);
  add_new(verdict.lists, other.lists);
  add_new(verdict.effects, other.effects);
  if (verdict.cut_short.empty()) verdict.cut_short = other.cut_short;
  verdict.log_beside = louder(verdict.log_beside, other.log_beside);
  if (other.action != Disposition::pass) verdict.log_beside = kEveryLine;
}

}  // namespace postern
