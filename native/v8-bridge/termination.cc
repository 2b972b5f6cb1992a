#include "termination.h"

#include <limits>
#include <utility>

#include "quirks.h"
#include "realm.h"
#include "strings.h"

namespace nano {

using v8::HandleScope;
using v8::Isolate;
using v8::Local;
using v8::Value;

namespace {

// Frames of scripts below the evaluation that this thread is in: those that called import().
thread_local int t_frames_below = 0;

int ScriptFrames(Isolate* isolate, int at_most) {
  HandleScope scope(isolate);
  return v8::StackTrace::CurrentStackTrace(isolate, at_most)->GetFrameCount();
}

// True while V8 is at work between two modules of a graph, in Evaluate or in a microtask: no script runs then. False positives:
// built-ins that a microtask calls.
bool IsBetweenModules(Isolate* isolate) { return ScriptFrames(isolate, t_frames_below + 1) <= t_frames_below; }

// How many times a termination is put off until a script runs, so that a built-in that never ends is ended too.
constexpr int kPutOffMax = 50;

void TerminateScript(Isolate* isolate, void* data) {
  int* put_off = static_cast<int*>(data);
  if (IsBetweenModules(isolate) && ++*put_off <= kPutOffMax) return;
  isolate->TerminateExecution();
}

class EvaluationScope {
 public:
  explicit EvaluationScope(Isolate* isolate)
      : outer_(std::exchange(t_frames_below, ScriptFrames(isolate, std::numeric_limits<int>::max() - 1))) {}
  ~EvaluationScope() { t_frames_below = outer_; }

  EvaluationScope(const EvaluationScope&) = delete;
  EvaluationScope& operator=(const EvaluationScope&) = delete;

 private:
  const int outer_;
};

bool PinSpecies(Local<v8::Context> context) {
  Isolate* isolate = Isolate::GetCurrent();
  v8::TryCatch caught(isolate);
  Local<Value> pinned;
  return Realm::Current()->hooks().pin_species.Get(isolate)->Call(context, v8::Undefined(isolate), 0, nullptr).ToLocal(&pinned) &&
         pinned->IsTrue();
}

}  // namespace

void RequestTermination(Isolate* isolate, int* put_off) {
  if constexpr (!quirks::kTerminationBetweenModulesCrashes) {
    isolate->TerminateExecution();
  } else {
    // Not looked at here, even on the isolate's thread: in a garbage collection the stack cannot be read.
    isolate->RequestInterrupt(TerminateScript, put_off);
  }
}

v8::MaybeLocal<Value> EvaluateModule(Local<v8::Context> context, Local<v8::Module> module) {
  Isolate* isolate = Isolate::GetCurrent();
  if (quirks::kSpeciesBetweenModulesCrashes && module->IsGraphAsync() && !PinSpecies(context)) {
    isolate->ThrowException(v8::Exception::TypeError(
        String(isolate, "Promise.prototype.constructor or Promise[Symbol.species] was changed: this V8 cannot evaluate a module "
                        "with a top-level await then; leave them as they are, or use Node 26")));
    return {};
  }
  if constexpr (quirks::kTerminationBetweenModulesCrashes) {
    EvaluationScope scope(isolate);
    return module->Evaluate(context);
  }
  return module->Evaluate(context);
}

}  // namespace nano
