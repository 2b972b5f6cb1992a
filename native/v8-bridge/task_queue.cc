#include "task_queue.h"

#include <algorithm>
#include <chrono>
#include <iterator>

namespace nano {

namespace {

double NowMs() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

void TaskQueue::Add(std::unique_ptr<v8::Task> task, double delay_s) {
  std::lock_guard<std::mutex> guard(lock_);
  if (closed_) return;
  if (delay_s > 0) {
    delayed_.push_back({NowMs() + delay_s * 1e3, std::move(task)});
    return;
  }
  ready_.push_back(std::move(task));
  if (ready_.size() == 1 && wake_ != nullptr) wake_();
}

void TaskQueue::SetWake(std::function<void()> wake) {
  std::lock_guard<std::mutex> guard(lock_);
  wake_ = std::move(wake);
  if (!ready_.empty()) wake_();
}

bool TaskQueue::HasDue() {
  std::lock_guard<std::mutex> guard(lock_);
  return !ready_.empty();
}

void TaskQueue::RunDue() {
  std::vector<std::unique_ptr<v8::Task>> batch;
  {
    std::lock_guard<std::mutex> guard(lock_);
    batch.swap(ready_);
    if (!delayed_.empty()) {
      const double now = NowMs();
      auto due = std::stable_partition(delayed_.begin(), delayed_.end(),
                                       [now](const Delayed& item) { return item.at_ms > now; });
      for (auto item = due; item != delayed_.end(); ++item) batch.push_back(std::move(item->task));
      delayed_.erase(due, delayed_.end());
    }
  }
  for (std::unique_ptr<v8::Task>& task : batch) task->Run();
}

void TaskQueue::Close() {
  std::vector<std::unique_ptr<v8::Task>> ready;
  std::vector<Delayed> delayed;
  std::lock_guard<std::mutex> guard(lock_);
  closed_ = true;
  wake_ = nullptr;
  ready.swap(ready_);
  delayed.swap(delayed_);
}

}  // namespace nano
