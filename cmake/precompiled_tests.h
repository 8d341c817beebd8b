// What most tests include, read once where a preset says POSTERN_PRECOMPILE.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cmake/precompiled_rooms.h"
