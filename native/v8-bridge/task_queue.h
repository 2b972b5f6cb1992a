// V8's foreground tasks of one isolate (finalisation of Wasm compilation, GC steps …), run by its shard.
//
// Threads: V8's workers post from any thread; the shard thread runs. A TaskQueue lives as long as V8 holds
// a pointer to it, which may be longer than the isolate: after `Close` posted tasks are dropped.
#pragma once

#include <node.h>
#include <v8-platform.h>

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "quirks.h"

namespace nano {

class TaskQueue final : public v8::TaskRunner, public std::enable_shared_from_this<TaskQueue> {
 public:
  // `wake` is called on the posting thread when there is something to run, and now if there is; not after Close.
  void SetWake(std::function<void()> wake);
  // Runs the tasks that are due. Shard thread, isolate entered.
  void RunDue();
  // Milliseconds (monotonic) when the next delayed task is due; infinity for none.
  bool HasDue();
  // Drops all tasks, now and later. The isolate must still exist: tasks may refer to it.
  void Close();

  bool IdleTasksEnabled() override { return false; }
  bool NonNestableTasksEnabled() const override { return true; }
  bool NonNestableDelayedTasksEnabled() const override { return true; }

#if NANO_V8_AT_LEAST(12, 0)
 private:
  void PostTaskImpl(std::unique_ptr<v8::Task> task, const v8::SourceLocation&) override { Add(std::move(task), 0); }
  void PostNonNestableTaskImpl(std::unique_ptr<v8::Task> task, const v8::SourceLocation&) override {
    Add(std::move(task), 0);
  }
  void PostDelayedTaskImpl(std::unique_ptr<v8::Task> task, double delay_s, const v8::SourceLocation&) override {
    Add(std::move(task), delay_s);
  }
  void PostNonNestableDelayedTaskImpl(std::unique_ptr<v8::Task> task, double delay_s,
                                      const v8::SourceLocation&) override {
    Add(std::move(task), delay_s);
  }
  void PostIdleTaskImpl(std::unique_ptr<v8::IdleTask>, const v8::SourceLocation&) override {}
#else
  void PostTask(std::unique_ptr<v8::Task> task) override { Add(std::move(task), 0); }
  void PostNonNestableTask(std::unique_ptr<v8::Task> task) override { Add(std::move(task), 0); }
  void PostDelayedTask(std::unique_ptr<v8::Task> task, double delay_s) override { Add(std::move(task), delay_s); }
  void PostNonNestableDelayedTask(std::unique_ptr<v8::Task> task, double delay_s) override {
    Add(std::move(task), delay_s);
  }
  void PostIdleTask(std::unique_ptr<v8::IdleTask>) override {}
#endif

 private:
  struct Delayed {
    double at_ms;
    std::unique_ptr<v8::Task> task;
  };

  void Add(std::unique_ptr<v8::Task> task, double delay_s);

  std::mutex lock_;
  bool closed_ = false;
  std::vector<std::unique_ptr<v8::Task>> ready_;
  // Few and rare (GC steps): run at the isolate's next turn after they are due.
  std::vector<Delayed> delayed_;
  std::function<void()> wake_;
};

class PlatformDelegate final : public node::IsolatePlatformDelegate {
 public:
  explicit PlatformDelegate(std::shared_ptr<TaskQueue> tasks) : tasks_(std::move(tasks)) {}
  std::shared_ptr<v8::TaskRunner> GetForegroundTaskRunner() override { return tasks_; }
  bool IdleTasksEnabled() override { return false; }

 private:
  std::shared_ptr<TaskQueue> tasks_;
};

}  // namespace nano
