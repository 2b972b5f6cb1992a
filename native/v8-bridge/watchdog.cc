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

Clock::time_point After(double ms) {
  return Clock::now() + std::chrono::microseconds(static_cast<int64_t>(std::max(ms, 0.1) * 1e3));
}

// Between two calls for the same entry.
constexpr double kRepeatMs = 20;

struct Entry {
  Clock::time_point look_at;
  // Calls back when it is time; returns the milliseconds until the next look, negative for never.
  std::function<double()> look;
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
          // Under the lock, so that Disarm waits for it.
          const double next_ms = entry.look();
          if (next_ms < 0) {
            item = entries.erase(item);
            continue;
          }
          entry.look_at = After(next_ms);
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

uint64_t Add(double look_ms, std::function<double()> look) {
  State& state = Shared();
  std::lock_guard<std::mutex> guard(state.lock);
  const uint64_t token = state.next_token++;
  const Clock::time_point look_at = After(look_ms);
  state.entries.emplace(token, Entry{look_at, std::move(look)});
  if (!state.started) {
    state.started = true;
    std::thread([&state] { state.Run(); }).detach();
  } else if (look_at < state.wakes_at) {
    state.changed.notify_one();
  }
  return token;
}

}  // namespace

uint64_t Watchdog::Arm(double cpu_ms, std::function<void(double)> expire) {
  const clockid_t clock = ThreadCpuClock();
  const double limit_ms = CpuMs(clock) + cpu_ms;
  return Add(cpu_ms, [clock, limit_ms, expire = std::move(expire)] {
    const double left_ms = limit_ms - CpuMs(clock);
    if (left_ms > 0) return left_ms;
    expire(-left_ms);
    return kRepeatMs;
  });
}

void Watchdog::Repeat(std::function<bool(double)> again) {
  const Clock::time_point began = Clock::now();
  Add(kRepeatMs, [began, again = std::move(again)] {
    return again(std::chrono::duration<double, std::milli>(Clock::now() - began).count()) ? kRepeatMs : -1;
  });
}

void Watchdog::Disarm(uint64_t token) {
  State& state = Shared();
  std::lock_guard<std::mutex> guard(state.lock);
  state.entries.erase(token);
}

clockid_t Watchdog::ThreadCpuClock() {
  clockid_t clock;
  pthread_getcpuclockid(pthread_self(), &clock);
  return clock;
}

double Watchdog::CpuMs(clockid_t clock) {
  timespec now;
  if (clock_gettime(clock, &now) != 0) return 0;
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

double Watchdog::ThreadCpuMs() { return CpuMs(CLOCK_THREAD_CPUTIME_ID); }

}  // namespace nano
