# rankpool_add_test(pool/pool_test [RANKS 1 2 4 8] [WORKERS_PER_RANK 3] [TIMEOUT 60] [LABELS word ...]
#                   [LIBRARIES target ...] [SOURCES file ...] [MPIRUN_OPTIONS word ...])
#
# Builds tests/pool/pool_test.cpp (and SOURCES, seen from tests/) once. Without RANKS it is run as it is, as the
# CTest test `pool_test`; with RANKS by mpirun at each number of ranks, as `pool_test.1ranks`, `pool_test.2ranks`, ...;
# then the tests run in the main worker of rankpool::run; 0 is without mpirun, as `pool_test.alone`. With WORKERS_PER_RANK they run once more that way, as
# `pool_test.2ranks.3workers`. A test that takes longer than TIMEOUT seconds has failed. Each has its room, here `pool`,
# as a label.
function(rankpool_add_test path)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT;WORKERS_PER_RANK" "RANKS;LABELS;LIBRARIES;SOURCES;MPIRUN_OPTIONS")
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  cmake_path(GET path FILENAME name)
  cmake_path(GET path PARENT_PATH room)
  list(TRANSFORM arg_SOURCES PREPEND ${PROJECT_SOURCE_DIR}/tests/)
  add_executable(${name} ${PROJECT_SOURCE_DIR}/tests/${path}.cpp ${arg_SOURCES})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests/${room})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE rankpool::rankpool rankpool_warnings GTest::gmock ${arg_LIBRARIES})
  if(arg_RANKS)
    target_precompile_headers(${name} REUSE_FROM rankpool_test_main)
    target_link_libraries(${name} PRIVATE rankpool_test_main)
  else()
    target_link_libraries(${name} PRIVATE GTest::gtest_main)
    add_test(NAME ${name} COMMAND ${name})
    rankpool_test_properties(${name} 1 ${arg_TIMEOUT} ${room} ${arg_LABELS})
    # Without MPI, what leaks is ours.
    set_property(TEST ${name} APPEND PROPERTY ENVIRONMENT ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1)
  endif()
  foreach(ranks IN LISTS arg_RANKS)
    if(ranks EQUAL 0)
      add_test(NAME ${name}.alone COMMAND ${name})
      rankpool_test_properties(${name}.alone 1 ${arg_TIMEOUT} ${room} ${arg_LABELS})
      continue()
    endif()
    set(test ${name}.${ranks}ranks)
    add_test(NAME ${test} COMMAND ${RANKPOOL_MPIRUN} ${arg_MPIRUN_OPTIONS} -np ${ranks} $<TARGET_FILE:${name}>)
    rankpool_test_properties(${test} ${ranks} ${arg_TIMEOUT} ${room} ${arg_LABELS})
    if(arg_WORKERS_PER_RANK)
      set(test ${test}.${arg_WORKERS_PER_RANK}workers)
      add_test(NAME ${test} COMMAND ${RANKPOOL_MPIRUN} ${arg_MPIRUN_OPTIONS} -np ${ranks} $<TARGET_FILE:${name}>)
      rankpool_test_properties(${test} ${ranks} ${arg_TIMEOUT} ${room} ${arg_LABELS})
      set_property(TEST ${test} APPEND PROPERTY ENVIRONMENT RANKPOOL_WORKERS_PER_RANK=${arg_WORKERS_PER_RANK})
    endif()
  endforeach()
endfunction()

# rankpool_test_properties(test ranks seconds label ...): what every test has.
function(rankpool_test_properties test ranks seconds)
  # Ranks wait most of the time: scripts/test runs two of these at once for each core, first those that take long.
  math(EXPR processors "(${ranks} + 1) / 2")
  math(EXPR timeout "${seconds} * ${RANKPOOL_TEST_TIMEOUT_FACTOR}")
  set_tests_properties(
    ${test}
    PROPERTIES TIMEOUT ${timeout}
               PROCESSORS ${processors}
               COST ${seconds}
               LABELS "${ARGN}"
               ENVIRONMENT "${RANKPOOL_TEST_ENVIRONMENT}")
endfunction()
