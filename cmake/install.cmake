# `cmake --install`: programs, man pages, pages, systemd units; configuration only where there is none.
set(POSTERN_SYSTEMD_DIR ${CMAKE_INSTALL_PREFIX}/lib/systemd/system CACHE STRING
  "Where the units of systemd go; empty: neither they nor the account and the folders they want")
set(POSTERN_LOGROTATE_DIR ${CMAKE_INSTALL_FULL_SYSCONFDIR}/logrotate.d CACHE STRING
  "Where logrotate looks; empty: nowhere")
set(config_files postern.yaml rules.yaml lists/well-known.txt lists/no-greylist.txt)
# posternctl writes to these, so that a package must not take them for conffiles.
set(written_lists lists/trusted.txt lists/no-mx-check.txt lists/allowed.txt
  lists/allowed-senders.txt lists/campaign.txt lists/campaign-senders.txt
  lists/campaign-clients.txt lists/campaign-helo.txt lists/campaign-subjects.txt)

install(TARGETS postern-policyd postern-milter posternctl
  RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR})

# From the program itself, so that it has every command and option.
set(completion ${CMAKE_CURRENT_BINARY_DIR}/posternctl.bash)
add_custom_command(OUTPUT ${completion} DEPENDS posternctl VERBATIM
  COMMAND sh -c "\"$1\" completion bash >\"$2\"" sh $<TARGET_FILE:posternctl> ${completion})
add_custom_target(completion ALL DEPENDS ${completion})
install(FILES ${completion} DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
  RENAME posternctl)

# What they are made of: CycloneDX, where dpkg knows it.
find_program(PYTHON3 python3 REQUIRED)
find_program(DPKG_QUERY dpkg-query)
if(DPKG_QUERY AND CMAKE_GENERATOR STREQUAL "Ninja")
  set(sbom ${CMAKE_CURRENT_BINARY_DIR}/postern.cdx.json)
  set(programs $<TARGET_FILE:postern-policyd> $<TARGET_FILE:postern-milter>
    $<TARGET_FILE:posternctl>)
  set(epoch $<$<BOOL:${POSTERN_EPOCH}>:--epoch=${POSTERN_EPOCH}>)
  add_custom_command(OUTPUT ${sbom} COMMAND_EXPAND_LISTS VERBATIM
    DEPENDS cmake/sbom.py postern-policyd postern-milter posternctl
    COMMAND sh -c "\"$@\" >\"$0\"" ${sbom} ${PYTHON3} ${PROJECT_SOURCE_DIR}/cmake/sbom.py
      --version ${PROJECT_VERSION} --build ${CMAKE_BINARY_DIR} ${epoch} ${programs})
  add_custom_target(sbom ALL DEPENDS ${sbom})
  install(FILES ${sbom} DESTINATION ${CMAKE_INSTALL_DOCDIR})
endif()

