#include "environment.h"

#include <future>

#include "convert.h"
#include "shard_task.h"
#include "strings.h"

namespace nano {

using v8::Context;
using v8::HandleScope;
using v8::Isolate;
using v8::Local;
using v8::Value;

namespace {

constexpr int kTimersPerTurnMax = 128;

thread_local Environment* t_environment = nullptr;

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
  hooks.context = this;
  hooks.turn = [](void*) {};
  hooks.wake = [](void* self) { static_cast<HostRealm*>(self)->port_->Wake(); };
  hooks.unpin = Unpin;
  native_ = nano_realm_create(NanoRealmKind::kHost, &hooks, account_, nullptr);
  if (native_ == nullptr) return false;
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

void HostRealm::OnPendingChanged() { port_->SetRealmAlive(nano_realm_is_alive(native_)); }

void HostRealm::Turn() {
  if (native_ == nullptr) return;
  RunMacrotask(isolate_, [this](Local<Context> context) { DeliverCompletions(context); });
  if (nano_realm_take_timer_due(native_)) RunTimers();
  OnPendingChanged();
}

void HostRealm::RunTimers() {
  bool more = !hooks_.run_timer.IsEmpty();
  for (int ran = 0; more; ++ran) {
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

void HostRealm::Close() {
  if (native_ == nullptr) return;
  std::promise<void> closed;
  NanoRealm* native = native_;
  // The completions that are already here go with the native realm.
  PostToShard(nano_realm_shard(native), [native, &closed] {
    nano_realm_close(native);
    closed.set_value();
  });
  closed.get_future().wait();
  native_ = nullptr;
  current_ = nullptr;
  ResetHandles();
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
  port_ = std::make_shared<Port>(node::GetCurrentEventLoop(isolate), [this] {
    if (host_realm_ != nullptr) host_realm_->Turn();
  });
  // process.exit() runs the at-exit hooks only, a worker or an orderly end the cleanup hooks as well.
  node::AtExit(node_environment, [](void* self) { static_cast<Environment*>(self)->Stop(); }, this);
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

void Environment::Stop() {
  if (stopped_) return;
  stopped_ = true;
  for (const std::shared_ptr<IsolateHandle>& handle : isolates_) handle->Terminate(StopReason::kDisposed);
  for (const std::shared_ptr<IsolateHandle>& handle : isolates_) {
    std::promise<void> ended;
    PostToShard(handle->shard, [&handle, &ended] {
      if (handle->realm != nullptr) handle->realm->Shutdown(StopReason::kDisposed);
      ended.set_value();
    });
    ended.get_future().wait();
  }
  isolates_.clear();
  if (host_realm_ != nullptr) host_realm_->Close();
}

}  // namespace nano
