// The way from shard threads back to one Node environment: a queue of closures and one uv_async.
//
// Threads: `Post` and `Wake` from any thread until `Close`; the rest on the Node thread. The port is held
// by shared pointers from both sides; its uv handle belongs to the environment and is closed by `Close`.
// The handle keeps Node's loop alive only while something is pending.
#pragma once

#include <uv.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace nano {

class Port {
 public:
  // `on_wake` runs on the Node thread after each batch of closures.
  Port(uv_loop_t* loop, std::function<void()> on_wake);

  // Runs the closure on the Node thread; dropped after Close.
  void Post(std::function<void()> closure);
  // Has `on_wake` called soon.
  void Wake();

  // Calls into isolates whose promise is not settled.
  void AddPending();
  void RemovePending();
  // The host realm has ops or timers under way.
  void SetRealmAlive(bool alive);

  // Node thread, once. `done` is called when libuv has let go of the handle, which then is freed.
  void Close(std::function<void()> done);

 private:
  static void OnAsync(uv_async_t* handle);
  void UpdateRef();

  // Outlives the port when it closes last.
  struct Handle {
    uv_async_t async;
    Port* port;
    std::function<void()> closed;
  };

  // Two locks: who waits for the wake-up is awake before `uv_async_send` has returned, and must find the queue's free.
  std::mutex handle_lock_;
  Handle* handle_;
  std::mutex queue_lock_;
  std::vector<std::function<void()>> queue_;
  // The queue is not empty: a wake-up without closures takes no lock.
  std::atomic<bool> has_closures_{false};
  bool is_closed_ = false;
  std::function<void()> on_wake_;
  uint32_t pending_ = 0;
  bool realm_alive_ = false;
  bool referenced_ = false;
};

}  // namespace nano
