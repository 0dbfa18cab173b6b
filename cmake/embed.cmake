# SPDX-License-Identifier: MIT
# Writes the bytes of the file INPUT into the C source OUTPUT, as the array
# NAME that ends with a NUL.
file(READ ${INPUT} bytes HEX)
string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\\1\n"
	bytes "${bytes}")
file(WRITE ${OUTPUT} "#include \"description.h\"\n"
	"const char ${NAME}[] = {\n${bytes}0\n};\n")
