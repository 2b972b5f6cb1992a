#include "isolate_realm.h"

#include <cmath>
#include <utility>

#include "convert.h"
#include "error_location.h"
#include "quirks.h"
#include "shard_task.h"
#include "spare_isolates.h"
#include "strings.h"
#include "termination.h"
#include "watchdog.h"

namespace nano {

using v8::Context;
using v8::Function;
using v8::HandleScope;
using v8::Isolate;
using v8::Local;
using v8::Module;
using v8::Object;
using v8::Promise;
using v8::Value;

namespace {

// A turn runs at most this many timers, and as many queued tasks, before I/O gets its chance.
constexpr int kMacrotasksPerTurnMax = 128;
// What shells report of a program that SIGPIPE ended.
constexpr int kBrokenPipeExitCode = 141;
// Stack frames that an error keeps for its location.
constexpr int kStackFramesMax = 10;
// Garbage is collected each time that a script's buffers have taken this part of its limit.
constexpr uint64_t kCollectionsPerLimit = 4;

constexpr Serialized::Destination kToHost = Serialized::Destination::kOtherRealm;

// What the young generation may hold above the limit, which is the old generation's, before it is looked into.
constexpr size_t kYoungGenerationSlack = size_t{32} << 20;

// The promise's rejection is a call's failure, not an unhandled one. A handler, not MarkAsHandled: the
// promise may be rejected and counted already.
void TakeRejection(Local<Context> context, Local<Promise> promise) {
  Local<Function> ignore;
  if (Function::New(context, [](const v8::FunctionCallbackInfo<Value>&) {}).ToLocal(&ignore)) {
    Ignore(promise->Catch(context, ignore));
  }
}

// The oldest behaviours that a blob which does not fit this V8 breaks. Only of part 0: the others are not in a blob, and
// loading one here would be time that each process pays.
constexpr const char* kSelfCheck = R"js((() => {
  class Derived extends EventTarget { constructor() { super(); this.own = 1; } }
  const target = new Derived();
  let seen = 0;
  target.addEventListener("x", (event) => { seen += event instanceof Event ? 1 : 0; });
  target.dispatchEvent(new Event("x"));
  const url = new URL("../b?c=1#d", "http://host:81/a/x");
  return seen === 1 && target.own === 1 && url.href === "http://host:81/b?c=1#d" && url.searchParams.get("c") === "1"
    && new TextEncoder().encode("\u00e9").length === 2 && new AbortController().signal.aborted === false;
})())js";

}  // namespace

// A call into the isolate that is not settled.
struct IsolateRealm::Call {
  CallDone done;
  // Run: set once the graph is linked. Eval: empty.
  v8::Global<Module> module;
  // The module's or the script's completion; set once evaluated.
  v8::Global<Promise> promise;
  bool is_run = false;
  std::unique_ptr<CallResult> early;
};

// The isolate entered on this thread, with its CPU time measured and limited.
class IsolateRealm::Entry {
 public:
  explicit Entry(IsolateRealm* realm)
      : realm_(realm),
        current_(realm),
        isolate_scope_(realm->isolate_),
        handle_scope_(realm->isolate_),
        context(realm->context_.Get(realm->isolate_)),
        context_scope_(context),
        began_ms_(Watchdog::ThreadCpuMs()) {
    if (realm->options_.time_limit_ms <= 0 || !realm->has_run_) return;
    const double left = realm->options_.time_limit_ms - (realm->cpu_ms_ - realm->call_began_cpu_ms_);
    std::shared_ptr<IsolateHandle> handle = realm->handle_;
    token_ = Watchdog::Arm(left, [handle](double over_ms) {
      handle->Terminate(StopReason::kTimeLimit);
      handle->OnStillRunning(over_ms);
    });
  }

  ~Entry() {
    if (token_ != 0) Watchdog::Disarm(token_);
    realm_->cpu_ms_ += Watchdog::ThreadCpuMs() - began_ms_;
  }

  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;

 private:
  IsolateRealm* realm_;
  CurrentScope current_;
  Isolate::Scope isolate_scope_;
  HandleScope handle_scope_;

 public:
  const Local<Context> context;

