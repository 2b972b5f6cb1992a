// The one binding of the op table: a trampoline for all ops, installed into a context as functions.
#pragma once

#include <v8.h>

#include <vector>

namespace nano {

// An object with a function for every op. The functions find their realm by `Realm::Current()`.
v8::Local<v8::Object> MakeOps(v8::Local<v8::Context> context);

// Adds the trampoline's address to a snapshot's external references.
void AddOpReferences(std::vector<intptr_t>* references);

}  // namespace nano
