// Any bytes as the files of an MTA: the first byte says which, and how they are wired. Whatever is
// found can be shown on a terminal, in lines.
#include "ctl/doctor/io/diagnosis_text.h"
#include "ctl/doctor/postfix_parameters.h"
#include "tests/fuzz/require.h"

namespace postern::doctor_fuzz {
namespace {

doctor::PosternConfig postern_config(unsigned way) {
  doctor::PosternConfig postern;
  postern.deadline = std::chrono::seconds(5);
  postern.longest_delay = std::chrono::seconds((way & 1U) != 0 ? 20 : 0);
  postern.decides_by_sender_mx = (way & 2U) != 0;
  postern.has_header_rules = (way & 2U) != 0;
  ListenAddress policy;
  policy.address = IpAddress::from_v4(0x7f000001);
  policy.port = 10040;
  ListenAddress milter;
  milter.kind = ListenAddress::Kind::unix_socket;
  milter.path = "/run/postern/milter";
  postern.policy.push_back(policy);
  if ((way & 4U) != 0) postern.milter = milter;
  return postern;
}

doctor::ConfigText config(std::string_view text) {
  return {std::string(text), "file", doctor::ConfigText::Lines::of_a_file};
}

void require_expansion(std::string_view text) {
  const auto parameters = doctor::read_postfix_parameters(config(text));
  require(parameters.expanded(text).size() <= (std::size_t{1} << 16U));
}

// main.cf ends and master.cf begins at the first NUL.
doctor::MtaConfig mta_config_of(unsigned way, std::string_view text) {
  doctor::MtaConfig mta;
  mta.postern = postern_config(way);
  if ((way & 8U) != 0) mta.sendmail = doctor::read_sendmail_cf(config(text));
  if ((way & 16U) != 0) mta.host.hosts = doctor::HostsStatus{"hosts", doctor::read_hosts(text)};
  const std::size_t end = text.find('\0');
  std::optional<doctor::ConfigText> master;
  if (end != std::string_view::npos) master = config(text.substr(end + 1));
  if ((way & 8U) == 0) mta.postfix = doctor::read_postfix(config(text.substr(0, end)), master);
  return mta;
}

void check(unsigned way, std::string_view text) {
  require_expansion(text);
  const doctor::Diagnosis diagnosis{doctor::findings_in(mta_config_of(way, text)),
                                    {"what was given"}};
  for (const doctor::Finding& finding : diagnosis.findings) {
    require(!finding.where.empty() && !finding.found.empty() && !finding.why.empty());
  }
  for (const char c : doctor::diagnosis_text(diagnosis)) {
    require(c == '\n' || static_cast<unsigned char>(c) >= 0x20U);
  }
  require(!boost::json::serialize(doctor::diagnosis_json(diagnosis)).empty());
}

}  // namespace
}  // namespace postern::doctor_fuzz

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  postern::doctor_fuzz::check(data[0], postern::as_text(data + 1, size - 1));
  return 0;
}
