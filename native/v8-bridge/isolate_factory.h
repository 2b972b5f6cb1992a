// Makes and disposes the V8 isolates of the shards.
#pragma once

#include <v8.h>

#include <memory>
#include <optional>

#include "core.gen.h"
#include "task_queue.h"

namespace nano {

// The isolates' ArrayBuffer memory: the core's allocator, charged to one account, null past its limit.
// Held by V8 through a shared pointer, because buffers may outlive their isolate. Thread-safe.
class BufferAllocator final : public v8::ArrayBuffer::Allocator {
 public:
  explicit BufferAllocator(NanoAccount* account) : account_(account) { nano_account_retain(account); }
  ~BufferAllocator() override { nano_account_release(account_); }

  void* Allocate(size_t length) override { return nano_buffer_alloc(account_, length, true); }
  void* AllocateUninitialized(size_t length) override { return nano_buffer_alloc(account_, length, false); }
  void Free(void* data, size_t length) override {
    if (data != nullptr) nano_buffer_free(account_, static_cast<uint8_t*>(data), length);
  }

 private:
  NanoAccount* account_;
};

// Room that V8 gets when it reaches the heap limit, so that the isolate can be stopped in an orderly way.
constexpr size_t kHeapLimitReserve = size_t{1} << 30;

// A V8 isolate with what must live as long as it does. One thread at a time; one that goes from thread to thread is used under
// its lock.
class IsolateHolder {
 public:
  explicit IsolateHolder(NanoAccount* account);
  ~IsolateHolder();
  IsolateHolder(const IsolateHolder&) = delete;
  IsolateHolder& operator=(const IsolateHolder&) = delete;

  // Starts the isolate from a snapshot (or V8's own for a null blob). `heap_limit` in bytes, 0 for V8's default.
  // Not for an isolate that a SnapshotCreator initialises.
  void Initialize(uint64_t heap_limit, const v8::StartupData* blob, const intptr_t* external_references);

  // Takes V8's lock for the calling thread, for which V8 sets the isolate up anew; once per thread.
  void Lock() { lock_.emplace(isolate_); }
  // On the thread that has it. Destruction does so as well.
  void Unlock() { lock_.reset(); }

  v8::Isolate* isolate() const { return isolate_; }
  TaskQueue* tasks() const { return tasks_.get(); }
  const std::shared_ptr<BufferAllocator>& allocator() const { return allocator_; }

 private:
  std::shared_ptr<BufferAllocator> allocator_;
  std::shared_ptr<TaskQueue> tasks_;
  PlatformDelegate delegate_;
  v8::Isolate* isolate_;
  std::optional<v8::Locker> lock_;
};

// Node's platform, which knows all isolates of the process. Set on the Node thread before any isolate.
void SetPlatform(node::MultiIsolatePlatform* platform);
node::MultiIsolatePlatform* Platform();

}  // namespace nano
