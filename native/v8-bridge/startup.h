// What every isolate of the process starts from: the web layer's bundle, as a V8 startup snapshot where
// that works (Node 22 and later), else as a script with a code cache.
//
// Made once, on the first shard that creates an isolate (about 20 ms), and kept on disk in the cache
// folder for later processes. A file is only used when V8's version, its flags, the bundle and the file's
// own checksum all agree; anything else is ignored and made anew. Lives until the process ends.
#pragma once

#include <v8.h>

#include <string>
#include <vector>

namespace nano {

class Startup {
 public:
  // The name of the bundle in stack traces.
  static constexpr const char* kBundleName = "nano:web";

  // Node thread; the first call counts. `cache_folder` may be empty.
  static void Configure(std::string bundle, std::string bundle_hash, std::string cache_folder);
  static bool IsConfigured();
  // Any shard thread; makes or loads the snapshot or code cache at first use. Throws nothing; null with
  // `error` set when the bundle itself does not run.
  static const Startup* Get(std::string* error);
  // What a snapshot or code cache is valid for: V8's version and flags.
  static std::string CacheTag();

  // Null when isolates start from the script.
  const v8::StartupData* blob() const { return blob_.data == nullptr ? nullptr : &blob_; }
  const intptr_t* external_references() const { return references_.data(); }

  // A context for the bundle. Its global has an immutable prototype, an object of its own, as WebIDL asks of
  // global objects. Contexts from the snapshot get that from there.
  static v8::Local<v8::Context> NewContext(v8::Isolate* isolate);

  // Puts the web layer into a fresh context of the current realm: the hooks of the snapshot that the
  // context came from, or the bundle evaluated now. False when JavaScript threw.
  bool SetUp(v8::Local<v8::Context> context) const;

  // An isolate made from the snapshot did not behave: later ones start from the script. Any thread.
  static void AbandonSnapshot();

 private:
  Startup() = default;

  bool MakeSnapshot(std::string* error);
  bool MakeCodeCache(std::string* error);

  std::vector<intptr_t> references_;
  std::string blob_bytes_;
  v8::StartupData blob_ = {nullptr, 0};
  std::string code_cache_;
};

}  // namespace nano
