#pragma once
// For tests: the root of the checkout that they were built from, where their fixtures lie. Defined
// in a file of its own that the build makes (cmake/source_dir.cc.in), so that no other object
// depends on where the checkout lies and compiled objects can be shared between checkouts.

namespace fairway::base {

extern const char* const kSourceDir;

}  // namespace fairway::base