 private:
  Context::Scope context_scope_;
  double began_ms_;
  uint64_t token_ = 0;
};

// --- making ---------------------------------------------------------------------------------------------

IsolateRealm::IsolateRealm(std::shared_ptr<IsolateHandle> handle, IsolateOptions options, IsolateEvents events)
    : handle_(std::move(handle)),
      options_(std::move(options)),
      events_(std::move(events)),
      modules_(this, events_.load_module),
      host_calls_(this, &handle_->host_calls, options_.host_functions, options_.host_calls_max, events_.host_called) {}

IsolateRealm::~IsolateRealm() = default;

IsolateRealm* IsolateRealm::Create(std::shared_ptr<IsolateHandle> handle, IsolateOptions options, IsolateEvents events,
                                   std::string* error) {
  auto* realm = new IsolateRealm(handle, std::move(options), std::move(events));
  if (!realm->Initialize(error)) {
    realm->Shutdown(StopReason::kDisposed);
    return nullptr;
  }
  handle->realm = realm;
  return realm;
}

bool IsolateRealm::Initialize(std::string* error) {
  while (true) {
    Startup* startup = Startup::Get(error);
    if (startup == nullptr) return false;
    std::unique_ptr<PreparedIsolate> prepared = SpareIsolates::Take(options_.memory_limit);
    if (prepared == nullptr) prepared = PreparedIsolate::Make(startup, options_.memory_limit, error);
    if (prepared != nullptr) {
      if (!Adopt(std::move(prepared), error)) return false;
      if (SelfCheck()) break;
      *error = "The web globals do not work";
      Abandon();
    }
    if (IsStopping() || startup->blob() == nullptr) return false;
    // The snapshot does not suit this V8 after all: start again from the script.
    Startup::AbandonSnapshot();
  }
  if (options_.has_cli && !InstallCli()) {
    *error = "The CLI global does not work";
    return false;
  }
  if (!InstallHost()) {
    *error = "The host functions could not be put into it";
    return false;
  }
  if (!options_.has_cli) SpareIsolates::Expect(options_.memory_limit, options_.spares_max);
  return Publish(error);
}

// Makes the isolate this realm's and the calling thread's.
bool IsolateRealm::Adopt(std::unique_ptr<PreparedIsolate> prepared, std::string* error) {
  const bool fits = prepared->Claim();
  account_ = std::exchange(prepared->account, nullptr);
  holder_ = std::move(prepared->holder);
  context_ = std::move(prepared->context);
  hooks_ = std::move(prepared->hooks);
  isolate_ = holder_->isolate();
  if (!fits) {
    *error = "Its memoryLimit is too small for the web globals";
    return false;
  }
  collect_at_ = options_.memory_limit / kCollectionsPerLimit;
  Isolate::Scope isolate_scope(isolate_);
  HandleScope scope(isolate_);
  isolate_->SetPromiseRejectCallback(OnPromiseReject);
  isolate_->AddMessageListener(OnMessage);
  isolate_->SetCaptureStackTraceForUncaughtExceptions(true, kStackFramesMax);
  isolate_->AddNearHeapLimitCallback(OnNearHeapLimit, this);
  isolate_->AddGCEpilogueCallback(OnGarbageCollected, this, v8::kGCTypeMarkSweepCompact);
  ModuleLoader::Install(isolate_);
  holder_->tasks()->SetWake([handle = handle_] {
    PostToShard(handle->shard, [handle] {
      if (handle->realm != nullptr) nano_realm_schedule(handle->realm->native_);
    });
  });
  if (MakeNative()) return true;
  *error = "Its network settings are not valid, or memory is short";
  return false;
}

