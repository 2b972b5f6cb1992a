// An isolate realm: a limited V8 isolate on a shard, the calls into it, and its end.
//
// Threads: everything runs on the shard thread. The Node side holds an IsolateHandle (isolate_handle.h) and posts closures to
// the shard that use `handle->realm` while it is not null.
// Life: made by `Create`; ends by `Shutdown`, which settles all calls, closes the native realm, disposes
// the isolate and deletes the object. It is never ended while its own JavaScript is on the stack.
#pragma once

#include <v8.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "failure.h"
#include "host_calls.h"
#include "isolate_factory.h"
#include "isolate_handle.h"
#include "mapped_memory.h"
#include "module_loader.h"
#include "prepared_isolate.h"
#include "realm.h"
#include "startup.h"

namespace nano {

struct IsolateOptions {
  uint64_t memory_limit = 0;
  double time_limit_ms = 0;
  // Isolates like this one that are made ahead.
  size_t spares_max = 0;
  // JSON, see src-ts/sdk/network-options.ts; "" for the defaults.
  std::string network;
  // What standard output and standard error are: src-ts/sdk/terminal.ts.
  uint32_t terminals[2] = {0, 0};
  // What the global `host` has.
  std::vector<std::string> host_functions;
  uint32_t host_calls_max = 0;
  bool has_cli = false;
  std::vector<std::string> cli_args;
  std::vector<std::pair<std::string, std::string>> cli_env;
};

// What an isolate asks of its maker. Called on the shard thread.
struct IsolateEvents {
  std::function<void(ModuleRequestMessage)> load_module;
  // There are calls in the handle's queue.
  std::function<void()> host_called;
  // Null: console output goes to the process's descriptors.
  std::function<void(uint32_t fd, std::string text)> output;
};

struct IsolateStats {
  uint64_t heap_used = 0;
  uint64_t heap_total = 0;
  uint64_t heap_limit = 0;
  uint64_t buffers = 0;
  double cpu_ms = 0;
  uint32_t handles = 0;
};

class IsolateRealm final : public Realm {
 public:
  // Null with `error` set when the isolate cannot be made.
  static IsolateRealm* Create(std::shared_ptr<IsolateHandle> handle, IsolateOptions options, IsolateEvents events,
                              std::string* error);

  // Evaluates the module graph at `url`; done when the script has finished.
  void Run(const std::string& url, CallDone done);
  // Evaluates a classic script; done when its completion value has settled.
  void Eval(const std::string& code, const std::string& filename, CallDone done);
  // Calls a function that the module run last exports; done when its result has settled.
  void CallExport(const std::string& name, Serialized* args, CallDone done);
  void ProvideModule(uint32_t request_id, ModuleAnswer answer);
  // Settles the promises of host calls that have an answer in the handle's queue.
  void SettleHostCalls();
  IsolateStats Stats();
  // One turn: V8's tasks, completions, timers.
  void Turn();
  // Ends the isolate; deletes this.
  void Shutdown(StopReason reason);

  bool IsHost() const override { return false; }
  bool IsStopping() const override { return handle_->stop_reason != StopReason::kNone; }
  void FailRealm(v8::Local<v8::Context> context, v8::Local<v8::Value> error) override;
  void QueueTask() override;
  bool AdmitMapped(const std::shared_ptr<v8::BackingStore>& store, uint64_t bytes) override;
  void Exit(int code) override;

  ModuleLoader* modules() { return &modules_; }
  HostCalls* host_calls() { return &host_calls_; }

 private:
  struct Call;
  class Entry;

  IsolateRealm(std::shared_ptr<IsolateHandle> handle, IsolateOptions options, IsolateEvents events);
  ~IsolateRealm() override;

  bool Initialize(std::string* error);
  bool Adopt(std::unique_ptr<PreparedIsolate> prepared, std::string* error);
  bool MakeNative();
  bool SelfCheck();
  bool InstallCli();
  bool InstallHost();
  bool Publish(std::string* error);
  void Abandon();
  // True while something can still make JavaScript run.
  bool IsAlive();

  // Runs `body` with the isolate entered, then microtasks, rejections and settled calls. May delete this.
  template <class Body>
  void Enter(Body body);
  void DrainMicrotasks(v8::Local<v8::Context> context);
  // Calls a hook, a macrotask each time, until it says that nothing more is due or others want their turn.
  void RunMacrotasks(v8::Local<v8::Context> context, const v8::Global<v8::Function>& hook, bool* more);
  void Report(v8::Local<v8::Context> context, v8::Local<v8::Value> error, v8::Local<v8::Message> message);

  // The call's result is what `value` resolves to.
  bool Await(v8::Local<v8::Context> context, Call* call, v8::Local<v8::Value> value);
  std::shared_ptr<Call> AddCall(CallDone done);
  void SettleCalls(v8::Local<v8::Context> context);
  bool TrySettle(v8::Local<v8::Context> context, Call* call);
  bool Settle(Call* call, CallResult result);
  CallResult Finished(v8::Local<v8::Context> context, Call* call, v8::Local<v8::Value> value);
  // `message` is what V8 said when the value was thrown; empty when that is not known.
  std::unique_ptr<Failure> MakeFailure(v8::Local<v8::Context> context, v8::Local<v8::Value> error, std::string code,
                                       v8::Local<v8::Message> message = {});
  bool IsDomException(v8::Local<v8::Context> context, v8::Local<v8::Value> error);
  bool SerializeExports(v8::Local<v8::Context> context, v8::Local<v8::Object> names, Serialized* into);
  void FailAll(const std::string& code, const std::string& message, int exit_code);

  void RestoreHeapLimit();
  void CheckHeapSize();
  void Collect() override;
  static size_t OnNearHeapLimit(void* data, size_t current, size_t initial);
  static void OnGarbageCollected(v8::Isolate* isolate, v8::GCType type, v8::GCCallbackFlags flags, void* data);
  static void OnPromiseReject(v8::PromiseRejectMessage message);
  static void OnMessage(v8::Local<v8::Message> message, v8::Local<v8::Value> error);

  std::shared_ptr<IsolateHandle> handle_;
  IsolateOptions options_;
  IsolateEvents events_;
  std::unique_ptr<IsolateHolder> holder_;
  v8::Global<v8::Context> context_;
  MappedMemory mapped_;
  ModuleLoader modules_;
  HostCalls host_calls_;
  // What CallExport looks into.
  v8::Global<v8::Module> last_module_;
  std::vector<std::shared_ptr<Call>> calls_;
  std::unique_ptr<Failure> uncaught_;
  bool more_timers_ = false;
  bool more_tasks_ = false;
  bool heap_limit_raised_ = false;
  int exit_code_ = 0;
  double cpu_ms_ = 0;
  // Before the first call V8 runs tasks of its own only: there is no script that a time limit could bill.
  bool has_run_ = false;
  // CPU time at which the latest call began.
  double call_began_cpu_ms_ = 0;
};

}  // namespace nano
