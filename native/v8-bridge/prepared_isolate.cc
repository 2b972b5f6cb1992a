#include "prepared_isolate.h"

#include <utility>

#include "builder_realm.h"
#include "strings.h"

namespace nano {

using v8::Context;
using v8::HandleScope;
using v8::Isolate;
using v8::Local;

PreparedIsolate::PreparedIsolate(uint64_t memory_limit)
    : account(nano_account_create(memory_limit)),
      holder(std::make_unique<IsolateHolder>(account)),
      memory_limit_(memory_limit) {}

PreparedIsolate::~PreparedIsolate() {
  if (holder != nullptr) {
    holder->Lock();
    context.Reset();
    hooks = {};
    holder.reset();
  }
  if (account != nullptr) nano_account_release(account);
}

std::unique_ptr<PreparedIsolate> PreparedIsolate::Make(Startup* startup, uint64_t memory_limit, std::string* error) {
  std::unique_ptr<PreparedIsolate> made(new PreparedIsolate(memory_limit));
  made->holder->Initialize(memory_limit, startup->blob(), startup->external_references());
  made->holder->Lock();
  const bool ready = made->SetUp(startup, error);
  made->holder->Unlock();
  return ready ? std::move(made) : nullptr;
}

bool PreparedIsolate::SetUp(Startup* startup, std::string* error) {
  Isolate* isolate = holder->isolate();
  Isolate::Scope isolate_scope(isolate);
  HandleScope scope(isolate);
  BuilderRealm realm(account, BuilderRealm::Ops::kNone);
  BuilderRealm::CurrentScope current(&realm);
  realm.Attach(isolate);
  isolate->AddNearHeapLimitCallback(OnNearHeapLimit, this);
  Local<Context> local = startup->blob() == nullptr ? Startup::NewContext(isolate) : Context::New(isolate);
  Context::Scope context_scope(local);
  v8::TryCatch caught(isolate);
  bool ready = startup->SetUp(local);
  if (ready && !realm.hooks().begin.IsEmpty()) {
    // What cannot be in a snapshot: V8 makes WebAssembly only in a context that has left it.
    ready = !realm.hooks().begin.Get(isolate)->Call(local, v8::Undefined(isolate), 0, nullptr).IsEmpty();
  }
  if (!ready) *error = caught.HasCaught() ? Utf8(isolate, caught.Exception()) : "The web globals do not work";
  context.Reset(isolate, local);
  hooks = realm.TakeHooks();
  realm.Reset();
  return ready;
}

size_t PreparedIsolate::OnNearHeapLimit(void* data, size_t current, size_t) {
  static_cast<PreparedIsolate*>(data)->is_over_limit_ = true;
  return current + kHeapLimitReserve;
}

bool PreparedIsolate::Claim() {
  holder->Lock();
  Isolate::Scope isolate_scope(holder->isolate());
  holder->isolate()->RemoveNearHeapLimitCallback(OnNearHeapLimit, memory_limit_);
  return !is_over_limit_;
}

}  // namespace nano