bool IsolateRealm::MakeNative() {
  NanoRealmHooks hooks = {};
  hooks.context = this;
  hooks.turn = [](void* self) { static_cast<IsolateRealm*>(self)->Turn(); };
  hooks.wake = [](void*) {};
  hooks.unpin = Unpin;
  if (options_.has_cli) {
    hooks.output_closed = [](void* self) { static_cast<IsolateRealm*>(self)->Exit(kBrokenPipeExitCode); };
  }
  if (events_.output != nullptr) {
    hooks.output = [](void* self, uint32_t fd, const uint8_t* text, size_t length) {
      static_cast<IsolateRealm*>(self)->events_.output(fd, std::string(reinterpret_cast<const char*>(text), length));
    };
  }
  native_ = nano_realm_create(NanoRealmKind::kIsolate, &hooks, account_, handle_->shard);
  if (native_ == nullptr) return false;
  nano_realm_set_terminals(native_, options_.terminals[0], options_.terminals[1]);
  const std::string& network = options_.network;
  return network.empty() ||
         nano_realm_set_network(native_, reinterpret_cast<const uint8_t*>(network.data()), network.size());
}

// From here on other threads can terminate the isolate: not before, since V8 and the web layer cannot be
// interrupted while they set up a context.
bool IsolateRealm::Publish(std::string* error) {
  if (handle_->Publish(isolate_)) return true;
  *error = handle_->stop_reason == StopReason::kMemoryLimit ? "Its memoryLimit is too small for the web globals"
                                                            : "The isolate was disposed while it was created";
  return false;
}

bool IsolateRealm::SelfCheck() {
  // Once per process: what the first isolate can, all can.
  static std::atomic<bool> passed{false};
  if (passed) return true;
  Entry entry(this);
  const Local<Context> context = entry.context;
  v8::TryCatch caught(isolate_);
  Local<v8::Script> script;
  Local<Value> result;
  if (!v8::Script::Compile(context, String(isolate_, kSelfCheck)).ToLocal(&script)) return false;
  if (!script->Run(context).ToLocal(&result)) return false;
  passed = result->IsTrue();
  return passed;
}

bool IsolateRealm::InstallCli() {
  if (hooks_.install_cli.IsEmpty()) return true;
  Entry entry(this);
  const Local<Context> context = entry.context;
  v8::TryCatch caught(isolate_);
  std::vector<Local<Value>> args;
  for (const std::string& arg : options_.cli_args) args.push_back(String(isolate_, arg));
  Local<Object> env = Object::New(isolate_);
  for (const auto& [name, value] : options_.cli_env) {
    env->CreateDataProperty(context, String(isolate_, name), String(isolate_, value)).Check();
  }
  Local<Value> call[] = {v8::Array::New(isolate_, args.data(), args.size()), env};
  return !hooks_.install_cli.Get(isolate_)->Call(context, v8::Undefined(isolate_), 2, call).IsEmpty();
}

bool IsolateRealm::InstallHost() {
  if (options_.host_functions.empty()) return true;
  Entry entry(this);
  return host_calls_.Install(entry.context);
}

// --- running --------------------------------------------------------------------------------------------

template <class Body>
void IsolateRealm::Enter(Body body) {
  {
    Entry entry(this);
    {
      v8::TryCatch caught(isolate_);
      body(entry.context);
      if (caught.HasCaught() && caught.CanContinue()) Report(entry.context, caught.Exception(), caught.Message());
    }
    DrainMicrotasks(entry.context);
    if (!IsStopping()) CheckHeapSize();
    if (!IsStopping()) SettleCalls(entry.context);
    RestoreHeapLimit();
  }
  if (IsStopping()) Shutdown(handle_->stop_reason);
}

void IsolateRealm::Turn() {
  Enter([this](Local<Context> context) {
    holder_->tasks()->RunDue();
    DrainMicrotasks(context);
    if (IsStopping() || !DeliverCompletions(context)) return;
    DrainMicrotasks(context);
    if (more_tasks_) RunMacrotasks(context, hooks_.run_task, &more_tasks_);
    if (nano_realm_take_timer_due(native_) || more_timers_) RunMacrotasks(context, hooks_.run_timer, &more_timers_);
    if (nano_realm_take_collect_wanted(native_)) Collect();
  });
}

void IsolateRealm::RunMacrotasks(Local<Context> context, const v8::Global<Function>& hook, bool* more) {
  *more = !hook.IsEmpty();
  for (int ran = 0; *more && ran < kMacrotasksPerTurnMax && !IsStopping(); ++ran) {
    HandleScope scope(isolate_);
    v8::TryCatch caught(isolate_);
    Local<Value> result;
    *more = hook.Get(isolate_)->Call(context, v8::Undefined(isolate_), 0, nullptr).ToLocal(&result) && result->IsTrue();
    if (caught.HasCaught() && caught.CanContinue()) Report(context, caught.Exception(), caught.Message());
    DrainMicrotasks(context);
  }
  if (*more) nano_realm_schedule(native_);
}

