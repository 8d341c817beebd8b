#include "ctl/radar/told_passes.h"

#include <functional>
#include <utility>

namespace postern::ctl {
namespace {

Door other_door(Door door) {
  return door == Door::milter ? Door::policy : Door::milter;
}

std::size_t told_key(const ToldPasses::Mail& mail) {
  return std::hash<std::string>{}(mail.client.to_string() + " " + mail.sender.text() + " " +
                                  mail.recipient.text());
}

}  // namespace

ToldPasses::News ToldPasses::add(const Mail& mail) {
  OfDoor& own = of(mail.door);
  if (own.recipients >= kMost || own.told.size() >= kMost) own = {};
  if (mail.decided == Decided::pass && !mail.instance.empty()) {
    own.passed[mail.instance].push_back(mail.recipient);
    ++own.recipients;
  }
  const std::size_t key = told_key(mail);
  const News news = news_of(mail, key);
  if (news != News::none) own.told[key] = {mail.time, mail.decided};
  if (news == News::takes_back) of(other_door(mail.door)).told.erase(key);
  return news;
}

ToldPasses::News ToldPasses::news_of(const Mail& mail, std::size_t key) {
  const auto& others = of(other_door(mail.door)).told;
  const auto told = others.find(key);
  if (told == others.end() || std::chrono::abs(mail.time - told->second.time) > kSession) {
    return News::first;
  }
  const bool is_worse = mail.decided == Decided::refusal && told->second.decided == Decided::pass;
  return is_worse ? News::takes_back : News::none;
}

std::vector<MailAddress> ToldPasses::take_back(Door door, const std::string& instance) {
  OfDoor& own = of(door);
  const auto message = own.passed.find(instance);
  if (message == own.passed.end()) return {};
  std::vector<MailAddress> recipients = std::move(message->second);
  own.passed.erase(message);
  own.recipients -= recipients.size();
  return recipients;
}

}  // namespace postern::ctl
