#include "spare_isolates.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace nano {

namespace {

using Clock = std::chrono::steady_clock;

// How long spares are kept after an isolate was asked for.
constexpr std::chrono::seconds kKeep{5};

struct Spare {
  uint64_t memory_limit;
  std::unique_ptr<PreparedIsolate> isolate;
};

// Never destroyed: its thread may outlive static destruction.
struct Pool {
  std::mutex lock;
  // For the builder: there may be something to do. For Release: the builder has done something.
  std::condition_variable changed;
  std::vector<Spare> ready;
  size_t taken = 0;
  size_t environments = 0;
  // What was asked for last; how often since the spares were freed; when.
  uint64_t memory_limit = 0;
  size_t asked = 0;
  Clock::time_point asked_at;
  // Spares to have.
  size_t wanted = 0;
  // The limit of one that is made though nobody asked for it yet, until it is ready; 0 for none.
  uint64_t prepared = 0;
  bool has_builder = false;
  // The builder makes or frees isolates, without the lock.
  bool is_busy = false;

  std::vector<Spare>::iterator Find(uint64_t limit) {
    return std::find_if(ready.begin(), ready.end(), [limit](const Spare& spare) { return spare.memory_limit == limit; });
  }

  // Under the lock.
  void Start() {
    if (std::exchange(has_builder, true)) return;
    std::thread([this] { Run(); }).detach();
  }

  // The builder's thread.
  void Run() {
    std::unique_lock<std::mutex> guard(lock);
    while (true) {
      if (environments == 0 || Clock::now() >= asked_at + kKeep) {
        asked = wanted = 0;
        if (std::exchange(prepared, 0) != 0) changed.notify_all();
        if (ready.empty()) {
          changed.wait(guard);
        } else {
          Free(&guard, std::exchange(ready, {}));
        }
      } else if (ready.size() < wanted || prepared != 0) {
        MakeOne(&guard);
      } else if (wanted > 0 && Find(memory_limit) == ready.end()) {
        // Two limits that are asked for by turns have a spare each.
        std::vector<Spare> oldest;
        oldest.push_back(std::move(ready.front()));
        ready.erase(ready.begin());
        Free(&guard, std::move(oldest));
      } else {
        changed.wait_until(guard, asked_at + kKeep);
      }
    }
  }

  void Free(std::unique_lock<std::mutex>* guard, std::vector<Spare> spares) {
    Unlocked(guard, [&spares] { spares.clear(); });
  }

  void MakeOne(std::unique_lock<std::mutex>* guard) {
    Spare made{prepared != 0 ? prepared : memory_limit, nullptr};
    Unlocked(guard, [&made] {
      std::string error;
      Startup* startup = Startup::Load();
      if (startup != nullptr) made.isolate = PreparedIsolate::Make(startup, made.memory_limit, &error);
    });
    if (prepared == made.memory_limit) prepared = 0;
    if (made.isolate == nullptr) {
      // Whoever asks next makes one, and is told why that does not work.
      wanted = 0;
    } else {
      ready.push_back(std::move(made));
    }
  }

  // Does `work` without the lock.
  template <class Work>
  void Unlocked(std::unique_lock<std::mutex>* guard, Work work) {
    is_busy = true;
    guard->unlock();
    work();
    guard->lock();
    is_busy = false;
    changed.notify_all();
  }
};

Pool& Shared() {
  static Pool* pool = new Pool;
  return *pool;
}

}  // namespace

void SpareIsolates::Retain() {
  Pool& pool = Shared();
  std::lock_guard<std::mutex> guard(pool.lock);
  ++pool.environments;
}

void SpareIsolates::Release() {
  Pool& pool = Shared();
  std::unique_lock<std::mutex> guard(pool.lock);
  if (--pool.environments > 0 || !pool.has_builder) return;
  pool.changed.notify_all();
  pool.changed.wait(guard, [&pool] { return pool.environments > 0 || (pool.ready.empty() && !pool.is_busy); });
}

std::unique_ptr<PreparedIsolate> SpareIsolates::Take(uint64_t memory_limit) {
  Pool& pool = Shared();
  std::unique_lock<std::mutex> guard(pool.lock);
  auto found = pool.Find(memory_limit);
  // Spares are not waited for: while the builder makes one, whoever asks makes another, and both threads are of use.
  if (found == pool.ready.end() && pool.prepared == memory_limit) {
    pool.changed.wait(guard, [&pool, memory_limit] { return pool.prepared != memory_limit; });
    found = pool.Find(memory_limit);
  }
  if (found == pool.ready.end()) return nullptr;
  std::unique_ptr<PreparedIsolate> taken = std::move(found->isolate);
  pool.ready.erase(found);
  ++pool.taken;
  return taken;
}

void SpareIsolates::Expect(uint64_t memory_limit, size_t spares_max) {
  Pool& pool = Shared();
  std::lock_guard<std::mutex> guard(pool.lock);
  if (pool.environments == 0 || spares_max == 0) return;
  pool.memory_limit = memory_limit;
  pool.asked_at = Clock::now();
  // The first that is asked for may be the only one.
  pool.wanted = std::min(spares_max, pool.asked++);
  if (pool.wanted > 0) pool.Start();
  pool.changed.notify_all();
}

void SpareIsolates::Prepare(uint64_t memory_limit) {
  Pool& pool = Shared();
  std::lock_guard<std::mutex> guard(pool.lock);
  if (pool.environments == 0) return;
  pool.asked_at = Clock::now();
  pool.prepared = memory_limit;
  pool.Start();
  pool.changed.notify_all();
}

SpareIsolates::Counts SpareIsolates::Count() {
  Pool& pool = Shared();
  std::lock_guard<std::mutex> guard(pool.lock);
  return {pool.ready.size(), pool.taken};
}

}  // namespace nano