void IsolateRealm::QueueTask() {
  more_tasks_ = true;
  nano_realm_schedule(native_);
}

void IsolateRealm::DrainMicrotasks(Local<Context> context) {
  if (IsStopping()) return;
  isolate_->PerformMicrotaskCheckpoint();
  if (IsStopping() || hooks_.notify_rejections.IsEmpty()) return;
  HandleScope scope(isolate_);
  v8::TryCatch caught(isolate_);
  Ignore(hooks_.notify_rejections.Get(isolate_)->Call(context, v8::Undefined(isolate_), 0, nullptr));
  // Handlers of unhandledrejection may have queued more.
  isolate_->PerformMicrotaskCheckpoint();
}

bool IsolateRealm::IsAlive() {
  return nano_realm_is_alive(native_) || host_calls_.waiting() > 0 || more_timers_ || more_tasks_ || modules_.IsBusy() ||
         holder_->tasks()->HasDue() || isolate_->HasPendingBackgroundTasks();
}

// "Report an exception" (HTML): the error event first; unhandled, it fails the script.
void IsolateRealm::Report(Local<Context> context, Local<Value> error, Local<v8::Message> message) {
  Local<Value> handled;
  if (!hooks_.report_exception.IsEmpty()) {
    v8::TryCatch caught(isolate_);
    if (hooks_.report_exception.Get(isolate_)
            ->Call(context, v8::Undefined(isolate_), 1, &error)
            .ToLocal(&handled) &&
        handled->IsTrue()) {
      return;
    }
  }
  if (!IsStopping() && uncaught_ == nullptr) uncaught_ = MakeFailure(context, error, "ERR_SCRIPT", message);
}

void IsolateRealm::FailRealm(Local<Context> context, Local<Value> error) {
  if (uncaught_ == nullptr) uncaught_ = MakeFailure(context, error, "ERR_SCRIPT");
}

void IsolateRealm::Exit(int code) {
  exit_code_ = code;
  handle_->Terminate(StopReason::kExit);
  // At once: a script called.
  isolate_->TerminateExecution();
}

void IsolateRealm::OnPromiseReject(v8::PromiseRejectMessage message) {
  auto* self = static_cast<IsolateRealm*>(Realm::Current());
  if (self == nullptr || self->hooks_.promise_rejected.IsEmpty()) return;
  int32_t event;
  switch (message.GetEvent()) {
    case v8::kPromiseRejectWithNoHandler:
      event = 0;
      break;
    case v8::kPromiseHandlerAddedAfterReject:
      event = 1;
      break;
    default:
      return;
  }
  Isolate* isolate = self->isolate_;
  HandleScope scope(isolate);
  Local<Context> context = self->context_.Get(isolate);
  Local<Value> reason = message.GetValue();
  Local<Value> args[] = {v8::Integer::New(isolate, event), message.GetPromise(),
                         reason.IsEmpty() ? v8::Undefined(isolate).As<Value>() : reason};
  v8::TryCatch caught(isolate);
  Ignore(self->hooks_.promise_rejected.Get(isolate)->Call(context, v8::Undefined(isolate), 3, args));
}

// What a microtask threw (`queueMicrotask`).
void IsolateRealm::OnMessage(Local<v8::Message> message, Local<Value> error) {
  auto* self = static_cast<IsolateRealm*>(Realm::Current());
  if (self == nullptr || self->IsStopping() || message->ErrorLevel() != Isolate::kMessageError) return;
  self->Report(self->context_.Get(self->isolate_), error, message);
}

// --- calls ----------------------------------------------------------------------------------------------

std::shared_ptr<IsolateRealm::Call> IsolateRealm::AddCall(CallDone done) {
  calls_.push_back(std::make_shared<Call>());
  calls_.back()->done = std::move(done);
  call_began_cpu_ms_ = cpu_ms_;
  has_run_ = true;
  return calls_.back();
}

