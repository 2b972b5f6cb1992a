// What every isolate of the process starts from: part 0 of the web layer's bundle, as a V8 startup snapshot where
// that works (Node 22 and later), else as a script with a code cache; and code caches of the parts that a script may
// load later.
//
// Made once, on the first shard that creates an isolate (about 60 ms), and kept on disk in the cache
// folder for later processes. A file is only used when V8's version, its flags, the bundle and the file's
// own checksum all agree; anything else is ignored and made anew. Lives until the process ends.
#pragma once

#include <v8.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace nano {

class Startup {
 public:
  // Node thread; the first call counts. The bundle is read when the first isolate is made. `cache_folder` may be empty.
  static void Configure(std::string bundle_path, std::string bundle_hash, std::string cache_folder);
  static bool IsConfigured();
  // Any shard thread; makes or loads the snapshot or code cache at first use. Throws nothing; null with
  // `error` set when the bundle itself does not run.
  static Startup* Get(std::string* error);
  // Any thread; null when it is not loaded and cannot be: the web layer's ops, which making one calls, belong to a shard.
  static Startup* Load();
  // What a snapshot or code cache is valid for: V8's version and flags.
  static std::string CacheTag();

  // Null when isolates start from the script.
  const v8::StartupData* blob() const { return blob_.data == nullptr ? nullptr : &blob_; }
  const intptr_t* external_references() const { return references_.data(); }

  // A context for the bundle. Its global has an immutable prototype, an object of its own, as WebIDL asks of
  // global objects. Contexts from the snapshot get that from there.
  static v8::Local<v8::Context> NewContext(v8::Isolate* isolate);

  // Puts the web layer into a fresh context of the current realm: the hooks of the snapshot that the
  // context came from, or part 0 evaluated now. False when JavaScript threw.
  bool SetUp(v8::Local<v8::Context> context);

  // The function that a part of the bundle is (src-ts/realm/groups-isolate.ts). Shard thread, in an isolate's context.
  static v8::MaybeLocal<v8::Function> CompilePart(v8::Local<v8::Context> context, size_t part);

  // An isolate made from the snapshot did not behave: later ones start from the script. Any thread.
  static void AbandonSnapshot();

 private:
  Startup() = default;

  // These three, and what makes one, under the lock.
  static bool ReadBundle(std::string* error);
  static Startup* Usable();
  static Startup* Keep(std::unique_ptr<Startup> startup);
  static std::unique_ptr<Startup> Begin(std::string* error);
  bool ReadSnapshot();
  bool MakeSnapshot(std::string* error);
  bool MakeCode(std::string* error);
  const char* code_kind() const;
  void ReadCode();
  const std::string& CodeOf(size_t part);

  std::vector<intptr_t> references_;
  std::string blob_bytes_;
  v8::StartupData blob_ = {nullptr, 0};
  // The blob was made by this process, not read.
  bool made_blob_ = false;
  std::once_flag code_read_;
  // Code caches by part; empty when there are none. Not changed after code_read_ and MakeCode.
  std::vector<std::string> code_;
};

}  // namespace nano
