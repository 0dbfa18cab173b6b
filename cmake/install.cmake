# SPDX-License-Identifier: MIT
install(TARGETS oomguardd oomguard-teller RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR})
install(TARGETS oomguard RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES README.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES tests/vm/README.md DESTINATION ${CMAKE_INSTALL_DOCDIR}/tests/vm)
install(FILES conf/oomguard.conf systemd/as-root.conf
	DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)

# A configuration that is there already is the operator's. The FULL path,
# because a prefix of /usr would otherwise lead to /usr/etc.
install(CODE "
	set(file \"\$ENV{DESTDIR}${CMAKE_INSTALL_FULL_SYSCONFDIR}/oomguard.conf\")
	if(EXISTS \"\${file}\")
		message(STATUS \"Kept: \${file}\")
	else()
		file(INSTALL \"${CMAKE_SOURCE_DIR}/conf/oomguard.conf\"
			DESTINATION \"${CMAKE_INSTALL_FULL_SYSCONFDIR}\")
	endif()")
install(DIRECTORY DESTINATION ${CMAKE_INSTALL_FULL_SYSCONFDIR}/oomguard.conf.d)

foreach(section 5 8)
	file(GLOB pages CONFIGURE_DEPENDS man/*.${section})
	install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()

# pkg-config names the directory of the distribution, which is right for its
# packages only: everything else stays below its prefix, where systemd looks
# too.
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
	pkg_get_variable(OOMGUARD_PACKAGED_UNIT_DIR systemd systemdsystemunitdir)
endif()
if(NOT OOMGUARD_PACKAGED_UNIT_DIR)
	set(OOMGUARD_PACKAGED_UNIT_DIR
		${CMAKE_INSTALL_PREFIX}/lib/systemd/system)
endif()
set(OOMGUARD_UNIT_DIR ${OOMGUARD_PACKAGED_UNIT_DIR}
	CACHE PATH "Where systemd's units go")
# The unit names the programs by their paths.
set(OOMGUARD_SBINDIR ${CMAKE_INSTALL_FULL_SBINDIR})
set(OOMGUARD_BINDIR ${CMAKE_INSTALL_FULL_BINDIR})
configure_file(systemd/oomguard.service.in oomguard.service @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/oomguard.service systemd/oomguard.slice
	DESTINATION ${OOMGUARD_UNIT_DIR})
install(FILES systemd/oomguard.sysusers RENAME oomguard.conf
	DESTINATION ${CMAKE_INSTALL_PREFIX}/lib/sysusers.d)

# What journalctl -x says; it is found after `journalctl --update-catalog`.
install(FILES systemd/oomguard.catalog
	DESTINATION ${CMAKE_INSTALL_PREFIX}/lib/systemd/catalog)
