#pragma once
// Schema: the fields of a configuration, described once and used three times: to read a document
// into variables, to print the variables as a document, and to write the reference. Whoever owns
// the variables writes one function that names each field in order:
//
//   void Describe(Schema& schema, Limits& limits) {
//     schema.Bytes({"bodyBytes", "Of a request; more is 413.", "--max-body-bytes"},
//                  limits.body_bytes);
//     schema.Count({"connections", "From clients, a worker."}, limits.connections, {1, 1e6});
//   }
//
// and hands it to ReadAs, PrintAs or ReferenceOf. A variable's value before reading is the default.

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "config/node.h"

namespace fairway::config {

// What is told of a field.
struct About {
  std::string_view name;       // its key
  std::string_view doc;        // a sentence
  std::string_view flag = {};  // of the command line that says the same; empty: none
};

class Schema {
 public:
  virtual ~Schema() = default;

  virtual void Text(const About& about, std::string& value) = 0;
  virtual void Texts(const About& about, std::vector<std::string>& value) = 0;
  virtual void Switch(const About& about, bool& value) = 0;
  virtual void Count(const About& about, size_t& value, Within bounds) = 0;
  virtual void Number(const About& about, double& value, Within bounds) = 0;
  virtual void Bytes(const About& about, size_t& value) = 0;
  virtual void Time(const About& about, base::Duration& value) = 0;

  // A text with a form of its own, or one of a few words.
  struct Form {
    std::string_view name;                               // of the form, for the reference
    std::string shown;                                   // the value now, as text
    std::function<base::Status(std::string_view)> take;  // kInvalid: what is wrong with it
  };
  virtual void Formed(const About& about, const Form& form) = 0;

  using Inside = std::function<void(Schema&)>;
  virtual void Map(const About& about, const Inside& inside) = 0;

  struct List {
    size_t size = 0;
    std::function<void(Schema&)> append;            // adds an item with its defaults, describes it
    std::function<void(size_t, Schema&)> describe;  // an item that is there
  };
  virtual void Maps(const About& about, const List& list) = 0;

  // A field that is known by name and not to be had: complained of if it is given.
  virtual void Refuse(std::string_view, std::string_view /*why*/) {}

  // Where the map stands that is being read; absent unless reading.
  virtual Node Here() const { return {}; }
  // A complaint about the map as a whole; it counts only when reading.
  virtual void Complain(base::Status) {}
};

// A field that holds a list of maps, each described by `describe(schema, item)`.
template <class T, class Describe>
void MapsOf(Schema& schema, const About& about, std::vector<T>& items, Describe describe) {
  schema.Maps(about, {.size = items.size(),
                      .append = [&](Schema& of) { describe(of, items.emplace_back()); },
                      .describe = [&](size_t i, Schema& of) { describe(of, items[i]); }});
}

// Reads the map at `node`; kInvalid with every complaint on a line of its own. A list that is given
// replaces what the variable held.
base::Status ReadAs(const Node& node, const Schema::Inside& describe);

// The variables as a YAML map, each line behind `indent` blanks.
std::string PrintAs(const Schema::Inside& describe, size_t indent = 0);

// Markdown: a table for each map. `title` heads the first; its maps follow under their paths.
std::string ReferenceOf(std::string_view title, const Schema::Inside& describe);

// What `describe` names, by path ("limits.bodyBytes") and flag.
struct NamedField {
  std::string path;
  std::string flag;
};
std::vector<NamedField> FieldsOf(const Schema::Inside& describe);

// Times and sizes as a document has them: "1.5s", "64MiB".
std::string ShowTime(base::Duration time);
std::string ShowBytes(size_t bytes);

}  // namespace fairway::config
