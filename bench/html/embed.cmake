# Files as a table in C++, so that a program carries what it was built from.
# Takes ROOT, FILES (relative to it, separated by semicolons) and OUTPUT.
set(text "#include \"bench/html/embedded.hpp\"\n\nnamespace interleave {\n\n")
# `sv` knows its length: a constant expression cannot count as far as some go.
string(APPEND text "using namespace std::string_view_literals;\n\n")
string(APPEND text "std::span<const EmbeddedFile> embedded_files() {\n")
string(APPEND text "  static constexpr EmbeddedFile files[] = {\n")
foreach(file IN LISTS FILES)
  file(READ "${ROOT}/${file}" content)
  string(APPEND text "{\"${file}\", R\"embedded(${content})embedded\"sv},\n")
endforeach()
string(APPEND text "};\n  return files;\n}\n\n}  // namespace interleave\n")
file(WRITE "${OUTPUT}" "${text}")
