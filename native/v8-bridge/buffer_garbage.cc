#include "buffer_garbage.h"

#include <algorithm>

namespace nano {

namespace {

// Allocating makes V8 look at what the young buffers hold; one byte is enough.
constexpr size_t kGivenBytesBetweenAllocations = 4 << 20;

constexpr size_t kBytesPerYoungByte = 8;
constexpr size_t kYoungBytesMax = 256 << 10;
constexpr size_t kYoungArrayBytesMax = 64 << 10;

void FillYoungGeneration(v8::Isolate* isolate, size_t length) {
  size_t left = std::min(length / kBytesPerYoungByte, kYoungBytesMax);
  while (left >= sizeof(void*)) {
    const size_t bytes = std::min(left, kYoungArrayBytesMax);
    v8::HandleScope scope(isolate);
    v8::Array::New(isolate, static_cast<int>(bytes / sizeof(void*)));
    left -= bytes;
  }
}

}  // namespace

void BufferGarbage::OnGiven(v8::Isolate* isolate, size_t length) {
  FillYoungGeneration(isolate, length);
  given_bytes_ += length;
  if (given_bytes_ < kGivenBytesBetweenAllocations) return;
  given_bytes_ = 0;
  v8::ArrayBuffer::NewBackingStore(isolate, 1);
}

void BufferGarbage::OnKept(v8::Isolate* isolate, const void* data, size_t length) {
  if (std::find(kept_.begin(), kept_.end(), data) != kept_.end()) return;
  kept_[next_kept_] = data;
  next_kept_ = (next_kept_ + 1) % kept_.size();
  FillYoungGeneration(isolate, length);
}

}  // namespace nano
