// An explanation for a person at three in the morning: verdict and reason first, then the proof,
// then the bytes. Pure.
#pragma once

#include <string>

#include "ctl/explain/explanation_page.h"

namespace postern::ctl {

std::string explanation_text(const ExplanationPage& page);

}  // namespace postern::ctl
