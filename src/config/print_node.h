#pragma once
// A Node as YAML again, comments and anchors gone: to show what was read.

#include <string>

#include "config/node.h"

namespace fairway::config {

// A document; ends with a line break.
std::string PrintNode(const Node& node);

// A YAML scalar, in double quotes, that reads back as this text.
std::string QuotedYaml(std::string_view text);

}  // namespace fairway::config
