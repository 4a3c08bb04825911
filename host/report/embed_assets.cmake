# SPDX-License-Identifier: Apache-2.0

# Writes ${OUTPUT}: a C++ source that defines the string_views declared in assets.h.
# cmake -DOUTPUT=… -DFOLDER=… -P embed_assets.cmake
set(source "#include \"host/report/assets.h\"\n\nnamespace host::report {\n\n")
foreach(pair "kPageCss:page.css" "kPageJs:page.js" "kDrawFiguresPy:draw_figures.py")
  string(REPLACE ":" ";" pair "${pair}")
  list(GET pair 0 name)
  list(GET pair 1 file)
  file(READ "${FOLDER}/${file}" text)
  string(APPEND source "constexpr std::string_view ${name} = R\"asset(${text})asset\";\n\n")
endforeach()
string(APPEND source "}  // namespace host::report\n")
file(WRITE "${OUTPUT}" "${source}")
