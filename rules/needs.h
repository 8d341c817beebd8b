// What a door has to find out, and to be able to do, so that all rules of a snapshot can be judged.
// A milter leaves everything else to the MTA. A value; computed once, when the snapshot is built.
#pragma once

#include <bitset>
#include <string>
#include <vector>

#include "rules/attribute.h"
#include "rules/model/action.h"
#include "rules/model/door.h"
#include "rules/model/stage.h"

namespace postern {

struct Needs {
  // At which something can be decided or noted that could not be before.
  StageSet stages;
  // Those of them at which something can be decided. At the others nothing is: else a rule that
  // only notes, or is in mode `log`, would have others decide once more.
  StageSet deciding;
  // That conditions and checks look at.
  AttributeSet attributes;
  // The header fields among them, in lower case, sorted. For header.from_...: `from`.
  std::vector<std::string> header_fields;
  // That may be taken, by ActionKind.
  std::bitset<kActionKinds> actions;

  [[nodiscard]] bool has(Attribute attribute) const;
  [[nodiscard]] bool has(ActionKind kind) const;
  // Whether any rule asks who the recipient is.
  [[nodiscard]] bool about_recipients() const;
  // Whether rules may come to different verdicts for the recipients of one message when it is too
  // late to tell them so: at DATA or at its end.
  [[nodiscard]] bool may_mix_recipients() const;
};

struct Rule;
struct Predicate;

Needs needs_of(Door door, const std::vector<Rule>& rules, const std::vector<Predicate>& predicates);

}  // namespace postern
