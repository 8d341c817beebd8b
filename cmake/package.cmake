# `./dev package`: what is installed, as a Debian package. Wants the prefix /usr, as preset release
# has it.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME postern)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
# What is built on one release is for that one: 0.1.0-1~deb12 comes before 0.1.0-1~deb13.
cmake_host_system_information(RESULT system QUERY DISTRIB_INFO)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
if(system_ID STREQUAL "debian" AND DEFINED system_VERSION_ID)
  string(APPEND CPACK_DEBIAN_PACKAGE_RELEASE "~deb${system_VERSION_ID}")
elseif(DEFINED system_VERSION_ID)
  string(APPEND CPACK_DEBIAN_PACKAGE_RELEASE "~${system_ID}${system_VERSION_ID}")
endif()
set(CPACK_PACKAGE_CONTACT "Postern <postern@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "gatehouse for mail: decides at SMTP time who may come in")
set(CPACK_PACKAGE_DESCRIPTION
"Postern decides while the SMTP conversation is still going on whether a message
may come in: sender domains that do not exist, domains of a spam campaign that is
running right now, clients that are to wait before they are greeted.

postern-policyd is a policy daemon for Postfix, postern-milter a milter for
sendmail and Postfix, with the same rules and the same verdicts; posternctl is
the tool for people. As installed it refuses nothing and no MTA asks it.")
set(CPACK_PACKAGING_INSTALL_PREFIX ${CMAKE_INSTALL_PREFIX})
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_SOURCE_DIR}/build/package)
set(CPACK_STRIP_FILES ON)
# Without the lists that posternctl writes to.
set(CPACK_INSTALL_CMAKE_PROJECTS "${CMAKE_BINARY_DIR};postern;Unspecified;/")
# Whatever the umask of who packs.
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION mail)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# deb-systemd-helper is of an essential package.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser | systemd")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "systemd, logrotate, procps, publicsuffix")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "postfix | sendmail-bin, unbound, curl")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

# Where somebody edits, an upgrade asks or stays away.
set(conffiles ${CMAKE_CURRENT_BINARY_DIR}/debian/conffiles)
set(conffile_list "/etc/logrotate.d/postern\n")
foreach(file IN LISTS config_files)
  string(APPEND conffile_list "/etc/postern/${file}\n")
endforeach()
file(WRITE ${conffiles} "${conffile_list}")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${PROJECT_SOURCE_DIR}/contrib/debian/preinst
  ${PROJECT_SOURCE_DIR}/contrib/debian/postinst
  ${PROJECT_SOURCE_DIR}/contrib/debian/prerm
  ${PROJECT_SOURCE_DIR}/contrib/debian/postrm
  ${PROJECT_SOURCE_DIR}/contrib/debian/triggers
  ${conffiles})
include(CPack)
