#include <algorithm>
#include <array>
#include <utility>

#include "ctl/cli/wrapped_page.h"
#include "ctl/why/why_answer.h"
#include "rules/explain/condition_words.h"
#include "rules/model/token.h"

namespace postern::ctl {
namespace {

using explain::for_terminal;

constexpr std::size_t kColumn = 20;
constexpr std::size_t kShownSaid = 400;

// What `action=` says, as the beginning of a line.
std::string done_word(std::string_view action) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kWords{
      {{"pass", "Let in"},
       {"reject", "Refused"},
       {"defer", "Deferred"},
       {"discard", "Taken and thrown away"},
       {"hold", "Held"},
       {"redirect", "Redirected"}}};
  const auto row = std::find_if(kWords.begin(), kWords.end(),
                                [&](const auto& one) { return one.first == action; });
  return row == kWords.end() ? for_terminal(action) : std::string(row->second);
}

std::string first_of(const std::vector<std::string>& texts) {
  return texts.empty() ? std::string() : texts.front();
}

// Of the decision if there is one, else of the clue.
std::string known(const WhyAnswer& answer, std::string_view key, const std::string& of_clue) {
  if (!answer.decision) return of_clue;
  const std::string& logged = field_of(answer.decision->fields, key);
  return logged.empty() ? of_clue : logged;
}

std::string sender_of(const WhyAnswer& answer) {
  const bool null_sender = !answer.clue.senders.empty() && answer.clue.senders.front().empty();
  return known(answer, "sender", null_sender ? "<>" : first_of(answer.clue.senders));
}

std::string client_of(const WhyAnswer& answer) {
  return known(answer, "client", answer.clue.client ? answer.clue.client->to_string() : "");
}

Disposition action_now(const WhyAnswer& answer) {
  return answer.now->transactions.front().explanation.verdict.action;
}

class AnswerText {
 public:
  AnswerText(const WhyAnswer& answer, WrappedPage& page) : answer_(answer), page_(page) {}

  void all() {
    then();
    mail();
    for (const FoundDecision& other : answer_.alike) same_token(other);
    for (const std::string& note : answer_.notes) page_.line(0, 6, "Note: " + note);
  }

  void commands() {
    if (!answer_.now) return;
    if (!answer_.way) {
      page_.line(0, 4, "It would come in now: there is nothing to do.");
      return;
    }
    const WayIn& way = *answer_.way;
    if (!way.take_back.empty()) command("To take the entry back:", way.take_back);
    if (!way.entry) {
      page_.line(0, 4,
                 way.take_back.empty()
                     ? "No list lets such mail in above that rule, which is for the rule file."
                     : "No list lets this one in above that rule: the entry is all there is.");
      return;
    }
    command("To let it in for a week:", way.for_a_week());
    command("To let it in for good:", way.for_good());
  }

 private:
  void then() {
    if (!answer_.decision) {
      page_.line(0, 4, "No decision of Postern's about it was found.");
      if (!answer_.clue.said.empty() && answer_.clue.kind == Clue::Kind::mta_line) said();
      return;
    }
    const LogFields& fields = answer_.decision->fields;
    std::string head =
        done_word(field_of(fields, "action")) + " at " + for_terminal(field_of(fields, "stage"));
    if (answer_.decision->time) head += ", " + format_utc(*answer_.decision->time);
    head += ", by generation " + for_terminal(field_of(fields, "generation")) + " (" +
            for_terminal(field_of(fields, "door")) + ")";
    page_.line(0, 4, head);
    if (field_of(fields, "action") != "pass")
      page_.line(4, 6, for_terminal(field_of(fields, "reply")));
    page_.line(4, 6, reason(fields));
    const bool passed = field_of(fields, "action") == "pass";
    if (passed && !answer_.clue.said.empty() && answer_.clue.kind == Clue::Kind::mta_line) {
      page_.line(4, 6, "The MTA itself has said no:");
      said();
    }
    if (!answer_.decision->trusted) {
      page_.line(4, 6, "(nothing in front of the line says that Postern has written it)");
    }
  }

  void said() { page_.line(4, 6, for_terminal(answer_.clue.said.substr(0, kShownSaid))); }

  [[nodiscard]] std::string reason(const LogFields& fields) const {
    const std::string& rule = field_of(fields, "rule");
    if (rule.empty() || rule == "-") return "no rule decided";
    std::string text = "rule " + for_terminal(rule);
    if (const std::string& check = field_of(fields, "check"); !check.empty()) {
      text +=
          ": check " + for_terminal(check) + " found " + for_terminal(field_of(fields, "finding"));
      if (const auto& detail = field_of(fields, "detail"); !detail.empty()) {
        text += ", " + for_terminal(detail);
      }
      return text;
    }
    const std::string& entry = field_of(fields, "entry");
    if (entry.empty()) return text;
    text += ": " + for_terminal(entry) + " in list " + for_terminal(field_of(fields, "list"));
    if (const auto& at = field_of(fields, "at"); !at.empty()) text += " (" + for_terminal(at) + ")";
    if (const auto& reason = field_of(fields, "reason"); !reason.empty()) {
      text += ", \"" + for_terminal(reason) + "\"";
    }
    if (!answer_.owner.empty()) text += ", by " + for_terminal(answer_.owner);
    return text;
  }