# The schema of the rule file has the words of the checks.
set(rules_schema ${CMAKE_CURRENT_BINARY_DIR}/rules.schema.json)
file(GLOB check_pages CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/rules/checks/*.md)
add_custom_command(OUTPUT ${rules_schema} VERBATIM
  DEPENDS cmake/rules_schema.py conf/rules.schema.json rules/checks.list ${check_pages}
    docs/postern-rules.5.scd docs/actions.md
  COMMAND sh -c "\"$1\" \"$2\" \"$3\" >\"$4\"" sh ${PYTHON3}
    ${PROJECT_SOURCE_DIR}/cmake/rules_schema.py ${PROJECT_SOURCE_DIR} ${rules_schema})
add_custom_target(rules_schema ALL DEPENDS ${rules_schema})
install(FILES conf/postern.schema.json ${rules_schema}
  DESTINATION ${CMAKE_INSTALL_DATADIR}/postern)
install(FILES contrib/postfix/main.cf.snippet contrib/postfix/greeting-delay.cf.snippet
  contrib/postfix/milter.cf.snippet
  DESTINATION ${CMAKE_INSTALL_DOCDIR}/postfix)
install(FILES contrib/sendmail/postern.mc DESTINATION ${CMAKE_INSTALL_DOCDIR}/sendmail)
install(DIRECTORY contrib/fail2ban contrib/nftables DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES contrib/grafana/postern.json DESTINATION ${CMAKE_INSTALL_DOCDIR}/grafana)
install(FILES contrib/prometheus/postern.rules.yml DESTINATION ${CMAKE_INSTALL_DOCDIR}/prometheus)

if(POSTERN_SYSTEMD_DIR)
  # The units name the places that were chosen.
  foreach(name postern-policyd.service postern-policyd.socket
      postern-milter.service postern-milter.socket postern-vouch.path postern-vouch.service
      postern-radar.service postern-alert.service postern-brake.path postern-brake.service)
    file(READ contrib/systemd/${name} unit)
    string(REPLACE "/usr/sbin/" "${CMAKE_INSTALL_FULL_SBINDIR}/" unit "${unit}")
    string(REPLACE "/etc/postern" "${config_dir}" unit "${unit}")
    file(CONFIGURE OUTPUT ${name} CONTENT "${unit}" @ONLY)
    install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${name} DESTINATION ${POSTERN_SYSTEMD_DIR})
  endforeach()
  install(FILES contrib/systemd/postern.sysusers
    DESTINATION ${CMAKE_INSTALL_PREFIX}/lib/sysusers.d RENAME postern.conf)
  install(FILES contrib/systemd/postern.tmpfiles
    DESTINATION ${CMAKE_INSTALL_PREFIX}/lib/tmpfiles.d RENAME postern.conf)
endif()
if(POSTERN_LOGROTATE_DIR)
  install(FILES contrib/logrotate/postern DESTINATION ${POSTERN_LOGROTATE_DIR})
endif()

# What README.md names, under the names that it has there.
file(GLOB chapters CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/docs/*.md ${PROJECT_SOURCE_DIR}/docs/*.scd)
install(FILES README.md CHANGELOG.md HACKING.md SECURITY.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)
install(FILES ${chapters} DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs)
install(FILES ${check_pages} DESTINATION ${CMAKE_INSTALL_DOCDIR}/rules/checks)

# What somebody has edited stays. The files name the schemas where they are installed.
function(install_configuration component)
  foreach(file IN LISTS ARGN)
    get_filename_component(folder ${config_dir}/${file} DIRECTORY)
    file(READ conf/${file} text)
    string(REPLACE "/usr/share/" "${CMAKE_INSTALL_FULL_DATADIR}/" text "${text}")
    file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/conf/${file} "${text}")
    install(CODE "
      if(NOT EXISTS \"\$ENV{DESTDIR}${config_dir}/${file}\")
        file(INSTALL \"${CMAKE_CURRENT_BINARY_DIR}/conf/${file}\" DESTINATION \"${folder}\")
      endif()" COMPONENT ${component})
  endforeach()
endfunction()
install_configuration(Unspecified ${config_files})
# The package leaves this component out: its postinst copies the lists where there are none.
install_configuration(written_lists ${written_lists})
list(TRANSFORM written_lists PREPEND conf/ OUTPUT_VARIABLE shipped_lists)
install(FILES ${shipped_lists} DESTINATION ${CMAKE_INSTALL_DATADIR}/postern/lists)

find_program(SCDOC scdoc)
if(NOT SCDOC)
  message(STATUS "no scdoc: no man pages")
  return()
endif()
file(GLOB pages CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/docs/*.scd)
set(built_pages)
foreach(page IN LISTS pages)
  get_filename_component(name ${page} NAME_WLE)
  string(REGEX MATCH "[0-9]$" section ${name})
  set(built ${CMAKE_CURRENT_BINARY_DIR}/man/${name})
  add_custom_command(OUTPUT ${built} DEPENDS ${page} VERBATIM
    COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_CURRENT_BINARY_DIR}/man
    COMMAND sh -c "\"$1\" <\"$2\" >\"$3\"" sh ${SCDOC} ${page} ${built})
  list(APPEND built_pages ${built})
  install(FILES ${built} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()
add_custom_target(man ALL DEPENDS ${built_pages})
