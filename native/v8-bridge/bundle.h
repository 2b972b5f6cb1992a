// The isolates' bundle (scripts/build/isolate-bundle.mjs): its parts, as texts that all isolates share.
//
// Never destroyed: isolates and blobs refer to the texts. Read-only after construction; any thread.
#pragma once

#include <v8.h>

#include <string>
#include <vector>

namespace nano {

class Bundle {
 public:
  // The name of every part in stack traces.
  static constexpr const char* kName = "nano:web";

  explicit Bundle(const std::string& text);

  // Strings that refer to the texts are one-byte, which is Latin-1, and the bundle is UTF-8: they agree on ASCII (and
  // the build writes nothing else).
  bool IsAscii() const;
  size_t parts() const { return texts_.size(); }
  // Compiles a part, with its code cache unless that is empty.
  v8::MaybeLocal<v8::UnboundScript> Compile(v8::Isolate* isolate, size_t part, const std::string& code_cache) const;
  // What a snapshot refers to: the text of part 0, the only one that is evaluated in it.
  void AddReferences(std::vector<intptr_t>* references) const;

 private:
  class Text;

  // Owned, for ever.
  std::vector<Text*> texts_;
};

}  // namespace nano
