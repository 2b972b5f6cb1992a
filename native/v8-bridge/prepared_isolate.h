// A V8 isolate with every web global in place that is no realm's yet.
//
// Threads: made on one thread, and handed over to another, which takes what it wants of the members; only one at a time. V8 is told
// by its lock (IsolateHolder::Lock), which the new thread takes before anything else.
// Ownership: what nobody took is freed with it, on any thread.
#pragma once

#include <v8.h>

#include <cstdint>
#include <memory>
#include <string>

#include "isolate_factory.h"
#include "realm.h"
#include "startup.h"

namespace nano {

class PreparedIsolate {
 public:
  // Null with `error` set when the web layer does not work in it.
  static std::unique_ptr<PreparedIsolate> Make(Startup* startup, uint64_t memory_limit, std::string* error);

  ~PreparedIsolate();
  PreparedIsolate(const PreparedIsolate&) = delete;
  PreparedIsolate& operator=(const PreparedIsolate&) = delete;

  // Takes V8's lock for the calling thread. False when making it took more memory than its limit.
  bool Claim();

  // Retained. Buffers and heap that the isolate has are charged to it.
  NanoAccount* account;
  std::unique_ptr<IsolateHolder> holder;
  v8::Global<v8::Context> context;
  Hooks hooks;

 private:
  explicit PreparedIsolate(uint64_t memory_limit);

  bool SetUp(Startup* startup, std::string* error);
  static size_t OnNearHeapLimit(void* data, size_t current, size_t initial);

  const uint64_t memory_limit_;
  bool is_over_limit_ = false;
};

}  // namespace nano
