// A JavaScript realm as the bridge sees it: V8 context, web-layer hooks, pending promises, native half.
//
// Threads: a realm is used on one thread only, the one that runs its JavaScript (a Node thread for the
// host realm, the shard's for an isolate realm); `Realm::Current()` is that thread's realm while it runs.
// Ownership: HostRealm (host_realm.h) belongs to its Node environment, IsolateRealm (isolate_realm.h) to
// its shard. Both close `native` on the shard thread.
#pragma once

#include <v8.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <string_view>
#include <vector>

#include "buffer_garbage.h"
#include "core.gen.h"
#include "resolver_table.h"

namespace nano {

// The functions that the web layer gave to `intrinsics.setHooks` (RealmHooks in intrinsics.ts).
struct Hooks {
  v8::Global<v8::Function> run_timer;
  v8::Global<v8::Function> run_task;
  v8::Global<v8::Function> make_error;
  v8::Global<v8::Function> promise_rejected;
  v8::Global<v8::Function> notify_rejections;
  v8::Global<v8::Function> report_exception;
  v8::Global<v8::Function> inspect_error;
  v8::Global<v8::Function> import_meta_resolve;
  v8::Global<v8::Function> install_cli;
  v8::Global<v8::Function> interface_name_of;
  v8::Global<v8::Function> load_member;
  v8::Global<v8::Function> pin_species;
  v8::Global<v8::Function> warm_up;
  v8::Global<v8::Function> warm_up_groups;
  v8::Global<v8::Function> begin;
};

class Realm {
 public:
  virtual ~Realm() = default;
  Realm(const Realm&) = delete;
  Realm& operator=(const Realm&) = delete;

  // The realm whose JavaScript runs on this thread.
  static Realm* Current() { return current_; }

  v8::Isolate* isolate() const { return isolate_; }
  NanoRealm* native() const { return native_; }
  NanoAccount* account() const { return account_; }
  const Hooks& hooks() const { return hooks_; }
  BufferGarbage& buffer_garbage() { return buffer_garbage_; }
  virtual bool IsHost() const = 0;
  // JavaScript has been terminated or is about to be. V8 forgets a termination once the outermost call has
  // returned: whoever makes several calls asks between them.
  virtual bool IsStopping() const { return isolate_->IsExecutionTerminating(); }

  // Takes the hooks out of the object that the web layer passed.
  virtual void SetHooks(v8::Local<v8::Context> context, v8::Local<v8::Object> hooks);

  // An error nobody handled: fails the script (isolate) or reaches Node's uncaughtException (host).
  virtual void FailRealm(v8::Local<v8::Context> context, v8::Local<v8::Value> error) = 0;
  // Whether a view is a Buffer of Node's, which may lie in memory that other Buffers use too.
  virtual bool IsNodeBuffer(v8::Local<v8::Object>) { return false; }
  // Has the hook run_task called soon, until it says that there are no more tasks. Each is a macrotask.
  virtual void QueueTask() {}
  // Has garbage collected when buffers took much since that was done last: V8 does not see them come near the limit. While no
  // string of V8's is looked at.
  void CollectWhenDue() {
    if (collect_at_ != kNever && nano_account_used(account_) > collect_at_) Collect();
  }
  // Whether a buffer that V8 maps by itself may have so many bytes (mapped_memory.h).
  virtual bool AdmitMapped(const std::shared_ptr<v8::BackingStore>&, uint64_t) { return true; }
  // `CLI.exit`.
  virtual void Exit(int code) = 0;
  // Called after an op was started: whatever keeps the thread's loop alive may have changed.
  virtual void OnPendingChanged() {}

  // The error an op failed with, made by the web layer; an Error with the message where that fails.
  v8::Local<v8::Value> MakeError(v8::Local<v8::Context> context, std::string_view error_class,
                                 std::string_view message, std::string_view code = {}, std::string_view detail = {});
  v8::Local<v8::Value> MakeError(v8::Local<v8::Context> context, const NanoFailure& failure);

  // A promise for a request that is about to be submitted.
  v8::Local<v8::Promise> AddResolver(v8::Local<v8::Context> context, NanoRequest* request);
  // Settles and frees a request that completed while it was submitted.
  void SettleInline(v8::Local<v8::Context> context, NanoRequest* request);

 protected:
  Realm() = default;

  // Settles the promises of all completed requests. One macrotask: the caller drains microtasks after it.
  // False when JavaScript was terminated.
  bool DeliverCompletions(v8::Local<v8::Context> context);
  // Frees completed requests without telling JavaScript.
  void DropCompletions();
  // Forgets everything that refers to the isolate.
  void ResetHandles();

  // Makes a realm the thread's current one for a scope.
  class CurrentScope {
   public:
    explicit CurrentScope(Realm* realm) : before_(current_) { current_ = realm; }
    ~CurrentScope() { current_ = before_; }
    CurrentScope(const CurrentScope&) = delete;
    CurrentScope& operator=(const CurrentScope&) = delete;

   private:
    Realm* before_;
  };

  static thread_local Realm* current_;

  v8::Isolate* isolate_ = nullptr;
  NanoRealm* native_ = nullptr;
  NanoAccount* account_ = nullptr;
  static constexpr uint64_t kNever = std::numeric_limits<uint64_t>::max();

  Hooks hooks_;
  // Bytes of buffers from which on garbage is to be collected.
  uint64_t collect_at_ = kNever;

  virtual void Collect() {}

 private:
  void Settle(v8::Local<v8::Context> context, NanoRequest* request);

  ResolverTable resolvers_;
  BufferGarbage buffer_garbage_;
};

}  // namespace nano
