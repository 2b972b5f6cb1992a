#include "builder_realm.h"

namespace nano {

BuilderRealm::BuilderRealm(NanoAccount* account, Ops ops) {
  account_ = account;
  if (ops == Ops::kNone) return;
  NanoRealmHooks hooks = {};
  hooks.turn = hooks.wake = hooks.unpin = [](void*) {};
  hooks.output = [](void*, uint32_t, const uint8_t*, size_t) {};
  native_ = nano_realm_create(NanoRealmKind::kIsolate, &hooks, account, nullptr);
}

BuilderRealm::~BuilderRealm() {
  if (native_ != nullptr) nano_realm_close(native_);
}

void BuilderRealm::SetHooks(v8::Local<v8::Context> context, v8::Local<v8::Object> hooks) {
  Realm::SetHooks(context, hooks);
  hooks_object_.Reset(isolate_, hooks);
}

void BuilderRealm::Reset() {
  hooks_object_.Reset();
  ResetHandles();
}

}  // namespace nano
