# SPDX-License-Identifier: MIT
# What distributions build their daemons with. A sanitizer wants none of it.
include(CheckCCompilerFlag)
option(OOMGUARD_HARDENING "Build with hardening flags" ON)

if(OOMGUARD_HARDENING)
	set(CMAKE_POSITION_INDEPENDENT_CODE ON)
	include(CheckPIESupported)
	check_pie_supported(LANGUAGES C)
	add_compile_options(-fstack-protector-strong
		"$<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=2>")
	# BIND_NOW: the guard must not look up a symbol when memory is gone.
	add_link_options(-Wl,-z,now -Wl,-z,relro)
	foreach(flag -fcf-protection -fstack-clash-protection)
		string(MAKE_C_IDENTIFIER "has${flag}" has)
		check_c_compiler_flag(${flag} ${has})
		if(${has})
			add_compile_options(${flag})
		endif()
	endforeach()
endif()