  void mail() {
    told("client", client_of(answer_));
    told("client_name", known(answer_, "client_name", answer_.clue.client_name));
    told("helo", known(answer_, "helo", answer_.clue.helo));
    told("sender", sender_of(answer_));
    told("recipient", known(answer_, "recipient", first_of(answer_.clue.recipients)));
    const std::string_view of_id = key_of_id();
    for (const std::string_view key : {"queue_id", "token"}) {
      told(key, known(answer_, key, key == of_id ? answer_.clue.id : ""));
    }
    if (answer_.decision) told("log", answer_.decision->log);
  }

  // What the id of the clue is: the decision says it, without one its looks do.
  [[nodiscard]] std::string_view key_of_id() const {
    if (!answer_.decision) return is_token(answer_.clue.id) ? "token" : "queue_id";
    for (const std::string_view key : {"token", "instance"}) {
      if (field_of(answer_.decision->fields, key) == answer_.clue.id) return key;
    }
    return "queue_id";
  }

  void told(std::string_view name, const std::string& value) {
    if (value.empty() || value == "-") return;
    page_.line(2, kColumn + 2,
               std::string(name) + std::string(kColumn - name.size(), ' ') + for_terminal(value));
  }

  void same_token(const FoundDecision& other) {
    std::string text =
        "Note: another mail has this token: " + for_terminal(field_of(other.fields, "sender")) +
        " from " + for_terminal(field_of(other.fields, "client"));
    if (other.time) text += ", " + format_utc(*other.time);
    page_.line(0, 6, text);
  }

  // Never broken: it is there to be copied.
  void command(std::string_view what, const std::string& text) {
    constexpr std::size_t kWhat = 26;
    page_.exactly(0, std::string(what) + std::string(kWhat - what.size(), ' ') + text);
  }

  const WhyAnswer& answer_;
  WrappedPage& page_;
};

std::string row_of(std::size_t number, const WhyAnswer& answer) {
  std::string row = std::to_string(number) + ". ";
  row += answer.decision ? done_word(field_of(answer.decision->fields, "action")) + " by rule " +
                               for_terminal(field_of(answer.decision->fields, "rule"))
                         : "Not in the log";
  row += ": " + for_terminal(client_of(answer)) + " " + for_terminal(sender_of(answer)) + " -> " +
         for_terminal(known(answer, "recipient", first_of(answer.clue.recipients)));
  if (answer.now) {
    const bool comes_in = action_now(answer) == Disposition::pass;
    row += comes_in ? "; comes in now" : "; now " + std::string(to_string(action_now(answer)));
  }
  return row;
}

std::string summary(const std::vector<WhyAnswer>& answers) {
  const auto count = [&](auto holds) {
    return std::count_if(answers.begin(), answers.end(), holds);
  };
  const auto refused = count([](const WhyAnswer& answer) {
    return answer.decision && field_of(answer.decision->fields, "action") != "pass";
  });
  const auto lost = count([](const WhyAnswer& answer) { return !answer.decision; });
  const auto now = count([](const WhyAnswer& answer) {
    return answer.now && action_now(answer) != Disposition::pass;
  });
  WrappedPage page;
  page.line(0, 4,
            std::to_string(answers.size()) + " mails: " + std::to_string(refused) +
                " did not come in, " + std::to_string(lost) + " are in no log; " +
                std::to_string(now) + " would not come in now");
  for (std::size_t i = 0; i < answers.size(); ++i) page.line(0, 4, row_of(i + 1, answers[i]));
  return page.take();
}

std::string text_of(const WhyAnswer& answer) {
  WrappedPage page;
  AnswerText text(answer, page);
  text.all();
  std::string out = page.take();
  if (answer.now) {
    out += "\nNow, by " + for_terminal(answer.now->rules) + ":\n" + verdict_text(*answer.now);
    WrappedPage rest;
    for (const std::string& note : answer.now->notes) rest.line(0, 6, "Note: " + note);
    rest.gap();
    AnswerText(answer, rest).commands();
    out += rest.take();
  }
  return out;
}

}  // namespace

std::string why_text(const std::vector<WhyAnswer>& answers) {
  if (answers.size() == 1) return text_of(answers.front());
  std::string out = summary(answers);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    out += "\n##### " + std::to_string(i + 1) + " of " + std::to_string(answers.size()) + "\n\n" +
           text_of(answers[i]);
  }
  return out;
}

}  // namespace postern::ctl
