// The one binary: what it does is the subcommand's.

#include <cstdio>
#include <variant>

#include "apps/check.h"
#include "apps/command_line.h"
#include "apps/load.h"
#include "apps/serve.h"
#include "apps/sim.h"

namespace fairway::apps {
namespace {

struct Run {
  int operator()(const Leave& leave) const {
    std::fputs(leave.text.c_str(), leave.exit_code == 0 ? stdout : stderr);
    return leave.exit_code;
  }
  int operator()(const ServeFlags& flags) const { return RunServe(flags); }
  int operator()(const CheckFlags& flags) const { return RunCheck(flags); }
  int operator()(const SimFlags& flags) const { return RunSim(flags); }
  int operator()(const LoadFlags& flags) const { return RunLoad(flags); }
};

}  // namespace
}  // namespace fairway::apps

int main(int argc, char** argv) {
  return std::visit(fairway::apps::Run{}, fairway::apps::ParseCommandLine(argc, argv));
}
