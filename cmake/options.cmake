# Language, warnings and the sanitizer-independent settings that every target shares.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE OFF)
option(FAIRWAY_FUZZ "build every *_fuzz.cc with libFuzzer (clang only)" OFF)
option(FAIRWAY_TCMALLOC "link tcmalloc into the binary (not with sanitizers)" OFF)
option(FAIRWAY_BENCH "build every *_bench.cc with google-benchmark" OFF)

# A designated initialiser leaves the rest at its default: that is how options are written here.
add_compile_options(-Wall -Wextra -Wno-missing-field-initializers -Wshadow -Wnon-virtual-dtor
                    -Woverloaded-virtual -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports these inside its own library when it inlines; clang-tidy and the sanitizers judge.
  add_compile_options(-Wno-maybe-uninitialized -Wno-dangling-pointer -Wno-stringop-overflow
                      -Wno-array-bounds -Wno-restrict -Wno-stringop-overread)
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

find_package(Threads REQUIRED)
find_package(GTest REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
enable_testing()

# Third parties by the short name that a module's USES gives. Only the wrapping module names one.
add_library(use_threads INTERFACE)
target_link_libraries(use_threads INTERFACE Threads::Threads)
# Boost.Beast is headers alone; it judges our parser in tests and never reaches the binary.
add_library(use_beast INTERFACE)
add_library(use_nghttp2 INTERFACE)
target_link_libraries(use_nghttp2 INTERFACE nghttp2)
add_library(use_simdjson INTERFACE)
target_link_libraries(use_simdjson INTERFACE simdjson)
add_library(use_yaml-cpp INTERFACE)
target_link_libraries(use_yaml-cpp INTERFACE yaml-cpp)
add_library(use_xxhash INTERFACE)
target_link_libraries(use_xxhash INTERFACE xxhash)
# Debian builds spdlog as a library, against the system's fmt.
add_library(use_spdlog INTERFACE)
target_compile_definitions(use_spdlog INTERFACE SPDLOG_COMPILED_LIB SPDLOG_FMT_EXTERNAL)
target_link_libraries(use_spdlog INTERFACE spdlog fmt)
add_library(use_openssl INTERFACE)
target_link_libraries(use_openssl INTERFACE OpenSSL::SSL OpenSSL::Crypto)
