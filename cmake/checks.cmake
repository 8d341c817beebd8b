# The list of checks that rules/checks.list says: each a source, a page and a test.
file(STRINGS rules/checks.list POSTERN_CHECKS REGEX "^[a-z]")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS rules/checks.list)

set(check_declarations)
set(check_entries)
foreach(check IN LISTS POSTERN_CHECKS)
  foreach(part IN ITEMS rules/checks/${check}.cpp rules/checks/${check}.md
          tests/unit/rules/checks/${check}_test.cpp)
    if(NOT EXISTS ${PROJECT_SOURCE_DIR}/${part})
      message(FATAL_ERROR "check ${check} has no ${part}")
    endif()
  endforeach()
  string(APPEND check_declarations "const CheckInfo& ${check}_check();\n")
  string(APPEND check_entries "    &${check}_check(),\n")
endforeach()
configure_file(rules/checks/check_registry.cpp.in check_registry.cpp @ONLY)
set(check_registry ${CMAKE_CURRENT_BINARY_DIR}/check_registry.cpp)
