// What one Node environment (the main thread or a worker) has of nano: the host realm, the port back from
// the shards, and the isolates it made.
//
// Threads: everything runs on the environment's thread, except what Port allows. It is made by the addon's
// first load in the environment, found again by later loads, and ended by Node's cleanup hook: that stops
// every isolate, waits for their end, and closes the host realm. The main thread, after which V8 itself goes,
// does so with all isolates of the process.
#pragma once

#include <node.h>
#include <v8.h>

#include <functional>
#include <memory>

#include "isolate_realm.h"
#include "port.h"
#include "realm.h"

namespace nano {

// The realm of Node's own isolate: web classes imported by Node code.
class HostRealm final : public Realm {
 public:
  HostRealm(v8::Isolate* isolate, std::shared_ptr<Port> port);
  ~HostRealm() override;

  bool IsHost() const override { return true; }
  void FailRealm(v8::Local<v8::Context> context, v8::Local<v8::Value> error) override;
  void QueueTask() override;
  bool IsNodeBuffer(v8::Local<v8::Object> view) override;
  void Exit(int) override {}
  void OnPendingChanged() override;

  // The native half is made at the first use of an op.
  bool Start();
  // Completions and a due timer, each as a macrotask of Node's.
  void Turn();
  // Has the shard close the native realm, and waits for it if `wait`.
  void Close(bool wait);

 private:
  void Collect() override;
  void RunTimers();
  void RunTasks();

  bool more_tasks_ = false;

  std::shared_ptr<Port> port_;
  // Buffer.prototype; made when it is first asked for.
  v8::Global<v8::Value> buffer_prototype_;
  // Owned by the native realm's hooks.
  std::shared_ptr<Port>* port_reference_ = nullptr;
};

class Environment {
 public:
  // The thread's environment; made at the first call.
  static Environment* Get(v8::Isolate* isolate);
  // False once it has ended or the process does: nothing may be made any more.
  bool IsRunning() const;

  const std::shared_ptr<Port>& port() const { return port_; }
  // Null when the native half cannot be started.
  HostRealm* host_realm();

  // Before the isolate is made; it is forgotten when it has ended.
  void AddIsolate(const std::shared_ptr<IsolateHandle>& handle);
  // Stops the isolate and then calls `ended` on its shard's thread. Any thread; idempotent.
  static void EndIsolate(const std::shared_ptr<IsolateHandle>& handle, std::function<void()> ended = [] {});

 private:
  explicit Environment(v8::Isolate* isolate);

  // Stops isolates and the host realm. Idempotent.
  void Stop();

  v8::Isolate* isolate_;
  bool is_main_;
  std::shared_ptr<Port> port_;
  std::unique_ptr<HostRealm> host_realm_;
  node::AsyncCleanupHookHandle cleanup_;
  bool stopped_ = false;
};

}  // namespace nano
