// Has V8's collector look at buffers that became garbage.
//
// Memory that V8 did not allocate itself never makes it run its young generation's collector, so such buffers add up to
// V8's limit for all external memory. That limit is twice the most that the young generation may grow to: 64 MiB in V8 14,
// where a full collection for external memory comes first, and later. So the bytes count in the young generation itself,
// which is small while little survives in it: a part of them is allocated there, and is garbage at once.
//
// Part of a realm; its thread only.
#pragma once

#include <v8.h>

#include <array>
#include <cstddef>

namespace nano {

class BufferGarbage {
 public:
  // JavaScript is given a buffer of the core's.
  void OnGiven(v8::Isolate* isolate, size_t length);
  // An op keeps a buffer of JavaScript's. A script that gives away buffers makes more of them, and what it made is often
  // garbage once the op is done; but one that comes again and again is no new one.
  void OnKept(v8::Isolate* isolate, const void* data, size_t length);

 private:
  size_t given_bytes_ = 0;
  // The last ones that were kept, by where their bytes are.
  std::array<const void*, 16> kept_ = {};
  size_t next_kept_ = 0;
};

}  // namespace nano
