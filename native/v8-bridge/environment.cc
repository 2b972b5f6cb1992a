#include "environment.h"

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <future>
#include <unordered_map>

#include <node_buffer.h>
#include <unistd.h>

#include "convert.h"
#include "quirks.h"
#include "shard_task.h"
#include "spare_isolates.h"
#include "strings.h"

namespace nano {

using v8::Context;
using v8::HandleScope;
using v8::Isolate;
using v8::Local;
using v8::Value;

namespace {

// A turn runs at most this many timers, and as many queued tasks, before others get theirs.
constexpr int kTimersPerTurnMax = 128;

// How long the end of a worker waits for its isolates. It need not, unless the process ends with it; and their
// shards may be kept busy by an isolate that is not the worker's to stop.
constexpr std::chrono::seconds kWorkerPatience{2};
// How long the end of the process waits for its isolates, which are told to stop, and its exit code if that was in vain.
constexpr std::chrono::seconds kMainPatience{10};
constexpr int kStuckExitCode = 70;

thread_local Environment* t_environment = nullptr;

// The isolates of the process that are not ended yet, whoever made them. Never destroyed: shards outlive
// static destruction.
struct Registry {
  struct Entry {
    std::shared_ptr<IsolateHandle> handle;
    const Environment* owner;
  };

  std::mutex lock;
  std::condition_variable ended;
  std::unordered_map<IsolateHandle*, Entry> isolates;
  // The main thread's environment has ended.
  bool closed = false;

  // Under the lock; null asks for any.
  bool Has(const Environment* owner) const {
    for (const auto& [key, entry] : isolates) {
      if (owner == nullptr || entry.owner == owner) return true;
    }
    return false;
  }

