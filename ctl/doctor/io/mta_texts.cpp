#include "ctl/doctor/io/mta_texts.h"

#include <unistd.h>

#include <cstdlib>

#include "common/os/text_file.h"
#include "ctl/cli/program_output.h"

namespace postern::doctor {
namespace {

// Where postconf lies when PATH, as that of an ordinary user, has no sbin.
constexpr const char* kSystemFolders = "/usr/sbin:/usr/local/sbin:/sbin";

// Empty: there is none.
std::string find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::string folders = (path == nullptr ? "" : std::string(path) + ":") + kSystemFolders;
  while (!folders.empty()) {
    const std::size_t end = folders.find(':');
    std::string file = folders.substr(0, end) + "/" + name;
    if (file.starts_with('/') && ::access(file.c_str(), X_OK) == 0) return file;
    folders.erase(0, end == std::string::npos ? end : end + 1);
  }
  return {};
}

Result<ConfigText> stored_text(const std::string& file) {
  auto text = os::read_text_file(file, kMaxConfigText);
  if (!text) return tl::unexpected(text.error());
  return ConfigText{std::move(*text), file, ConfigText::Lines::of_a_file};
}

Result<ConfigText> postconf_text(const std::string& program, const std::string& folder,
                                 const char* option, const char* name) {
  std::vector<std::string> words{program};
  if (!folder.empty()) words.insert(words.end(), {"-c", folder});
  words.emplace_back(option);
  auto text = ctl::program_output(words);
  if (!text) return tl::unexpected(text.error());
  return ConfigText{std::move(*text), name, ConfigText::Lines::of_a_program};
}

Result<void> put(Result<ConfigText> text, std::optional<ConfigText>& place) {
  if (!text) return tl::unexpected(text.error());
  place = std::move(*text);
  return {};
}

Result<void> ask_postconf(const MtaSources& sources, MtaTexts& texts) {
  const std::string program = find_program("postconf");
  if (program.empty()) {
    if (sources.postfix_folder.empty()) return {};
    return failure("found no program 'postconf'");
  }
  auto main = put(postconf_text(program, sources.postfix_folder, "-n", "main.cf"), texts.main);
  if (!main) return main;
  return put(postconf_text(program, sources.postfix_folder, "-M", "master.cf"), texts.master);
}

Result<void> read_postfix_texts(const MtaSources& sources, MtaTexts& texts) {
  if (sources.main_file.empty()) {
    if (!sources.master_file.empty()) return failure("--postconf-m wants --postconf-n beside it");
    return ask_postconf(sources, texts);
  }
  auto main = put(stored_text(sources.main_file), texts.main);
  if (!main || sources.master_file.empty()) return main;
  return put(stored_text(sources.master_file), texts.master);
}

}  // namespace

Result<MtaTexts> read_mta_texts(const MtaSources& sources) {
  MtaTexts texts;
  const bool postfix_named =
      !sources.postfix_folder.empty() || !sources.main_file.empty() || !sources.master_file.empty();
  if (postfix_named || sources.sendmail_cf.empty()) {
    const auto read = read_postfix_texts(sources, texts);
    if (!read) return tl::unexpected(read.error());
  }
  std::string cf = sources.sendmail_cf;
  if (cf.empty() && !postfix_named && ::access(sources.usual_sendmail_cf.c_str(), F_OK) == 0) {
    cf = sources.usual_sendmail_cf;
  }
  if (cf.empty()) return texts;
  const auto read = put(stored_text(cf), texts.sendmail);
  if (!read) return tl::unexpected(read.error());
  return texts;
}

}  // namespace postern::doctor
