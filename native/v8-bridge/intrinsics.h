// What only V8 can do, as functions for the web layer (src-ts/internal/intrinsics.ts is their interface).
#pragma once

#include <v8.h>

#include <vector>

namespace nano {

// `realm_kind` is "host" or "isolate".
v8::Local<v8::Object> MakeIntrinsics(v8::Local<v8::Context> context, const char* realm_kind);

// Adds the callbacks' addresses to a snapshot's external references.
void AddIntrinsicReferences(std::vector<intptr_t>* references);

}  // namespace nano
