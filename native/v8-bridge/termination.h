// Ends what an isolate runs, and evaluates its modules, in ways that faults of V8 (quirks.h) do not turn into the process's end.
#pragma once

#include <v8.h>

namespace nano {

// Ends the script that the isolate runs, now or when V8 looks for interrupts the next time. One call may not be enough: repeat it
// until the script has ended. Any thread, while the isolate is there. `put_off` is the isolate's; it begins with 0.
void RequestTermination(v8::Isolate* isolate, int* put_off);

// Module::Evaluate, on the isolate's thread. Throws where V8 could not go on.
v8::MaybeLocal<v8::Value> EvaluateModule(v8::Local<v8::Context> context, v8::Local<v8::Module> module);

}  // namespace nano
