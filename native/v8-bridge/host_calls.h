// Calls of host functions: what a script calls and its maker's program runs (`functions` of Isolate.create).
//
// A call goes from the shard to the Node thread, its answer back, each as serialized values. HostCallQueue is what both
// threads share of them; HostCalls is the isolate's half: the global `host`, and the promises that wait.
#pragma once

#include <v8.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "realm.h"
#include "resolver_table.h"
#include "serializer.h"

namespace nano {

struct HostCall {
  // Of the promise that waits for the answer.
  uint32_t slot;
  // Index of the function.
  uint32_t function;
  std::unique_ptr<Serialized> arguments;
};

struct HostAnswer {
  // With kFailed the values are the error's kErrorFields, those of its cause and so on; perhaps a last cause that is no error.
  static constexpr size_t kErrorFields = 4;

  uint32_t slot;
  NanoHostAnswer kind;
  std::unique_ptr<Serialized> values;
};

// Any thread. Lives as long as the isolate's handle; what is in it when the isolate ends is freed by Close.
class HostCallQueue {
 public:
  // True when the host is to be told: it takes calls until there are none.
  bool PushCall(HostCall call);
  // What the host runs in one turn of its loop. `more` says whether it is to take others in its next.
  std::vector<HostCall> TakeCalls(bool* more);

  // True when the shard is to be told.
  bool PushAnswer(HostAnswer answer);
  std::vector<HostAnswer> TakeAnswers();

  // The isolate ends: nothing comes in or out any more.
  void Close();

 private:
  std::mutex lock_;
  bool closed_ = false;
  bool host_is_told_ = false;
  std::deque<HostCall> calls_;
  std::vector<HostAnswer> answers_;
};

// On the shard's thread, the isolate entered.
class HostCalls {
 public:
  // `tell_host` is called when the queue says so.
  HostCalls(Realm* realm, HostCallQueue* queue, std::vector<std::string> names, uint32_t waiting_max,
            std::function<void()> tell_host);

  // Defines `host`. False when that fails.
  bool Install(v8::Local<v8::Context> context);
  // One macrotask: the caller drains microtasks after it.
  void Settle(v8::Local<v8::Context> context, std::vector<HostAnswer> answers);
  // Forgets everything that refers to the isolate.
  void Clear() { resolvers_.Clear(); }

  // Calls without an answer.
  uint32_t waiting() const { return static_cast<uint32_t>(resolvers_.size()); }

 private:
  static void OnCall(const v8::FunctionCallbackInfo<v8::Value>& info);
  void Begin(v8::Local<v8::Context> context, uint32_t function, v8::Local<v8::Promise::Resolver> resolver,
             const std::vector<v8::Local<v8::Value>>& arguments);
  v8::Local<v8::Value> MakeThrown(v8::Local<v8::Context> context, const std::vector<v8::Local<v8::Value>>& values);

  Realm* realm_;
  HostCallQueue* queue_;
  const std::vector<std::string> names_;
  const uint32_t waiting_max_;
  const std::function<void()> tell_host_;
  ResolverTable resolvers_;
};

}  // namespace nano
