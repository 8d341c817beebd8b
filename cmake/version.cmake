# What the programs call themselves: `0.1.0 (commit 0123456789ab)`, in POSTERN_VERSION_TEXT.
set(POSTERN_COMMIT "" CACHE STRING "Commit that --version names (default: that of the source tree)")

set(commit "${POSTERN_COMMIT}")
if(NOT commit)
  find_program(GIT git)
  if(GIT)
    execute_process(COMMAND ${GIT} rev-parse --short=12 HEAD
      WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
      OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    # Grows with each commit and checkout: the build then configures itself anew.
    execute_process(COMMAND ${GIT} rev-parse --git-path logs/HEAD
      WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
      OUTPUT_VARIABLE head_log OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    get_filename_component(head_log "${head_log}" ABSOLUTE BASE_DIR ${PROJECT_SOURCE_DIR})
    if(commit AND EXISTS "${head_log}")
      set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${head_log})
    endif()
  endif()
endif()
if(NOT commit)
  set(commit unknown)
endif()
set(POSTERN_VERSION_TEXT "${PROJECT_VERSION} (commit ${commit})")

# For what says when it was made: the same for all who make it of these sources.
set(POSTERN_EPOCH "$ENV{SOURCE_DATE_EPOCH}")
if(NOT POSTERN_EPOCH AND GIT)
  execute_process(COMMAND ${GIT} log -1 --format=%ct WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
    OUTPUT_VARIABLE POSTERN_EPOCH OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
