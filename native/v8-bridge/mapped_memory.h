// Buffers whose memory V8 takes from the system without asking the isolate's allocator: growable SharedArrayBuffers, shared Wasm
// memories, and ArrayBuffers that are resized. They are booked to the isolate's account here.
//
// Threads: the isolate's. Owns no memory: a buffer is booked until V8 has freed it, which is noticed by Sweep.
#pragma once

#include <v8.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "core.gen.h"

namespace nano {

class MappedMemory {
 public:
  // Books that the buffer has, or will have, `bytes`. False when the account's limit does not allow that.
  bool Admit(NanoAccount* account, const std::shared_ptr<v8::BackingStore>& store, uint64_t bytes);
  // Takes back what was booked for buffers that are gone.
  void Sweep(NanoAccount* account);
  // Takes everything back; before the account is released.
  void Clear(NanoAccount* account);

 private:
  struct Booked {
    std::weak_ptr<v8::BackingStore> store;
    uint64_t bytes;
  };

  std::vector<Booked> booked_;
};

}  // namespace nano
