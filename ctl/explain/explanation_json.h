// An explanation for a program. Keys may be added; none changes its meaning. Pure.
#pragma once

#include <boost/json.hpp>

#include "ctl/explain/explanation_page.h"

namespace postern::ctl {

boost::json::object explanation_json(const ExplanationPage& page);

}  // namespace postern::ctl
