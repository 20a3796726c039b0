#pragma once
// The profiles that come with the program, as the YAML a user would write: printed by
// `fairway sim --print-profile`, to be copied and changed. Each figure names its source, or how it
// is derived.

#include <optional>
#include <span>
#include <string_view>

namespace fairway::modelsim {

struct LibraryProfile {
  std::string_view name;
  std::string_view yaml;
};

std::span<const LibraryProfile> ProfileLibrary();

// nullopt if there is none of that name.
std::optional<std::string_view> LibraryYaml(std::string_view name);

}  // namespace fairway::modelsim
