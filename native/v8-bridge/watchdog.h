// Stops isolates that have used up their CPU time: one thread for the process, started at first use.
//
// A shard arms the watchdog when it enters an isolate with a time limit and disarms it when it leaves.
// The wall clock only decides when to look; what counts is the shard thread's own CPU clock, so time in
// which the thread did not run is not billed.
#pragma once

#include <time.h>

#include <cstdint>
#include <functional>

namespace nano {

class Watchdog {
 public:
  // Calls `expire` on the watchdog's thread once the calling thread has used `cpu_ms` more CPU time, and then
  // again and again until it is disarmed, with the milliseconds of CPU time beyond that. Returns a token for Disarm.
  static uint64_t Arm(double cpu_ms, std::function<void(double over_ms)> expire);
  // After it returns, `expire` is not running and will not be called.
  static void Disarm(uint64_t token);
  // Calls `again` every few milliseconds until it returns false, with the milliseconds since now. Not from `expire` or
  // `again`.
  static void Repeat(std::function<bool(double since_ms)> again);
  // CPU time that the calling thread has used, in milliseconds.
  static double ThreadCpuMs();
  // The calling thread's CPU clock, for CpuMs from other threads as long as it runs.
  static clockid_t ThreadCpuClock();
  static double CpuMs(clockid_t clock);
};

}  // namespace nano