void IsolateRealm::Run(const std::string& url, CallDone done) {
  // Not held here: it must go before the isolate does, and Enter may end that.
  const std::weak_ptr<Call> weak = AddCall(std::move(done));
  calls_.back()->is_run = true;
  Enter([&](Local<Context> at) {
    // An uncaught error fails all calls: this one may be gone when the graph has arrived.
    modules_.Load(at, url, "", "", [this, weak](Local<Context> context,
                                                                              const ModuleLoader::Loaded& loaded) {
      const std::shared_ptr<Call> call = weak.lock();
      if (call == nullptr) return;
      if (loaded.module.IsEmpty()) {
        call->early = std::make_unique<CallResult>();
        call->early->failure = MakeFailure(context, loaded.error, loaded.code.empty() ? "ERR_SCRIPT" : loaded.code);
        return;
      }
      call->module.Reset(isolate_, loaded.module);
      last_module_.Reset(isolate_, loaded.module);
      Local<Value> evaluated;
      v8::TryCatch caught(isolate_);
      if (EvaluateModule(context, loaded.module).ToLocal(&evaluated)) {
        call->promise.Reset(isolate_, evaluated.As<Promise>());
        TakeRejection(context, evaluated.As<Promise>());
      } else if (caught.CanContinue()) {
        call->early = std::make_unique<CallResult>();
        call->early->failure = MakeFailure(context, caught.Exception(), "ERR_SCRIPT", caught.Message());
      }
    });
  });
}

void IsolateRealm::Eval(const std::string& code, const std::string& filename, CallDone done) {
  Call* call = AddCall(std::move(done)).get();
  Enter([&](Local<Context> context) {
    v8::TryCatch caught(isolate_);
    Local<v8::String> source;
    Local<v8::Script> script;
    Local<Value> value;
    if (!TryString(isolate_, code).ToLocal(&source)) {
      call->early = std::make_unique<CallResult>(CallResult::Failed("ERR_SCRIPT", "The script is longer than V8 allows"));
      return;
    }
    v8::ScriptCompiler::Source unit(source, quirks::Origin(isolate_, String(isolate_, filename), false));
    if (v8::ScriptCompiler::Compile(context, &unit).ToLocal(&script) && script->Run(context).ToLocal(&value) &&
        Await(context, call, value)) {
      return;
    }
    if (caught.HasCaught() && caught.CanContinue()) {
      call->early = std::make_unique<CallResult>();
      call->early->failure = MakeFailure(context, caught.Exception(), "ERR_SCRIPT", caught.Message());
    }
  });
}

bool IsolateRealm::Await(Local<Context> context, Call* call, Local<Value> value) {
  Local<Promise::Resolver> resolver;
  if (!Promise::Resolver::New(context).ToLocal(&resolver) || !resolver->Resolve(context, value).FromMaybe(false)) {
    return false;
  }
  call->promise.Reset(isolate_, resolver->GetPromise());
  TakeRejection(context, resolver->GetPromise());
  return true;
}

void IsolateRealm::CallExport(const std::string& name, Serialized* args, CallDone done) {
  Call* call = AddCall(std::move(done)).get();
  Enter([&](Local<Context> context) {
    auto refuse = [&](std::string message) {
      call->early = std::make_unique<CallResult>(CallResult::Failed("ERR_NO_EXPORT", std::move(message)));
    };
    if (last_module_.IsEmpty()) {
      return refuse("There is no function \"" + name + "\" to call: run a module that exports it first");
    }
    v8::TryCatch caught(isolate_);
    Local<Object> names = last_module_.Get(isolate_)->GetModuleNamespace().As<Object>();
    Local<Value> function;
    if (names->Get(context, String(isolate_, name)).ToLocal(&function)) {
      if (!function->IsFunction()) {
        return refuse("The module that was run last exports no function \"" + name + "\"");
      }
      std::vector<Local<Value>> values;
      Local<Value> value;
      if (args->ReadList(isolate_, context, &values) &&
          function.As<Function>()
              ->Call(context, v8::Undefined(isolate_), static_cast<int>(values.size()), values.data())
              .ToLocal(&value) &&
          Await(context, call, value)) {
        return;
      }
    }
    if (caught.HasCaught() && caught.CanContinue()) {
      call->early = std::make_unique<CallResult>();
      call->early->failure = MakeFailure(context, caught.Exception(), "ERR_SCRIPT", caught.Message());
    }
  });
}

