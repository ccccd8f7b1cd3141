# Fails when a file of bench/ROOM includes a room that is not one of USES.
# FILES are all of its files; STAMP is touched when they keep to it.
cmake_policy(SET CMP0057 NEW)
foreach(file IN LISTS FILES)
  file(STRINGS ${file} includes REGEX "^ *#include \"bench/")
  foreach(include IN LISTS includes)
    string(REGEX REPLACE ".*\"bench/([a-z]+)/.*" "\\1" other "${include}")
    if(NOT other IN_LIST USES AND NOT other STREQUAL ROOM)
      message(FATAL_ERROR "${file}: ${include}\nbench/${ROOM} may include: "
              "${USES}. Move what both need into one of these.")
    endif()
  endforeach()
endforeach()
file(TOUCH ${STAMP})
