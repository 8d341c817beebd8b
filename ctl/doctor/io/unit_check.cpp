#include "ctl/doctor/io/unit_check.h"

#include <map>
#include <sstream>

#include "ctl/doctor/io/program_output.h"

namespace postern::doctor {

std::vector<UnitStatus> read_unit_states(const std::string& text) {
  std::vector<UnitStatus> units;
  std::map<std::string, std::string> values;
  const auto take = [&] {
    if (values["LoadState"] == "loaded") {
      units.push_back({values["Id"], values["ActiveState"], values["Result"]});
    }
    values.clear();
  };
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t equals = line.find('=');
    if (line.empty()) {
      take();
    } else if (equals != std::string::npos) {
      values[line.substr(0, equals)] = line.substr(equals + 1);
    }
  }
  take();
  return units;
}

std::vector<UnitStatus> check_units(const std::vector<std::string>& units,
                                    const std::string& systemctl) {
  if (units.empty()) return {};
  std::vector<std::string> words{systemctl, "show", "--property=Id,LoadState,ActiveState,Result"};
  words.insert(words.end(), units.begin(), units.end());
  const auto text = program_output(words);
  return text ? read_unit_states(*text) : std::vector<UnitStatus>{};
}

}  // namespace postern::doctor
