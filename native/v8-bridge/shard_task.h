// Runs a C++ closure on a shard's thread.
#pragma once

#include <memory>
#include <utility>

#include "core.gen.h"

namespace nano {

// `body` is called once on the shard thread, in the order of the posts, and destroyed there.
template <class Body>
void PostToShard(NanoShard* shard, Body body) {
  struct Task {
    NanoInboxTask base;  // First: the core knows only this part.
    Body body;

    static void Run(NanoInboxTask* base) {
      std::unique_ptr<Task> self(reinterpret_cast<Task*>(base));
      self->body();
    }
  };
  Task* task = new Task{{nullptr, Task::Run}, std::move(body)};
  nano_shard_post(shard, &task->base);
}

}  // namespace nano