void IsolateRealm::ProvideModule(uint32_t request_id, ModuleAnswer answer) {
  Enter([&](Local<Context> context) { modules_.Provide(context, request_id, std::move(answer)); });
}

void IsolateRealm::SettleHostCalls() {
  Enter([this](Local<Context> context) { host_calls_.Settle(context, handle_->host_calls.TakeAnswers()); });
}

void IsolateRealm::SettleCalls(Local<Context> context) {
  HandleScope scope(isolate_);
  if (uncaught_ != nullptr) {
    std::unique_ptr<Failure> failure = std::move(uncaught_);
    if (calls_.empty()) {
      const std::string text = "Uncaught " + (failure->inspected.empty() ? failure->message : failure->inspected) + "\n";
      if (events_.output != nullptr) {
        events_.output(2, text);
      } else {
        fwrite(text.data(), 1, text.size(), stderr);
      }
      return;
    }
    // Nobody can tell whose callback threw: all calls under way fail, the oldest with the value itself.
    std::vector<std::shared_ptr<Call>> failed;
    failed.swap(calls_);
    for (const std::shared_ptr<Call>& call : failed) {
      CallResult result;
      result.failure = std::make_unique<Failure>();
      result.failure->code = failure->code;
      result.failure->message = failure->message;
      result.failure->inspected = failure->inspected;
      result.failure->location = failure->location;
      result.failure->error = std::move(failure->error);
      call->done(std::move(result));
    }
    return;
  }
  for (size_t i = 0; i < calls_.size() && !IsStopping();) {
    if (TrySettle(context, calls_[i].get())) {
      calls_.erase(calls_.begin() + static_cast<ptrdiff_t>(i));
    } else {
      ++i;
    }
  }
}

bool IsolateRealm::TrySettle(Local<Context> context, Call* call) {
  if (call->early != nullptr) {
    call->done(std::move(*call->early));
    return true;
  }
  if (call->promise.IsEmpty()) return false;
  Local<Promise> promise = call->promise.Get(isolate_);
  switch (promise->State()) {
    case Promise::kPending:
      if (IsAlive()) return false;
      call->done(CallResult::Failed(
          "ERR_UNSETTLED", call->is_run ? "The script's top-level await never settles: nothing is left that could run"
                                        : "The promise never settles: nothing is left in the isolate that could run"));
      return true;
    case Promise::kRejected: {
      CallResult result;
      result.failure = MakeFailure(context, promise->Result(), "ERR_SCRIPT");
      return Settle(call, std::move(result));
    }
    case Promise::kFulfilled:
      if (call->is_run && IsAlive()) return false;
      return Settle(call, Finished(context, call, promise->Result()));
  }
  return true;
}

// The script's getters run while its result is cloned: when they reach a limit, that is the call's result.
bool IsolateRealm::Settle(Call* call, CallResult result) {
  if (IsStopping()) return false;
  call->done(std::move(result));
  return true;
}

CallResult IsolateRealm::Finished(Local<Context> context, Call* call, Local<Value> value) {
  CallResult result;
  result.value = std::make_unique<Serialized>();
  v8::TryCatch caught(isolate_);
  if (call->is_run) {
    Local<Object> names = call->module.Get(isolate_)->GetModuleNamespace().As<Object>();
    if (SerializeExports(context, names, result.value.get())) return result;
  } else if (result.value->Write(this, context, value, kToHost)) {
    return result;
  }
  result.value.reset();
  if (caught.HasCaught() && caught.CanContinue()) {
    result.failure = MakeFailure(context, caught.Exception(), "ERR_NOT_CLONEABLE");
  }
  return result;
}

