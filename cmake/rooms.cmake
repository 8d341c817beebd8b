# One static library for each folder, and what it may use: the table of HACKING.md, which
# tests/meta/test_rooms.py holds against the includes.

# A unity build makes one translation unit of a wing: most of what a small room costs the compiler are
# headers that its neighbours include, too. A room that stands in no wing is one by itself.
# postern_wing(NAME FOLDER...)
function(postern_wing name)
  list(TRANSFORM ARGN REPLACE "/" "_")
  list(TRANSFORM ARGN PREPEND postern_)
  foreach(room IN LISTS ARGN)
    set(wing_of_${room} postern_wing_${name} PARENT_SCOPE)
  endforeach()
  set(rooms_of_postern_wing_${name} ${ARGN} PARENT_SCOPE)
endfunction()
if(CMAKE_UNITY_BUILD)
  postern_wing(bytes common/base common/dns common/json common/mime common/mmdb common/yaml)
  postern_wing(io common/http common/os common/resolver)
  postern_wing(engine rules rules/lists rules/model)
  postern_wing(judging rules/checks rules/explain rules/journal rules/load rules/replay rules/shadow rules/spf)
  postern_wing(files server/config server/journal server/replay server/state)
  postern_wing(daemon server/control server/daemon server/service server/spf)
  postern_wing(words ctl/cli ctl/completion ctl/journal ctl/log ctl/maillog ctl/report ctl/status)
  postern_wing(changes ctl/lists ctl/rollback ctl/shadow)
  postern_wing(mail ctl/alert ctl/check ctl/explain ctl/radar ctl/replay ctl/who ctl/why)
  postern_wing(doctor ctl/doctor ctl/doctor/io)
endif()

# What tests call millions of times: at -O0 it would cost the sanitizers more than -O1 does.
set(busy postern_rules postern_rules_lists postern_rules_model postern_rules_radar)

# postern_library(ROOM): makes ROOM, in a unity build a part of its wing, and sets `library` to the
# target that compiles it.
function(postern_library room)
  set(library ${room})
  if(DEFINED wing_of_${room})
    set(library ${wing_of_${room}})
    add_library(${room} INTERFACE)
    target_link_libraries(${room} INTERFACE ${library})
  endif()
  set(library ${library} PARENT_SCOPE)
  if(TARGET ${library})
    return()
  endif()
  add_library(${library} STATIC)
  target_link_libraries(${library} PUBLIC postern_options)
  if(POSTERN_SANITIZE AND room IN_LIST busy)
    target_compile_options(${library} PRIVATE -O1)
  else()
    postern_precompile(${library} rooms)
  endif()
endfunction()

# postern_room(FOLDER [PUBLIC LIBRARY...] [PRIVATE LIBRARY...] [SOURCES FILE...]): postern_<folder>, with
# '/' as '_', of every source in the folder, and of the FILEs.
function(postern_room folder)
  cmake_parse_arguments(room "" "" "PUBLIC;PRIVATE;SOURCES" ${ARGN})
  string(REPLACE "/" "_" room ${folder})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  postern_library(postern_${room})
  target_sources(${library} PRIVATE ${sources} ${room_SOURCES})
  # No wing uses itself.
  list(REMOVE_ITEM room_PUBLIC ${rooms_of_${library}})
  target_link_libraries(${library} PUBLIC ${room_PUBLIC} PRIVATE ${room_PRIVATE})
endfunction()

# postern_program(NAME ROOM): the program NAME, with ROOM's main.cpp.
function(postern_program name folder)
  string(REPLACE "/" "_" room ${folder})
  add_executable(${name} ${PROJECT_SOURCE_DIR}/${folder}/main.cpp)
  target_link_libraries(${name} PRIVATE postern_${room})
  target_compile_definitions(${name} PRIVATE POSTERN_VERSION="${POSTERN_VERSION_TEXT}")
endfunction()

postern_room(common/base PUBLIC tl::expected PRIVATE PkgConfig::IDN2 xxhash)
postern_room(common/dns PUBLIC postern_common_base)
postern_room(common/json PUBLIC postern_common_base Boost::headers)
postern_room(common/mime PUBLIC postern_common_base)
postern_room(common/mmdb PUBLIC postern_common_base PRIVATE PkgConfig::MAXMINDDB)
postern_room(common/yaml PUBLIC postern_common_base PRIVATE yaml-cpp::yaml-cpp)
postern_room(common/os PUBLIC postern_common_base Boost::headers Threads::Threads
  PRIVATE Boost::iostreams PkgConfig::ZSTD)
