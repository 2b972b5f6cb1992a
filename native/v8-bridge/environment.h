// What one Node environment (the main thread or a worker) has of nano: the host realm, the port back from
// the shards, and the isolates it made.
//
// Threads: everything runs on the environment's thread, except what Port allows. It is made by the addon's
// first load in the environment, found again by later loads, and ended by Node's cleanup hook: that stops
// every isolate, waits until the shards have let go of them, and closes the host realm.
#pragma once

#include <node.h>
#include <v8.h>

#include <functional>
#include <memory>
#include <unordered_set>

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
  void Exit(int) override {}
  void OnPendingChanged() override;

  // The native half is made at the first use of an op.
  bool Start();
  // Completions and a due timer, each as a macrotask of Node's.
  void Turn();
  // Closes the native realm; waits for the shard to do it.
  void Close();

 private:
  void RunTimers();

  std::shared_ptr<Port> port_;
};

class Environment {
 public:
  // The thread's environment; made at the first call.
  static Environment* Get(v8::Isolate* isolate);

  const std::shared_ptr<Port>& port() const { return port_; }
  // Null when the native half cannot be started.
  HostRealm* host_realm();

  void AddIsolate(const std::shared_ptr<IsolateHandle>& handle) { isolates_.insert(handle); }
  void RemoveIsolate(const std::shared_ptr<IsolateHandle>& handle) { isolates_.erase(handle); }

 private:
  explicit Environment(v8::Isolate* isolate);

  // Stops isolates and the host realm. Idempotent.
  void Stop();

  v8::Isolate* isolate_;
  std::shared_ptr<Port> port_;
  std::unique_ptr<HostRealm> host_realm_;
  std::unordered_set<std::shared_ptr<IsolateHandle>> isolates_;
  node::AsyncCleanupHookHandle cleanup_;
  bool stopped_ = false;
};

}  // namespace nano
