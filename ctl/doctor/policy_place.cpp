#include "ctl/doctor/policy_place.h"

#include <algorithm>
#include <span>

namespace postern::doctor {
namespace {

using Items = std::span<const Restriction>;

// An element of the list to be, with what it comes to.
struct Piece {
  std::string text;
  Items items;
};

bool any_is(Items items, bool (*is_such)(const Restriction&)) {
  return std::any_of(items.begin(), items.end(), is_such);
}

bool ends_for_strangers(const Restriction& item) {
  return ends_list_for_all(item) || ends_list_for_own_domains(item);
}

bool stands_before_policy(const Restriction& item) {
  return !ends_for_strangers(item) && (permits_own_people(item) || refuses_relaying(item));
}

bool is_to_be_expanded(const ListElement& element, Items items, const IsTakenOut& is_taken_out) {
  if (!element.is_class) return false;
  return std::any_of(
             items.begin(), items.end(),
             [&](const Restriction& item) { return item.policy && is_taken_out(*item.policy); }) ||
         (any_is(items, ends_for_strangers) && any_is(items, stands_before_policy));
}

std::vector<Piece> pieces_of(const RestrictionList& list, const IsTakenOut& is_taken_out) {
  std::vector<Piece> pieces;
  for (const ListElement& element : list.elements) {
    const Items items = Items(list.items).subspan(element.first, element.count);
    if (element.is_class && !is_to_be_expanded(element, items, is_taken_out)) {
      pieces.push_back({element.text, items});
      continue;
    }
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (items[i].policy && is_taken_out(*items[i].policy)) continue;
      pieces.push_back({items[i].text, items.subspan(i, 1)});
    }
  }
  return pieces;
}

std::vector<std::string> texts_of(const std::vector<Piece>& pieces) {
  std::vector<std::string> texts;
  texts.reserve(pieces.size());
  for (const Piece& piece : pieces) texts.push_back(piece.text);
  return texts;
}

// Up to what ends the list for strangers: behind it nobody asks about them.
std::size_t end_for_strangers(const std::vector<Piece>& pieces) {
  const auto end = std::find_if(pieces.begin(), pieces.end(), [](const Piece& piece) {
    return any_is(piece.items, ends_for_strangers);
  });
  return static_cast<std::size_t>(end - pieces.begin());
}

// Whether it may end the list with a refusal. Of a table that is not known.
bool may_refuse(const Restriction& item) {
  return !item.only_warns && item.name != "sleep" && !item.name.starts_with("permit");
}

// Whether everybody whom `permit` is about gets through who comes to that place.
bool is_permitted_from(const std::vector<Piece>& pieces, std::size_t at,
                       const std::string& permit) {
  for (; at < pieces.size(); ++at) {
    for (const Restriction& item : pieces[at].items) {
      if (item.name == permit || permits_all(item)) return true;
      if (may_refuse(item)) return false;
    }
  }
  return true;
}

// The permits for one's own people that stand in [from, to).
std::vector<std::string> own_people_in(const std::vector<Piece>& pieces, std::size_t from,
                                       std::size_t to) {
  std::vector<std::string> permits;
  for (; from < to; ++from) {
    for (const Restriction& item : pieces[from].items) {
      if (permits_own_people(item)) permits.push_back(item.name);
    }
  }
  return permits;
}

}  // namespace

std::vector<std::string> with_policy(const RestrictionList& list, const IsTakenOut& is_taken_out,
                                     const PolicyElement& policy) {
  const std::vector<Piece> pieces = pieces_of(list, is_taken_out);
  const std::size_t end = end_for_strangers(pieces);
  // Behind that end too there may be permits for one's own people.
  std::vector<std::string> wanted = own_people_in(pieces, end, pieces.size());
  const std::vector<std::string> present = own_people_in(pieces, 0, end);
  if (present.empty()) {
    wanted.insert(wanted.end(), policy.own_people.begin(), policy.own_people.end());
  }
  std::vector<std::string> added;
  for (const std::string& permit : wanted) {
    const bool is_new = std::find(added.begin(), added.end(), permit) == added.end() &&
                        std::find(present.begin(), present.end(), permit) == present.end();
    if (is_new && is_permitted_from(pieces, end, permit)) added.push_back(permit);
  }
  std::size_t place = end;
  if (added.empty()) {
    while (place > 0 && !any_is(pieces[place - 1].items, stands_before_policy)) --place;
  }
  added.push_back(policy.text);
  std::vector<std::string> texts = texts_of(pieces);
  texts.insert(texts.begin() + static_cast<std::ptrdiff_t>(place), added.begin(), added.end());
  return texts;
}

std::vector<std::string> without_policy(const RestrictionList& list,
                                        const IsTakenOut& is_taken_out) {
  return texts_of(pieces_of(list, is_taken_out));
}

bool refuses_relaying(const RestrictionList& list) {
  for (const Restriction& item : list.items) {
    if (refuses_relaying(item)) return true;
    if (ends_list_for_all(item)) return false;
  }
  return false;
}

std::vector<std::string> permits_of_own_people(const RestrictionList& list) {
  std::vector<std::string> permits;
  for (const Restriction& item : list.items) {
    if (refuses_relaying(item) || ends_list_for_all(item)) break;
    const bool is_new = std::find(permits.begin(), permits.end(), item.name) == permits.end();
    if (is_new && permits_own_people(item)) permits.push_back(item.name);
  }
  return permits;
}

}  // namespace postern::doctor