// The exports that can be cloned; functions and the like are left out.
bool IsolateRealm::SerializeExports(Local<Context> context, Local<Object> names, Serialized* into) {
  Local<v8::Array> keys;
  if (!names->GetOwnPropertyNames(context).ToLocal(&keys)) return false;
  Local<Object> exports = Object::New(isolate_);
  for (uint32_t i = 0; i < keys->Length(); ++i) {
    Local<Value> key;
    Local<Value> value;
    if (!keys->Get(context, i).ToLocal(&key) || !names->Get(context, key).ToLocal(&value)) return false;
    if (value->IsObject()) {
      v8::TryCatch caught(isolate_);
      Serialized attempt;
      if (!attempt.Write(this, context, value, kToHost)) {
        if (!caught.CanContinue()) return false;
        continue;
      }
    } else if (value->IsSymbol()) {
      continue;
    }
    if (exports->CreateDataProperty(context, key.As<v8::Name>(), value).IsNothing()) return false;
  }
  return into->Write(this, context, exports, kToHost);
}

bool IsolateRealm::IsDomException(Local<Context> context, Local<Value> error) {
  Local<Value> interface_name;
  return error->IsObject() && !hooks_.interface_name_of.IsEmpty() &&
         hooks_.interface_name_of.Get(isolate_)->Call(context, v8::Undefined(isolate_), 1, &error).ToLocal(&interface_name) &&
         interface_name->StrictEquals(Name(isolate_, "DOMException"));
}

std::unique_ptr<Failure> IsolateRealm::MakeFailure(Local<Context> context, Local<Value> error, std::string code,
                                                   Local<v8::Message> message) {
  HandleScope scope(isolate_);
  v8::TryCatch caught(isolate_);
  auto failure = std::make_unique<Failure>();
  failure->code = std::move(code);
  Local<Value> text;
  if (!hooks_.inspect_error.IsEmpty() &&
      hooks_.inspect_error.Get(isolate_)->Call(context, v8::Undefined(isolate_), 1, &error).ToLocal(&text)) {
    failure->inspected = Utf8(isolate_, text);
  }
  // Every step may run the script's code.
  if (IsStopping()) return failure;
  if (error->IsNativeError()) {
    Local<Value> own;
    if (error.As<Object>()->Get(context, Name(isolate_, "message")).ToLocal(&own)) {
      failure->message = Utf8(isolate_, own);
    }
  } else {
    failure->message = failure->inspected.empty() ? Utf8(isolate_, error) : failure->inspected;
  }
  if (IsStopping()) return failure;
  failure->location = LocationOf(isolate_, context, error, message);
  if (IsDomException(context, error)) {
    Local<Value> name;
    if (error.As<Object>()->Get(context, Name(isolate_, "name")).ToLocal(&name)) failure->dom_exception = Utf8(isolate_, name);
    if (IsStopping()) return failure;
  }
  auto serialized = std::make_unique<Serialized>();
  if (serialized->Write(this, context, error, kToHost)) failure->error = std::move(serialized);
  return failure;
}

void IsolateRealm::FailAll(const std::string& code, const std::string& message, int exit_code) {
  std::vector<std::shared_ptr<Call>> failed;
  failed.swap(calls_);
  for (const std::shared_ptr<Call>& call : failed) {
    CallResult result = CallResult::Failed(code, message);
    result.failure->exit_code = exit_code;
    call->done(std::move(result));
  }
}

// --- limits -----------------------------------------------------------------------------------------------

// V8 asks when its heap is full, and from V8 14 on also when a buffer was refused: that one is a RangeError
// in the script. A nearly empty heap may also be asked for one large object, so the limit is raised either
// way, and restored when the script is left (RestoreHeapLimit).
size_t IsolateRealm::OnNearHeapLimit(void* data, size_t current, size_t) {
  auto* self = static_cast<IsolateRealm*>(data);
  v8::HeapStatistics heap;
  self->isolate_->GetHeapStatistics(&heap);
  if (heap.used_heap_size() > self->options_.memory_limit / 2) self->handle_->Terminate(StopReason::kMemoryLimit);
  self->heap_limit_raised_ = true;
  return current + kHeapLimitReserve;
}

void IsolateRealm::RestoreHeapLimit() {
  if (!heap_limit_raised_) return;
  heap_limit_raised_ = false;
  isolate_->RemoveNearHeapLimitCallback(OnNearHeapLimit, options_.memory_limit);
  isolate_->AddNearHeapLimitCallback(OnNearHeapLimit, this);
}

