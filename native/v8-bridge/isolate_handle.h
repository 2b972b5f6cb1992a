// What the Node side and the shard share of an isolate: how it is stopped, and who waits for it.
//
// Threads: any, except `realm`. Lives as long as either side holds it.
#pragma once

#include <time.h>
#include <v8.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "core.gen.h"
#include "host_calls.h"

namespace nano {

class IsolateRealm;

// Why an isolate must end. The first reason stays.
enum class StopReason { kNone, kTimeLimit, kMemoryLimit, kExit, kDisposed };

// The code of the error that says so.
const char* CodeOf(StopReason reason);

class IsolateHandle : public std::enable_shared_from_this<IsolateHandle> {
 public:
  using GiveUp = std::function<void(StopReason)>;

  NanoShard* shard = nullptr;
  // Shard thread only; null when the isolate has ended.
  IsolateRealm* realm = nullptr;
  std::atomic<StopReason> stop_reason{StopReason::kNone};

  HostCallQueue host_calls;

  // Called on the shard thread when nothing of the isolate is left.
  std::function<void()> ended = [] {};

  // From here on the isolate can be terminated. False when it is to be stopped already.
  bool Publish(v8::Isolate* isolate);
  // The isolate goes; shard thread.
  void Withdraw(StopReason reason);

  // Stops the JavaScript that runs and marks the isolate to be ended.
  void Terminate(StopReason reason);
  // Stops the JavaScript that runs. False when the isolate has ended.
  bool Interrupt();
  // Called again and again while JavaScript that was told to stop does not: after a while, which it is in a built-in
  // function that V8 cannot interrupt, whoever waits is told that (`GiveUp`), and new isolates go to other threads.
  // `over_ms`: of CPU time, for how long it did not stop.
  void OnStillRunning(double over_ms);

  // Registers somebody who waits for an answer. `give_up` is called instead of an answer, on any thread, perhaps at once.
  uint64_t Await(GiveUp give_up);
  // Whether somebody still waits for the answer, who then gets it.
  bool TakeAnswer(uint64_t ticket);

 private:
  std::mutex lock_;
  // The CPU time of the isolate's thread; 0 when there is no isolate.
  double ShardCpuMs();

  // Guarded by `lock_`; null before Publish and when the isolate has ended.
  v8::Isolate* isolate_ = nullptr;
  // Guarded by `lock_`; its thread's, while there is an isolate.
  clockid_t cpu_clock_ = 0;
  // Guarded by `lock_`.
  std::unordered_map<uint64_t, GiveUp> waiting_;
  uint64_t next_ticket_ = 1;
  bool is_stuck_ = false;
  // The isolate's, see termination.h.
  int put_off_ = 0;
};

}  // namespace nano
