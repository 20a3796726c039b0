# The tests that are not unit tests: the house rules, and the heavy tiers. A heavy tier runs only under
# `ctest -C tiers`, alone, and after the rest; `./dev test --all` asks for them. tools/tiers.py says what each
# runs and how long it takes; status 77 is "cannot run here".
find_package(Python3 3.11 REQUIRED COMPONENTS Interpreter)
set(FAIRWAY_TOOLS ${CMAKE_SOURCE_DIR}/tools)

add_test(NAME house.rules COMMAND ${Python3_EXECUTABLE} ${FAIRWAY_TOOLS}/check.py)
add_test(NAME house.tools
         COMMAND ${Python3_EXECUTABLE} -m unittest discover -s ${FAIRWAY_TOOLS} -p *_test.py)
set_tests_properties(house.rules house.tools PROPERTIES LABELS house TIMEOUT 60)

# In the order in which they are to run: the quick ones first.
set(previous house.rules)
foreach(tier format demo client judges packages asan tsan vllm)
  add_test(NAME tier.${tier} CONFIGURATIONS tiers
           COMMAND ${Python3_EXECUTABLE} ${FAIRWAY_TOOLS}/tiers.py ${tier})
  set_tests_properties(tier.${tier} PROPERTIES LABELS ${tier} SKIP_RETURN_CODE 77 RUN_SERIAL ON
                       COST -1 DEPENDS ${previous} TIMEOUT 4500)
  set(previous tier.${tier})
endforeach()
