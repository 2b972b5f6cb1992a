#include "isolate_factory.h"

namespace nano {

namespace {

node::MultiIsolatePlatform* g_platform = nullptr;

}  // namespace

void SetPlatform(node::MultiIsolatePlatform* platform) { g_platform = platform; }

node::MultiIsolatePlatform* Platform() { return g_platform; }

IsolateHolder::IsolateHolder(NanoAccount* account)
    : allocator_(std::make_shared<BufferAllocator>(account)),
      tasks_(std::make_shared<TaskQueue>()),
      delegate_(tasks_),
      isolate_(v8::Isolate::Allocate()) {
  g_platform->RegisterIsolate(isolate_, &delegate_);
}

IsolateHolder::~IsolateHolder() {
  tasks_->Close();
  Unlock();
  quirks::DisposeIsolate(g_platform, isolate_);
}

void IsolateHolder::Initialize(uint64_t heap_limit, const v8::StartupData* blob, const intptr_t* external_references) {
  v8::Isolate::CreateParams params;
  params.array_buffer_allocator_shared = allocator_;
  params.snapshot_blob = blob;
  params.external_references = external_references;
  // Only the old generation is limited: a smaller young generation costs far more time than it saves memory.
  if (heap_limit > 0) params.constraints.set_max_old_generation_size_in_bytes(heap_limit);
  v8::Isolate::Initialize(isolate_, params);
  isolate_->SetMicrotasksPolicy(v8::MicrotasksPolicy::kExplicit);
  // A shard's thread must not sleep in Atomics.wait: other isolates live there.
  isolate_->SetAllowAtomicsWait(false);
}

}  // namespace nano
