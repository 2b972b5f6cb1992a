// The realm of an isolate that is being made: the web layer is evaluated or restored in it, no script of anybody runs.
//
// Threads: that of its maker. Owns its native half, if it has one; the account is its maker's.
#pragma once

#include <v8.h>

#include <utility>

#include "realm.h"

namespace nano {

class BuilderRealm final : public Realm {
 public:
  enum class Ops {
    // An op throws; any thread.
    kNone,
    // Ops work, nothing waits for an event. A shard's thread.
    kSync,
  };

  BuilderRealm(NanoAccount* account, Ops ops);
  ~BuilderRealm() override;

  bool IsHost() const override { return false; }
  void FailRealm(v8::Local<v8::Context>, v8::Local<v8::Value>) override {}
  void Exit(int) override {}
  void SetHooks(v8::Local<v8::Context> context, v8::Local<v8::Object> hooks) override;

  void Attach(v8::Isolate* isolate) { isolate_ = isolate; }
  v8::Local<v8::Object> hooks_object() { return hooks_object_.Get(isolate_); }
  Hooks TakeHooks() { return std::exchange(hooks_, {}); }
  // Everything must be gone before a snapshot is taken, and before the isolate goes.
  void Reset();

  using Realm::CurrentScope;

 private:
  v8::Global<v8::Object> hooks_object_;
};

}  // namespace nano
