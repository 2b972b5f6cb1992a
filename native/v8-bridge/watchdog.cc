#include "watchdog.h"

#include <pthread.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

namespace nano {

namespace {

using Clock = std::chrono::steady_clock;

double CpuMs(clockid_t clock) {
  timespec now;
  if (clock_gettime(clock, &now) != 0) return 0;
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

Clock::time_point After(double ms) {
  return Clock::now() + std::chrono::microseconds(static_cast<int64_t>(std::max(ms, 0.1) * 1e3));
}

struct Entry {
  clockid_t cpu_clock;
  double cpu_limit_ms;
  Clock::time_point look_at;
  std::function<void()> expire;
};

// Never destroyed: its thread may outlive static destruction.
struct State {
  std::mutex lock;
  std::condition_variable changed;
  std::map<uint64_t, Entry> entries;
  uint64_t next_token = 1;
  bool started = false;
  Clock::time_point wakes_at = Clock::time_point::max();

  void Run() {
    std::unique_lock<std::mutex> guard(lock);
    while (true) {
      wakes_at = Clock::time_point::max();
      for (auto item = entries.begin(); item != entries.end();) {
        Entry& entry = item->second;
        if (entry.look_at <= Clock::now()) {
          const double left = entry.cpu_limit_ms - CpuMs(entry.cpu_clock);
          if (left <= 0) {
            // Under the lock, so that Disarm waits for it.
            entry.expire();
            item = entries.erase(item);
            continue;
          }
          entry.look_at = After(left);
        }
        wakes_at = std::min(wakes_at, entry.look_at);
        ++item;
      }
      if (wakes_at == Clock::time_point::max()) {
        changed.wait(guard);
      } else {
        changed.wait_until(guard, wakes_at);
      }
    }
  }
};

State& Shared() {
  static State* state = new State;
  return *state;
}

}  // namespace

uint64_t Watchdog::Arm(double cpu_ms, std::function<void()> expire) {
  State& state = Shared();
  clockid_t clock;
  pthread_getcpuclockid(pthread_self(), &clock);
  std::lock_guard<std::mutex> guard(state.lock);
  const uint64_t token = state.next_token++;
  const Clock::time_point look_at = After(cpu_ms);
  state.entries.emplace(token, Entry{clock, CpuMs(clock) + cpu_ms, look_at, std::move(expire)});
  if (!state.started) {
    state.started = true;
    std::thread([&state] { state.Run(); }).detach();
  } else if (look_at < state.wakes_at) {
    state.changed.notify_one();
  }
  return token;
}

void Watchdog::Disarm(uint64_t token) {
  State& state = Shared();
  std::lock_guard<std::mutex> guard(state.lock);
  state.entries.erase(token);
}

double Watchdog::ThreadCpuMs() { return CpuMs(CLOCK_THREAD_CPUTIME_ID); }

}  // namespace nano
