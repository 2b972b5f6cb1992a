#include "isolate_handle.h"

#include <algorithm>
#include <utility>

#include "termination.h"
#include "watchdog.h"

namespace nano {

namespace {

// Milliseconds of its thread's CPU time that JavaScript has to stop before it counts as stuck.
constexpr double kStopMsMax = 2000;

// Milliseconds by the clock that count for nothing: in them the thread may not have run, on a machine with too much to do.
constexpr double kStarvedMsMax = 8000;

}  // namespace

const char* CodeOf(StopReason reason) {
  switch (reason) {
    case StopReason::kTimeLimit:
      return "ERR_TIME_LIMIT";
    case StopReason::kMemoryLimit:
      return "ERR_MEMORY_LIMIT";
    case StopReason::kExit:
      return "ERR_EXIT";
    case StopReason::kNone:
    case StopReason::kDisposed:
      return "ERR_DISPOSED";
  }
  return "";
}

bool IsolateHandle::Publish(v8::Isolate* isolate) {
  std::lock_guard<std::mutex> guard(lock_);
  if (stop_reason != StopReason::kNone) return false;
  isolate_ = isolate;
  cpu_clock_ = Watchdog::ThreadCpuClock();
  return true;
}

void IsolateHandle::Withdraw(StopReason reason) {
  std::lock_guard<std::mutex> guard(lock_);
  isolate_ = nullptr;
  StopReason none = StopReason::kNone;
  stop_reason.compare_exchange_strong(none, reason);
  if (is_stuck_) nano_shard_set_stuck(shard, false);
}

void IsolateHandle::Terminate(StopReason reason) {
  StopReason none = StopReason::kNone;
  const bool first = stop_reason.compare_exchange_strong(none, reason);
  // V8 forgets a termination in places (a `message` getter that runs while it formats `stack`): repeat it. The
  // watchdog, from whose thread this is called at the time limit, does so by itself.
  if (Interrupt() && first && reason != StopReason::kTimeLimit) {
    Watchdog::Repeat([self = shared_from_this(), began_ms = ShardCpuMs()](double since_ms) {
      self->OnStillRunning(std::max(self->ShardCpuMs() - began_ms, since_ms - kStarvedMsMax));
      return self->Interrupt();
    });
  }
}

bool IsolateHandle::Interrupt() {
  std::lock_guard<std::mutex> guard(lock_);
  if (isolate_ != nullptr) RequestTermination(isolate_, &put_off_);
  return isolate_ != nullptr;
}

double IsolateHandle::ShardCpuMs() {
  std::lock_guard<std::mutex> guard(lock_);
  return isolate_ == nullptr ? 0 : Watchdog::CpuMs(cpu_clock_);
}

void IsolateHandle::OnStillRunning(double over_ms) {
  std::unordered_map<uint64_t, GiveUp> waiting;
  {
    std::lock_guard<std::mutex> guard(lock_);
    if (over_ms < kStopMsMax || isolate_ == nullptr || is_stuck_) return;
    is_stuck_ = true;
    nano_shard_set_stuck(shard, true);
    waiting.swap(waiting_);
  }
  for (auto& [ticket, give_up] : waiting) give_up(stop_reason);
}

uint64_t IsolateHandle::Await(GiveUp give_up) {
  {
    std::lock_guard<std::mutex> guard(lock_);
    if (!is_stuck_ || isolate_ == nullptr) {
      waiting_.emplace(next_ticket_, std::move(give_up));
      return next_ticket_++;
    }
  }
  give_up(stop_reason);
  return 0;
}

bool IsolateHandle::TakeAnswer(uint64_t ticket) {
  std::lock_guard<std::mutex> guard(lock_);
  return waiting_.erase(ticket) > 0;
}

}  // namespace nano
