// Isolates made ahead, on a thread of their own, while isolates are asked for again and again: V8 needs milliseconds for each, which
// whoever asks for one would wait for.
//
// Threads: any. One builder thread for the process, started at first need, never ended; it sleeps when there is nothing to make.
// Ownership: a spare belongs to the process until it is taken. All are freed when none was asked for during `kKeep`, and when the last
// environment has ended, after which V8 goes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "prepared_isolate.h"

namespace nano {

class SpareIsolates {
 public:
  struct Counts {
    // Ready to be taken.
    size_t ready;
    // Taken since the process began.
    size_t taken;
  };

  // An environment that may make isolates is there.
  static void Retain();
  // It has ended. With the last one all spares end, and the builder has stopped when this returns.
  static void Release();

  // Null when there is none with this limit. Waits for one that `Prepare` was called for.
  static std::unique_ptr<PreparedIsolate> Take(uint64_t memory_limit);
  // One with this limit will be taken soon: it is made meanwhile.
  static void Prepare(uint64_t memory_limit);
  // An isolate with this limit was asked for: there may be more like it. At most `spares_max` are kept.
  static void Expect(uint64_t memory_limit, size_t spares_max);

  static Counts Count();
};

}  // namespace nano