postern_room(common/http PUBLIC postern_common_os)
postern_room(common/resolver PUBLIC postern_common_dns postern_common_os postern_common_yaml)

postern_room(rules/model PUBLIC postern_common_dns)
postern_room(rules/lists PUBLIC postern_rules_model postern_common_mmdb PRIVATE ${RE2_LIBRARY} xxhash)
postern_room(rules/spf PUBLIC postern_rules_model)
include(cmake/checks.cmake)
postern_room(rules/checks PUBLIC postern_rules_spf postern_common_yaml SOURCES ${check_registry})
postern_room(rules PUBLIC postern_rules_lists)
postern_room(rules/load PUBLIC postern_rules postern_rules_checks)
postern_room(rules/explain PUBLIC postern_rules)
postern_room(rules/journal PUBLIC postern_rules_model postern_common_json)
postern_room(rules/replay PUBLIC postern_rules_explain postern_rules_journal)
postern_room(rules/shadow PUBLIC postern_rules_replay)
postern_room(rules/radar PUBLIC postern_common_base Boost::headers)

postern_room(server/config PUBLIC postern_rules_load postern_rules_journal postern_common_json
  postern_common_resolver PRIVATE config_folder)
postern_room(server/journal PUBLIC postern_server_config postern_rules_explain
  PRIVATE PkgConfig::CRYPTO PkgConfig::ZSTD)
postern_room(server/state PUBLIC postern_rules_model postern_common_os
  PRIVATE PkgConfig::LMDB PkgConfig::SODIUM)
postern_room(server/redis PUBLIC postern_server_state Boost::headers
  PRIVATE PkgConfig::CRYPTO PkgConfig::HIREDIS PkgConfig::SSL)
postern_room(server/service PUBLIC postern_server_journal postern_server_redis postern_rules_shadow)
postern_room(server/spf PUBLIC postern_server_service)
postern_room(server/control PUBLIC postern_server_service postern_common_http)
postern_room(server/replay PUBLIC postern_server_journal postern_rules_replay)
postern_room(server/daemon PUBLIC postern_server_control postern_server_replay postern_server_spf
  PRIVATE CLI11::CLI11)

add_subdirectory(policyd)
add_subdirectory(milter)

postern_room(ctl/cli PUBLIC postern_server_control)
postern_room(ctl/status PUBLIC postern_ctl_cli)
postern_room(ctl/completion PUBLIC postern_ctl_cli)
postern_room(ctl/log PUBLIC postern_ctl_cli)
postern_room(ctl/maillog PUBLIC postern_ctl_log)
postern_room(ctl/journal PUBLIC postern_ctl_cli)
postern_room(ctl/report PUBLIC postern_ctl_log postern_rules_checks)
postern_room(ctl/radar PUBLIC postern_ctl_lists postern_ctl_maillog postern_rules_radar)
postern_room(ctl/alert PUBLIC postern_ctl_radar
  PRIVATE PkgConfig::CRYPTO)
postern_room(ctl/who PUBLIC postern_ctl_radar)
postern_room(ctl/rollback PUBLIC postern_ctl_cli PRIVATE PkgConfig::CRYPTO)
postern_room(ctl/shadow PUBLIC postern_ctl_rollback)
postern_room(ctl/lists PUBLIC postern_ctl_rollback postern_ctl_log postern_rules_replay)
postern_room(ctl/explain PUBLIC postern_ctl_lists postern_ctl_log postern_milter_codec
  postern_policyd_codec)
postern_room(ctl/why PUBLIC postern_ctl_explain postern_ctl_maillog)
postern_room(ctl/replay PUBLIC postern_ctl_explain postern_ctl_maillog postern_rules_replay)
postern_room(ctl/check PUBLIC postern_ctl_replay)
postern_room(ctl/doctor PUBLIC postern_server_config)
postern_room(ctl/doctor/io PUBLIC postern_ctl_doctor postern_ctl_cli)
postern_room(ctl/import PUBLIC postern_rules_load)
postern_room(ctl PUBLIC postern_ctl_alert postern_ctl_check postern_ctl_completion postern_ctl_doctor_io
  postern_ctl_explain postern_ctl_import postern_ctl_journal postern_ctl_radar postern_ctl_replay
  postern_ctl_report postern_ctl_shadow postern_ctl_status postern_ctl_who postern_ctl_why PRIVATE CLI11::CLI11)
postern_program(posternctl ctl)

# Their names clash with those of another source in one translation unit.
set_source_files_properties(common/base/duration.cpp PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
# src.hpp is not for one translation unit with those who use it.
set_source_files_properties(common/json/boost_json.cpp PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
