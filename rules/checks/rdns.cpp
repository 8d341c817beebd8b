// rdns: does the client have a name that leads back to it? Page: rdns.md.
#include <array>
#include <utility>

#include "rules/checks/client_name.h"
#include "rules/checks/outside_client.h"
#include "rules/model/check.h"

namespace postern::checks {
namespace {

// In the order of ClientName::Kind.
constexpr std::array<FindingInfo, 5> kRdnsFindings = {{
    {"confirmed", FindingClass::good},
    {"none", FindingClass::bad},
    {"mismatch", FindingClass::bad},
    {"generic", FindingClass::bad,
     "many honest servers have a name that their provider has made of the address"},
    {"unknown", FindingClass::temporary},
}};

constexpr std::array<PresetAction, 4> kRdnsStandard = {{
    {"none", "log"},
    {"mismatch", "log"},
    {"generic", "log"},
    {"unknown", "log"},
}};

constexpr std::array<CheckPreset, 1> kRdnsPresets = {{{"standard", kRdnsStandard}}};

class Rdns : public Check {
 public:
  [[nodiscard]] AttributeSet attributes() const override { return kOutsideClient; }

  [[nodiscard]] CheckReport inspect(const Transaction& transaction,
                                    FactView& facts) const override {
    const IpAddress* client = outside_client(transaction);
    if (client == nullptr) return CheckReport::not_applicable();
    auto name = look_up_client_name(*client, facts);
    if (!name) return CheckReport::waiting();
    return CheckReport::found(static_cast<std::size_t>(name->kind), std::move(name->text));
  }
};

std::unique_ptr<Check> make_rdns(yaml::ConfigMap& /*options*/) {
  return std::make_unique<Rdns>();
}

}  // namespace

const CheckInfo& rdns_check() {
  static const CheckInfo info{"rdns", Stage::mail, kRdnsFindings, kRdnsPresets, {}, make_rdns};
  return info;
}

}  // namespace postern::checks