  // Null takes all.
  std::vector<std::shared_ptr<IsolateHandle>> Of(const Environment* owner) {
    std::lock_guard<std::mutex> guard(lock);
    std::vector<std::shared_ptr<IsolateHandle>> handles;
    for (const auto& [key, entry] : isolates) {
      if (owner == nullptr || entry.owner == owner) handles.push_back(entry.handle);
    }
    return handles;
  }
};

Registry& Isolates() {
  static Registry* registry = new Registry;
  return *registry;
}

// Runs `body` as a macrotask of Node's: next ticks and microtasks are drained after it, and what it throws
// is an uncaught exception.
template <class Body>
void RunMacrotask(Isolate* isolate, Body body) {
  HandleScope scope(isolate);
  Local<v8::Object> resource = v8::Object::New(isolate);
  node::CallbackScope callback_scope(isolate, resource, node::async_context{0, 0});
  v8::TryCatch caught(isolate);
  caught.SetVerbose(true);
  body(isolate->GetCurrentContext());
}

}  // namespace

// --- host realm -----------------------------------------------------------------------------------------

HostRealm::HostRealm(Isolate* isolate, std::shared_ptr<Port> port) : port_(std::move(port)) { isolate_ = isolate; }

HostRealm::~HostRealm() = default;

bool HostRealm::Start() {
  if (native_ != nullptr) return true;
  if (nano_core_init() != nullptr) return false;
  // Node's own heap has no limit of ours.
  account_ = nano_account_create(UINT64_MAX);
  NanoRealmHooks hooks = {};
  // Its own reference, which Close takes back: the shard may wake the port until then.
  hooks.context = new std::shared_ptr<Port>(port_);
  hooks.turn = [](void*) {};
  hooks.wake = [](void* port) { (*static_cast<std::shared_ptr<Port>*>(port))->Wake(); };
  hooks.unpin = Unpin;
  native_ = nano_realm_create(NanoRealmKind::kHost, &hooks, account_, nullptr);
  port_reference_ = static_cast<std::shared_ptr<Port>*>(hooks.context);
  if (native_ == nullptr) {
    delete port_reference_;
    nano_account_release(account_);
    return false;
  }
  current_ = this;
  return true;
}

void HostRealm::FailRealm(Local<Context>, Local<Value> error) {
  // Thrown from a microtask, so that it reaches Node's uncaughtException whoever calls.
  Local<Context> context = isolate_->GetCurrentContext();
  Local<v8::Function> thrower;
  auto rethrow = [](const v8::FunctionCallbackInfo<Value>& info) { info.GetIsolate()->ThrowException(info.Data()); };
  if (v8::Function::New(context, rethrow, error).ToLocal(&thrower)) isolate_->EnqueueMicrotask(thrower);
}

void HostRealm::OnPendingChanged() {
  if (native_ != nullptr) port_->SetRealmAlive(more_tasks_ || nano_realm_is_alive(native_));
}

void HostRealm::QueueTask() {
  more_tasks_ = true;
  OnPendingChanged();
  port_->Wake();
}

bool HostRealm::IsNodeBuffer(Local<v8::Object> view) {
  if (buffer_prototype_.IsEmpty()) {
    Local<v8::Object> empty;
    if (!node::Buffer::New(isolate_, 0).ToLocal(&empty)) return false;
    buffer_prototype_.Reset(isolate_, quirks::PrototypeOf(empty));
  }
  return quirks::PrototypeOf(view) == buffer_prototype_.Get(isolate_);
}

void HostRealm::Turn() {
  if (native_ == nullptr) return;
  RunMacrotask(isolate_, [this](Local<Context> context) { DeliverCompletions(context); });
  if (more_tasks_) RunTasks();
  // Any macrotask may have called process.exit, which closes the realm.
  if (native_ != nullptr && nano_realm_take_timer_due(native_)) RunTimers();
  if (native_ != nullptr && nano_realm_take_collect_wanted(native_)) Collect();
  OnPendingChanged();
}

void HostRealm::Collect() {
  isolate_->MemoryPressureNotification(v8::MemoryPressureLevel::kCritical);
  isolate_->MemoryPressureNotification(v8::MemoryPressureLevel::kNone);
}

void HostRealm::RunTasks() {
  more_tasks_ = !hooks_.run_task.IsEmpty();
  for (int ran = 0; more_tasks_ && native_ != nullptr && ran < kTimersPerTurnMax; ++ran) {
    RunMacrotask(isolate_, [&](Local<Context> context) {
      Local<Value> result;
      more_tasks_ = hooks_.run_task.Get(isolate_)->Call(context, v8::Undefined(isolate_), 0, nullptr).ToLocal(&result) &&
                    result->IsTrue();
    });
  }
  if (more_tasks_) port_->Wake();
}

void HostRealm::RunTimers() {
  bool more = !hooks_.run_timer.IsEmpty();
  for (int ran = 0; more && native_ != nullptr; ++ran) {
    if (ran == kTimersPerTurnMax) {
      // Others get their turn; the rest comes with the next wake-up.
      port_->Post([this] {
        RunTimers();
        OnPendingChanged();
      });
      return;
    }
    RunMacrotask(isolate_, [&](Local<Context> context) {
      Local<Value> result;
      more = hooks_.run_timer.Get(isolate_)->Call(context, v8::Undefined(isolate_), 0, nullptr).ToLocal(&result) &&
             result->IsTrue();
    });
  }
}

void HostRealm::Close(bool wait) {
  if (native_ == nullptr) return;
  auto closed = std::make_shared<std::promise<void>>();
  // The completions that are already here go with the native realm.
  PostToShard(nano_realm_shard(native_), [native = native_, port = port_reference_, closed] {
    nano_realm_close(native);
    // Requests that end later drop their results without a word.
    delete port;
    closed->set_value();
  });
  if (wait) closed->get_future().wait();
  native_ = nullptr;
  current_ = nullptr;
  ResetHandles();
  buffer_prototype_.Reset();
  nano_account_release(account_);
}

// --- environment ----------------------------------------------------------------------------------------

Environment* Environment::Get(Isolate* isolate) {
  if (t_environment == nullptr) t_environment = new Environment(isolate);
  return t_environment;
}

Environment::Environment(Isolate* isolate) : isolate_(isolate) {
  Local<Context> context = isolate->GetCurrentContext();
  node::Environment* node_environment = node::GetCurrentEnvironment(context);
  SetPlatform(node::GetMultiIsolatePlatform(node_environment));
  uv_loop_t* loop = node::GetCurrentEventLoop(isolate);
  is_main_ = loop == uv_default_loop();
  port_ = std::make_shared<Port>(loop, [this] {
    if (host_realm_ != nullptr) host_realm_->Turn();
  });
  // process.exit() runs the at-exit hooks only, a worker or an orderly end the cleanup hooks before them.
  node::AtExit(
      node_environment,
      [](void* self) {
        if (t_environment == self) t_environment->Stop();
      },
      this);
  SpareIsolates::Retain();
  cleanup_ = node::AddEnvironmentCleanupHook(
      isolate,
      [](void* data, void (*done)(void*), void* done_data) {
        auto* self = static_cast<Environment*>(data);
        self->Stop();
        t_environment = nullptr;
        self->port_->Close([self, done, done_data] {
          delete self;
          done(done_data);
        });
      },
      this);
}

HostRealm* Environment::host_realm() {
  if (stopped_) return nullptr;
  if (host_realm_ == nullptr) host_realm_ = std::make_unique<HostRealm>(isolate_, port_);
  return host_realm_->Start() ? host_realm_.get() : nullptr;
}

bool Environment::IsRunning() const {
  std::lock_guard<std::mutex> guard(Isolates().lock);
  return !stopped_ && !Isolates().closed;
}

void Environment::AddIsolate(const std::shared_ptr<IsolateHandle>& handle) {
  Registry& registry = Isolates();
  handle->ended = [&registry, key = handle.get()] {
    std::lock_guard<std::mutex> guard(registry.lock);
    registry.isolates.erase(key);
    registry.ended.notify_all();
  };
  std::lock_guard<std::mutex> guard(registry.lock);
  registry.isolates.emplace(handle.get(), Registry::Entry{handle, this});
}

void Environment::EndIsolate(const std::shared_ptr<IsolateHandle>& handle, std::function<void()> ended) {
  handle->Terminate(StopReason::kDisposed);
  PostToShard(handle->shard, [handle, ended = std::move(ended)] {
    if (handle->realm != nullptr) handle->realm->Shutdown(handle->stop_reason);
    ended();
  });
}

void Environment::Stop() {
  if (stopped_) return;
  stopped_ = true;
  Registry& registry = Isolates();
  if (is_main_) {
    std::lock_guard<std::mutex> guard(registry.lock);
    registry.closed = true;
  }
  // All are terminated before any is waited for: they share threads.
  const Environment* owner = is_main_ ? nullptr : this;
  for (const auto& handle : registry.Of(owner)) EndIsolate(handle);
  {
    std::unique_lock<std::mutex> guard(registry.lock);
    auto none_left = [&registry, owner] { return !registry.Has(owner); };
    if (is_main_) {
      if (!registry.ended.wait_for(guard, kMainPatience, none_left)) {
        // V8 cannot be taken down under a thread that runs it.
        std::fputs("nano: an isolate runs a built-in function that V8 cannot interrupt; the process ends without it\n", stderr);
        _exit(kStuckExitCode);
      }
    } else {
      registry.ended.wait_for(guard, kWorkerPatience, none_left);
    }
  }
  if (host_realm_ != nullptr) host_realm_->Close(is_main_);
  SpareIsolates::Release();
}

}  // namespace nano
