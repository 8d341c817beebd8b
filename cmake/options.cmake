# Language, warnings, sanitizers: one interface target that every Postern target links.
include(CheckCXXCompilerFlag)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
# All sources of a target: half of what eight sources cost are the headers.
set(CMAKE_UNITY_BUILD_BATCH_SIZE 0)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Debug, Release, RelWithDebInfo or MinSizeRel" FORCE)
endif()

# The presets have them on; for who packs Postern they are off.
option(POSTERN_WERROR "A warning of the compiler is an error" OFF)
option(POSTERN_CCACHE "Compile through ccache, where there is one" OFF)
option(POSTERN_MOLD "Link with mold, where there is one" OFF)
set(POSTERN_SANITIZE "" CACHE STRING "Sanitizers for every target, e.g. address,undefined or thread")

# Where the settings are read, and installed.
include(GNUInstallDirs)
set(config_dir ${CMAKE_INSTALL_FULL_SYSCONFDIR}/postern)
add_library(config_folder INTERFACE)
target_compile_definitions(config_folder INTERFACE POSTERN_CONFIG_DIR="${config_dir}")

add_library(postern_options INTERFACE)
target_compile_options(postern_options INTERFACE -Wall -Wextra -Wconversion -Wpedantic -Wshadow)
if(POSTERN_WERROR)
  target_compile_options(postern_options INTERFACE -Werror)
endif()
target_include_directories(postern_options INTERFACE ${PROJECT_SOURCE_DIR})

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # False alarms about `"text" + std::string` when optimizing (GCC bug 105651).
  target_compile_options(postern_options INTERFACE -Wno-restrict)
endif()
if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Takes every source of a unity file for a header.
  target_compile_options(postern_options INTERFACE -Wno-subobject-linkage)
endif()

if(CMAKE_BUILD_TYPE STREQUAL "Release")
  # No function of these programs is replaced by another at start-up, so one may be made part of another.
  target_compile_options(postern_options INTERFACE -fno-semantic-interposition)
  # What reads bytes from outside is built with what the compiler has against overruns.
  target_compile_options(postern_options INTERFACE
    -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -D_GLIBCXX_ASSERTIONS
    -fstack-protector-strong -fstack-clash-protection)
  target_link_options(postern_options INTERFACE -pie -Wl,-z,relro,-z,now,-z,noexecstack)
  # Against jumps into the middle of a function and forged return addresses: x86 only.
  check_cxx_compiler_flag(-fcf-protection=full POSTERN_HAS_CF_PROTECTION)
  if(POSTERN_HAS_CF_PROTECTION)
    target_compile_options(postern_options INTERFACE -fcf-protection=full)
  endif()
endif()

if(POSTERN_SANITIZE)
  target_compile_options(postern_options INTERFACE
    -fsanitize=${POSTERN_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(postern_options INTERFACE -fsanitize=${POSTERN_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    # clang 14 cannot assemble Boost.Asio's coroutines with it.
    target_compile_options(postern_options INTERFACE -fno-sanitize=function)
  endif()
  if(POSTERN_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Asio uses atomic_thread_fence, which g++ warns about under TSan.
    target_compile_options(postern_options INTERFACE -Wno-tsan)
  endif()
endif()

find_program(CCACHE ccache)
if(POSTERN_CCACHE AND CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
find_program(MOLD mold)
if(POSTERN_MOLD AND MOLD)
  target_link_options(postern_options INTERFACE -fuse-ld=mold)
endif()

# Saves clang 1.3 to 1.7 s of processor a unit under the sanitizers, and g++ a second.
option(POSTERN_PRECOMPILE "Precompile what most sources include (clang only)" OFF)

# postern_precompile(TARGET WHAT): cmake/precompiled_WHAT.h, compiled for the first TARGET that asks.
function(postern_precompile target what)
  if(NOT POSTERN_PRECOMPILE OR NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    return()
  endif()
  get_property(first GLOBAL PROPERTY postern_precompiled_${what})
  if(first)
    target_precompile_headers(${target} REUSE_FROM ${first})
  else()
    set_property(GLOBAL PROPERTY postern_precompiled_${what} ${target})
    target_precompile_headers(${target} PRIVATE ${PROJECT_SOURCE_DIR}/cmake/precompiled_${what}.h)
    # ccache would take each build's for another one.
    target_compile_options(${target} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
  endif()
endfunction()
