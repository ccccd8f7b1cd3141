# Writes OUTPUT, a header with the commit that is checked out in SOURCE; leaves
# the file alone when it already says so.
execute_process(
  COMMAND git rev-parse --short=12 HEAD
  WORKING_DIRECTORY ${SOURCE}
  OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE
  RESULT_VARIABLE failed ERROR_QUIET)
if(failed)
  set(commit unknown)
endif()
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT
     "#pragma once\n#define INTERLEAVE_GIT_COMMIT \"${commit}\"\n")
