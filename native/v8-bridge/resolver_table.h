// The promises of a realm that wait for an answer, by number. On the realm's thread.
#pragma once

#include <v8.h>

#include <cstdint>
#include <vector>

namespace nano {

class ResolverTable {
 public:
  // The slot is free again once it is taken.
  uint32_t Add(v8::Isolate* isolate, v8::Local<v8::Promise::Resolver> resolver) {
    if (free_slots_.empty()) {
      resolvers_.emplace_back(isolate, resolver);
      return static_cast<uint32_t>(resolvers_.size() - 1);
    }
    const uint32_t slot = free_slots_.back();
    free_slots_.pop_back();
    resolvers_[slot].Reset(isolate, resolver);
    return slot;
  }

  v8::Local<v8::Promise::Resolver> Take(v8::Isolate* isolate, uint32_t slot) {
    v8::Local<v8::Promise::Resolver> resolver = resolvers_[slot].Get(isolate);
    resolvers_[slot].Reset();
    free_slots_.push_back(slot);
    return resolver;
  }

  void Clear() {
    resolvers_.clear();
    free_slots_.clear();
  }

  // How many wait.
  size_t size() const { return resolvers_.size() - free_slots_.size(); }

 private:
  std::vector<v8::Global<v8::Promise::Resolver>> resolvers_;
  std::vector<uint32_t> free_slots_;
};

}  // namespace nano