// Heap and buffers share one limit: what the heap has taken is no longer there for buffers. V8 takes the
// memory of resizable buffers and of Wasm from the system without asking our allocator: it shows here only.
void IsolateRealm::OnGarbageCollected(Isolate* isolate, v8::GCType, v8::GCCallbackFlags, void* data) {
  auto* self = static_cast<IsolateRealm*>(data);
  self->mapped_.Sweep(self->account_);
  v8::HeapStatistics heap;
  isolate->GetHeapStatistics(&heap);
  const uint64_t limit = self->options_.memory_limit;
  const uint64_t used = heap.used_heap_size();
  nano_account_set_limit(self->account_, used < limit ? limit - used : 0);
  self->collect_at_ = nano_account_used(self->account_) + limit / kCollectionsPerLimit;
  if (used > limit || heap.external_memory() > limit + limit / 2) self->handle_->Terminate(StopReason::kMemoryLimit);
}

bool IsolateRealm::AdmitMapped(const std::shared_ptr<v8::BackingStore>& store, uint64_t bytes) {
  if (mapped_.Admit(account_, store, bytes)) return true;
  // Buffers that nobody holds any more may be in the way.
  Collect();
  return mapped_.Admit(account_, store, bytes);
}

void IsolateRealm::Collect() {
  isolate_->MemoryPressureNotification(v8::MemoryPressureLevel::kCritical);
  isolate_->MemoryPressureNotification(v8::MemoryPressureLevel::kNone);
}

// One large object can take the heap past its limit without a garbage collection: have one, which judges.
void IsolateRealm::CheckHeapSize() {
  v8::HeapStatistics heap;
  isolate_->GetHeapStatistics(&heap);
  if (heap.used_heap_size() > options_.memory_limit + kYoungGenerationSlack) isolate_->LowMemoryNotification();
}

IsolateStats IsolateRealm::Stats() {
  v8::HeapStatistics heap;
  isolate_->GetHeapStatistics(&heap);
  IsolateStats stats;
  stats.heap_used = heap.used_heap_size();
  stats.heap_total = heap.total_heap_size();
  stats.heap_limit = options_.memory_limit;
  stats.buffers = nano_account_used(account_);
  stats.cpu_ms = cpu_ms_;
  stats.handles = nano_realm_handles(native_) + host_calls_.waiting();
  return stats;
}

// --- the end ----------------------------------------------------------------------------------------------

// Gives back what MakeNative and Adopt took.
void IsolateRealm::Abandon() {
  if (native_ != nullptr) nano_realm_close(std::exchange(native_, nullptr));
  if (holder_ != nullptr) {
    uncaught_.reset();
    host_calls_.Clear();
    modules_.Clear();
    last_module_.Reset();
    ResetHandles();
    context_.Reset();
    holder_.reset();
  }
  if (account_ == nullptr) return;
  mapped_.Clear(account_);
  nano_account_release(std::exchange(account_, nullptr));
}

void IsolateRealm::Shutdown(StopReason reason) {
  std::string message;
  switch (reason) {
    case StopReason::kTimeLimit:
      message = "The script used more CPU time than its limit of " + std::to_string(std::lround(options_.time_limit_ms)) +
                " ms allows; raise timeLimit or make it do less";
      break;
    case StopReason::kMemoryLimit:
      message = "The isolate needed more memory than its limit of " + std::to_string(options_.memory_limit >> 20) +
                " MiB allows; raise memoryLimit or make it hold less";
      break;
    case StopReason::kExit:
      message = "The script called exit(" + std::to_string(exit_code_) + ")";
      break;
    case StopReason::kNone:
    case StopReason::kDisposed:
      message = "The isolate was disposed before the call was finished";
      break;
  }
  FailAll(CodeOf(reason), message, exit_code_);
  handle_->realm = nullptr;
  handle_->host_calls.Close();
  handle_->Withdraw(reason);
  Abandon();
  const std::shared_ptr<IsolateHandle> handle = handle_;
  delete this;
  handle->ended();
}

}  // namespace nano
