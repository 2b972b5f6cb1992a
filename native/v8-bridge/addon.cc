// The addon's Node-API entry and the SDK's own surface (NativeAddon in src-ts/sdk/native.ts).
//
// Results come from shard threads through the environment's Port; a promise under way keeps Node alive.
#include <napi.h>
#include <node.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <utility>

#include "environment.h"
#include "intrinsics.h"
#include "isolate_realm.h"
#include "js_object.h"
#include "op_table.h"
#include "quirks.h"
#include "shard_task.h"
#include "spare_isolates.h"
#include "startup.h"
#include "strings.h"
#include "tls_roots.h"

namespace nano {

namespace {

// A promise that is settled later. While a worker is being terminated there is none, and nothing happens; Napi::Promise::Deferred
// holds whatever was in memory then.
class PendingPromise {
 public:
  explicit PendingPromise(Napi::Env env) : env_(env) {
    if (napi_create_promise(env, &deferred_, &promise_) == napi_ok) return;
    deferred_ = nullptr;
    promise_ = nullptr;
  }
  // In the scope that it was made in only.
  Napi::Value Promise() const { return {env_, promise_}; }
  void Resolve(napi_value value) {
    if (deferred_ != nullptr) napi_resolve_deferred(env_, std::exchange(deferred_, nullptr), value);
  }
  void Reject(napi_value value) {
    if (deferred_ != nullptr) napi_reject_deferred(env_, std::exchange(deferred_, nullptr), value);
  }

 private:
  Napi::Env env_;
  napi_deferred deferred_ = nullptr;
  napi_value promise_ = nullptr;
};

using Deferred = std::shared_ptr<PendingPromise>;

// Node-API's handles are V8's (napi_value is a v8::Local by bits in every Node); this is the one place
// that says so.
static_assert(sizeof(napi_value) == sizeof(v8::Local<v8::Value>));

Napi::Value ToNapi(Napi::Env env, v8::Local<v8::Value> local) {
  napi_value value;
  std::memcpy(&value, &local, sizeof value);
  return Napi::Value(env, value);
}

v8::Local<v8::Value> FromNapi(napi_value value) {
  v8::Local<v8::Value> local;
  std::memcpy(static_cast<void*>(&local), &value, sizeof value);
  return local;
}

// Node-API calls need a handle scope, and JavaScript that runs from a promise needs a callback scope. What a
// callback throws is Node's uncaught exception, as from any event.
template <class Body>
void InCallbackScope(napi_env env, Body body) {
  v8::Isolate* isolate = v8::Isolate::GetCurrent();
  v8::HandleScope handles(isolate);
  node::CallbackScope scope(isolate, v8::Object::New(isolate), node::async_context{0, 0});
  body();
  bool pending = false;
  napi_value exception;
  if (napi_is_exception_pending(env, &pending) == napi_ok && pending &&
      napi_get_and_clear_last_exception(env, &exception) == napi_ok) {
    napi_fatal_exception(env, exception);
  }
}

// --- results --------------------------------------------------------------------------------------------

Napi::Value FailureToJs(Napi::Env env, const Failure& failure) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("code", failure.code);
  object.Set("message", failure.message);
  if (!failure.inspected.empty()) object.Set("inspected", failure.inspected);
  if (!failure.dom_exception.empty()) object.Set("domException", failure.dom_exception);
  if (failure.code == "ERR_EXIT") object.Set("exitCode", failure.exit_code);
  if (failure.location.has_value()) {
    Napi::Object location = Napi::Object::New(env);
    location.Set("filename", failure.location->filename);
    location.Set("line", failure.location->line);
    location.Set("column", failure.location->column);
    location.Set("sourceLine", failure.location->source_line);
    location.Set("width", failure.location->width);
    object.Set("location", location);
  }
  if (failure.error != nullptr) {
    v8::Isolate* isolate = v8::Isolate::GetCurrent();
    v8::TryCatch caught(isolate);
    v8::Local<v8::Value> error;
    if (failure.error->Read(isolate, isolate->GetCurrentContext()).ToLocal(&error)) {
      object.Set("error", ToNapi(env, error));
    }
  }
  return object;
}

void Settle(Napi::Env env, const Deferred& deferred, CallResult& result) {
  if (result.failure != nullptr) return deferred->Reject(FailureToJs(env, *result.failure));
  if (result.value == nullptr) return deferred->Resolve(env.Undefined());
  v8::Isolate* isolate = v8::Isolate::GetCurrent();
  v8::TryCatch caught(isolate);
  v8::Local<v8::Value> value;
  if (result.value->Read(isolate, isolate->GetCurrentContext()).ToLocal(&value)) {
    return deferred->Resolve(ToNapi(env, value));
  }
  Failure failure;
  failure.code = "ERR_NOT_CLONEABLE";
  failure.message = "The result could not be read: " + (caught.HasCaught() ? Utf8(isolate, caught.Exception()) : "");
  deferred->Reject(FailureToJs(env, failure));
}

// A promise that a shard settles. `reply` takes what `settle` makes of it on the Node thread.
template <class Result>
struct Reply {
  Napi::Value promise;
  std::function<void(Result)> reply;
};

template <class Result, class SettleBody>
Reply<Result> MakeReply(Napi::Env env, SettleBody settle) {
  std::shared_ptr<Port> port = Environment::Get(v8::Isolate::GetCurrent())->port();
  auto deferred = std::make_shared<PendingPromise>(env);
  port->AddPending();
  auto reply = [env, port, deferred, settle](Result result) {
    auto held = std::make_shared<Result>(std::move(result));
    port->Post([env, port, deferred, settle, held] {
      InCallbackScope(env, [&] { settle(env, deferred, *held); });
      port->RemovePending();
    });
  };
  return {deferred->Promise(), std::move(reply)};
}

// --- isolates -------------------------------------------------------------------------------------------

// NativeIsolate: the JavaScript object that stands for an isolate on a shard.
class IsolateObject : public Napi::ObjectWrap<IsolateObject> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(env, "NativeIsolate",
                       {
                           InstanceMethod("run", &IsolateObject::Run),
                           InstanceMethod("eval", &IsolateObject::Eval),
                           InstanceMethod("call", &IsolateObject::CallExport),
                           InstanceMethod("provideModule", &IsolateObject::ProvideModule),
                           InstanceMethod("answerHostCall", &IsolateObject::AnswerHostCall),
                           InstanceMethod("stats", &IsolateObject::Stats),
                           InstanceMethod("dispose", &IsolateObject::Dispose),
                       });
  }

  explicit IsolateObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<IsolateObject>(info) {}

  // Dropped by the garbage collector without dispose: the isolate ends all the same.
  ~IsolateObject() override {
    if (handle_ != nullptr) Environment::EndIsolate(handle_);
  }

  void Attach(std::shared_ptr<IsolateHandle> handle) { handle_ = std::move(handle); }

 private:
  Napi::Value Run(const Napi::CallbackInfo& info) {
    std::string url = info[0].As<Napi::String>();
    return Call(info.Env(), [url](IsolateRealm* realm, CallDone done) { realm->Run(url, std::move(done)); });
  }

  Napi::Value Eval(const Napi::CallbackInfo& info) {
    std::string code = info[0].As<Napi::String>();
    std::string filename = info[1].As<Napi::String>();
    return Call(info.Env(), [code, filename](IsolateRealm* realm, CallDone done) {
      realm->Eval(code, filename, std::move(done));
    });
  }

  // Throws a DataCloneError for an argument that cannot be cloned, and what the arguments' getters throw.
  Napi::Value CallExport(const Napi::CallbackInfo& info) {
    std::string name = info[0].As<Napi::String>();
    v8::Isolate* isolate = v8::Isolate::GetCurrent();
    HostRealm* host = Environment::Get(isolate)->host_realm();
    if (host == nullptr) {
      Napi::Error::New(info.Env(), "The process is ending").ThrowAsJavaScriptException();
      return {};
    }
    v8::Local<v8::Context> context = isolate->GetCurrentContext();
    auto args = std::make_shared<Serialized>();
    std::optional<Serialized::Refusal> refusal;
    v8::TryCatch caught(isolate);
    if (!args->WriteList(host, context, JsObject(FromNapi(info[1])).Items(), &refusal)) {
      if (!refusal.has_value()) {
        caught.ReThrow();
        return {};
      }
      caught.Reset();
      isolate->ThrowException(host->MakeError(context, "DOMException:DataCloneError", refusal->Text()));
      caught.ReThrow();
      return {};
    }
    return Call(info.Env(), [name, args](IsolateRealm* realm, CallDone done) {
      realm->CallExport(name, args.get(), std::move(done));
    });
  }

  template <class Body>
  Napi::Value Call(Napi::Env env, Body body) {
    Reply<CallResult> reply = MakeReply<CallResult>(env, Settle);
    const uint64_t ticket = handle_->Await([done = reply.reply](StopReason reason) {
      done(CallResult::Failed(CodeOf(reason), StuckMessage(reason)));
    });
    PostToShard(handle_->shard, [handle = handle_, body, ticket, done = reply.reply] {
      CallDone once = [handle, ticket, done](CallResult result) {
        if (handle->TakeAnswer(ticket)) done(std::move(result));
      };
      if (handle->realm != nullptr) return body(handle->realm, std::move(once));
      once(CallResult::Failed("ERR_DISPOSED", EndedMessage(handle->stop_reason)));
    });
    return reply.promise;
  }

  static std::string StuckMessage(StopReason reason) {
    const char* why = reason == StopReason::kTimeLimit     ? "its timeLimit is used up"
                      : reason == StopReason::kMemoryLimit ? "its memoryLimit is used up"
                                                           : "it was disposed";
    return std::string("The isolate runs a built-in function that V8 cannot interrupt, though ") + why +
           "; it ends when that function does";
  }

  static std::string EndedMessage(StopReason reason) {
    switch (reason) {
      case StopReason::kTimeLimit:
        return "The isolate has ended: a script used more CPU time than its timeLimit; create a new one";
      case StopReason::kMemoryLimit:
        return "The isolate has ended: it needed more memory than its memoryLimit; create a new one";
      case StopReason::kExit:
        return "The isolate has ended: its script called exit; create a new one";
      case StopReason::kNone:
      case StopReason::kDisposed:
        break;
    }
    return "The isolate is disposed; create a new one";
  }

  void ProvideModule(const Napi::CallbackInfo& info) {
    const uint32_t id = info[0].As<Napi::Number>();
    const JsObject given(FromNapi(info[1]));
    ModuleAnswer answer;
    if (given.Has("errorClass")) {
      answer.error = given.Text("error");
      answer.error_class = given.Text("errorClass");
      answer.error_code = given.Text("code");
    } else {
      answer.url = given.Text("url");
      answer.filename = given.Text("filename");
      answer.source = given.Text("source");
      answer.is_json = given.Text("kind") == "json";
      answer.is_main = given.Flag("main");
    }
    PostToShard(handle_->shard, [handle = handle_, id, answer = std::move(answer)]() mutable {
      if (handle->realm != nullptr) handle->realm->ProvideModule(id, std::move(answer));
    });
  }

  // Why the values cannot be cloned, if so: there is no answer then. Throws what their getters throw.
  Napi::Value AnswerHostCall(const Napi::CallbackInfo& info) {
    v8::Isolate* isolate = v8::Isolate::GetCurrent();
    HostRealm* host = Environment::Get(isolate)->host_realm();
    // Null: the process is ending, and the isolate with it.
    if (host == nullptr || handle_->stop_reason != StopReason::kNone) return info.Env().Undefined();
    HostAnswer answer = {info[0].As<Napi::Number>(), static_cast<NanoHostAnswer>(info[1].As<Napi::Number>().Int32Value()),
                         std::make_unique<Serialized>()};
    std::optional<Serialized::Refusal> refusal;
    v8::TryCatch caught(isolate);
    if (!answer.values->WriteList(host, isolate->GetCurrentContext(), JsObject(FromNapi(info[2])).Items(), &refusal)) {
      if (refusal.has_value()) return Napi::String::New(info.Env(), refusal->reason);
      caught.ReThrow();
      return {};
    }
    if (handle_->host_calls.PushAnswer(std::move(answer))) {
      PostToShard(handle_->shard, [handle = handle_] {
        if (handle->realm != nullptr) handle->realm->SettleHostCalls();
      });
    }
    return info.Env().Undefined();
  }

  Napi::Value Stats(const Napi::CallbackInfo& info) {
    struct Result {
      bool ended;
      IsolateStats stats;
      StopReason reason;
    };
    auto reply = MakeReply<Result>(info.Env(), [](Napi::Env env, const Deferred& deferred, Result& result) {
      if (result.ended) {
        Failure failure;
        failure.code = "ERR_DISPOSED";
        failure.message = EndedMessage(result.reason);
        return deferred->Reject(FailureToJs(env, failure));
      }
      Napi::Object object = Napi::Object::New(env);
      object.Set("heapUsed", static_cast<double>(result.stats.heap_used));
      object.Set("heapTotal", static_cast<double>(result.stats.heap_total));
      object.Set("heapLimit", static_cast<double>(result.stats.heap_limit));
      object.Set("buffers", static_cast<double>(result.stats.buffers));
      object.Set("cpuTime", result.stats.cpu_ms);
      object.Set("handles", result.stats.handles);
      deferred->Resolve(object);
    });
    const uint64_t ticket = handle_->Await([done = reply.reply](StopReason reason) { done({true, {}, reason}); });
    PostToShard(handle_->shard, [handle = handle_, ticket, done = reply.reply] {
      if (!handle->TakeAnswer(ticket)) return;
      if (handle->realm == nullptr) return done({true, {}, handle->stop_reason});
      done({false, handle->realm->Stats(), StopReason::kNone});
    });
    return reply.promise;
  }

  Napi::Value Dispose(const Napi::CallbackInfo& info) {
    auto reply = MakeReply<bool>(info.Env(), [](Napi::Env env, const Deferred& deferred, bool&) {
      deferred->Resolve(env.Undefined());
    });
    const uint64_t ticket = handle_->Await([done = reply.reply](StopReason) { done(true); });
    Environment::EndIsolate(handle_, [handle = handle_, ticket, done = reply.reply] {
      if (handle->TakeAnswer(ticket)) done(true);
    });
    return reply.promise;
  }

  std::shared_ptr<IsolateHandle> handle_;
};

IsolateOptions ReadOptions(const JsObject& given) {
  IsolateOptions options;
  options.memory_limit = static_cast<uint64_t>(given.Number("memoryLimit"));
  options.time_limit_ms = given.Number("timeLimit");
  const std::vector<double> terminals = given.Numbers("terminals");
  for (size_t i = 0; i < std::min(terminals.size(), std::size(options.terminals)); ++i) {
    options.terminals[i] = static_cast<uint32_t>(terminals[i]);
  }
  options.spares_max = static_cast<size_t>(given.Number("sparesMax"));
  options.host_functions = given.Texts("hostFunctions");
  options.host_calls_max = static_cast<uint32_t>(given.Number("hostCallsMax"));
  options.network = given.Text("network");
  const JsObject cli = given.Object("cli");
  options.has_cli = cli.IsObject();
  options.cli_args = cli.Texts("args");
  options.cli_env = cli.Entries("env");
  return options;
}

// What is there once per load of the addon.
struct AddonData {
  Napi::FunctionReference isolate_class;
};

using Callbacks = std::shared_ptr<Napi::ObjectReference>;

void CallBack(const Callbacks& callbacks, const char* name, const std::initializer_list<napi_value>& args) {
  // Empty: the isolate's object is gone, and the isolate about to end.
  Napi::Object object = callbacks->Value();
  if (object.IsEmpty()) return;
  Napi::Value function = object.Get(name);
  if (function.IsFunction()) function.As<Napi::Function>().Call(object, args);
}

// Undefined when they do not fit into Node's heap.
Napi::Value ReadArguments(Napi::Env env, v8::Isolate* isolate, std::unique_ptr<Serialized> arguments) {
  std::vector<v8::Local<v8::Value>> values;
  v8::TryCatch caught(isolate);
  if (!arguments->ReadList(isolate, isolate->GetCurrentContext(), &values)) return env.Undefined();
  return ToNapi(env, v8::Array::New(isolate, values.data(), values.size()));
}

// What a turn of the event loop may run of an isolate's host calls.
void RunHostCalls(napi_env env, const std::shared_ptr<Port>& port, const Callbacks& callbacks,
                  const std::shared_ptr<IsolateHandle>& handle) {
  bool more;
  std::vector<HostCall> calls = handle->host_calls.TakeCalls(&more);
  if (more) port->Post([env, port, callbacks, handle] { RunHostCalls(env, port, callbacks, handle); });
  v8::Isolate* isolate = v8::Isolate::GetCurrent();
  InCallbackScope(env, [&] {
    for (HostCall& call : calls) {
      // Once it is told to end, perhaps by the call before, none of its calls begins.
      if (handle->stop_reason != StopReason::kNone || Napi::Env(env).IsExceptionPending()) return;
      v8::HandleScope scope(isolate);
      const napi_value list = ReadArguments(env, isolate, std::exchange(call.arguments, nullptr));
      CallBack(callbacks, "callHost", {Napi::Number::New(env, call.slot), Napi::Number::New(env, call.function), list});
    }
  });
}

Napi::Value CreateIsolate(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const char* problem = nano_core_init();
  if (problem != nullptr || !Startup::IsConfigured()) {
    Napi::Error::New(env, problem != nullptr ? problem : "configure() comes before createIsolate()")
        .ThrowAsJavaScriptException();
    return {};
  }
  const JsObject given(FromNapi(info[0]));
  IsolateOptions options = ReadOptions(given);
  // Nothing could be read: the worker is being terminated.
  if (options.memory_limit == 0) return env.Undefined();
  Environment* environment = Environment::Get(v8::Isolate::GetCurrent());
  if (!environment->IsRunning()) {
    Napi::Error::New(env, "The process is ending: no isolate can be made any more").ThrowAsJavaScriptException();
    return {};
  }
  std::shared_ptr<Port> port = environment->port();

  // The callbacks are used and released on this thread only. They refer to the isolate's object as a rule: once
  // that is made, it holds them and this reference becomes weak, so that both can be collected.
  Callbacks callbacks(
      new Napi::ObjectReference(Napi::Persistent(info[1].As<Napi::Object>())),
      [port](Napi::ObjectReference* reference) {
        port->Post([reference] { delete reference; });
      });
  auto handle = std::make_shared<IsolateHandle>();
  handle->shard = nano_shard_pick();
  IsolateEvents events;
  events.host_called = [env, port, callbacks, handle] {
    port->Post([env, port, callbacks, handle] { RunHostCalls(env, port, callbacks, handle); });
  };
  events.load_module = [env, port, callbacks](ModuleRequestMessage request) {
    port->Post([env, callbacks, request = std::move(request)] {
      InCallbackScope(env, [&] {
        Napi::Object object = Napi::Object::New(env);
        object.Set("requestId", request.request_id);
        object.Set("specifier", request.specifier);
        object.Set("referrer", request.referrer);
        object.Set("type", request.type);
        CallBack(callbacks, "loadModule", {object});
      });
    });
  };
  if (given.Text("stdio") == "callback") {
    events.output = [env, port, callbacks](uint32_t fd, std::string text) {
      port->Post([env, callbacks, fd, text = std::move(text)] {
        InCallbackScope(env, [&] {
          CallBack(callbacks, "output", {Napi::Number::New(env, fd), Napi::String::New(env, text)});
        });
      });
    };
  }

  environment->AddIsolate(handle);
  struct Result {
    std::string error;
  };
  auto reply = MakeReply<Result>(env, [handle, callbacks](Napi::Env at, const Deferred& deferred, Result& result) {
    if (!result.error.empty()) {
      Failure failure;
      failure.code = "ERR_ISOLATE_CREATION";
      failure.message = "The isolate could not be created: " + result.error;
      return deferred->Reject(FailureToJs(at, failure));
    }
    Napi::Object object = at.GetInstanceData<AddonData>()->isolate_class.New({});
    // Nothing, at whichever call: the worker is being terminated, and with it the isolate.
    IsolateObject* native = object.IsEmpty() ? nullptr : IsolateObject::Unwrap(object);
    if (native == nullptr) return;
    native->Attach(handle);
    object.DefineProperty(Napi::PropertyDescriptor::Value("callbacks", callbacks->Value(), napi_default));
    callbacks->Unref();
    deferred->Resolve(object);
  });
  PostToShard(handle->shard, [handle, options = std::move(options), events = std::move(events), done = reply.reply] {
    std::string error;
    IsolateRealm::Create(handle, options, events, &error);
    done({std::move(error)});
  });
  return reply.promise;
}

void Configure(const Napi::CallbackInfo& info) {
  Startup::Configure(info[0].As<Napi::String>(), info[1].As<Napi::String>(), info[2].As<Napi::String>());
}

void PrepareIsolate(const Napi::CallbackInfo& info) {
  SpareIsolates::Prepare(static_cast<uint64_t>(info[0].As<Napi::Number>().Int64Value()));
}

Napi::Value CountSpares(const Napi::CallbackInfo& info) {
  const SpareIsolates::Counts counts = SpareIsolates::Count();
  Napi::Object object = Napi::Object::New(info.Env());
  object.Set("ready", static_cast<double>(counts.ready));
  object.Set("taken", static_cast<double>(counts.taken));
  return object;
}

// `ops` and `intrinsics` of the host realm are made when they are first read (the CLI needs neither), and once: V8
// keeps a function's template for as long as its context lives.
Napi::Value GetHostPart(const Napi::CallbackInfo& info) {
  v8::Isolate* isolate = v8::Isolate::GetCurrent();
  v8::Local<v8::Context> context = isolate->GetCurrentContext();
  if (Environment::Get(isolate)->host_realm() == nullptr) {
    const char* problem = nano_core_init();
    Napi::Error::New(info.Env(), std::string("The native core cannot start: ") + (problem ? problem : "it has ended"))
        .ThrowAsJavaScriptException();
    return {};
  }
  const bool ops = info.Data() == nullptr;
  Napi::Value part = ToNapi(info.Env(), ops ? MakeOps(context) : MakeIntrinsics(context, "host"));
  info.This().As<Napi::Object>().DefineProperty(
      Napi::PropertyDescriptor::Value(ops ? "ops" : "intrinsics", part, napi_enumerable));
  return part;
}

// node:crypto takes 8 to 24 ms to load, in a process that may live for 50.
Napi::Value Sha256(const Napi::CallbackInfo& info) {
  const std::string text = info[0].As<Napi::String>();
  uint8_t digest[32];
  nano_sha256(reinterpret_cast<const uint8_t*>(text.data()), text.size(), digest);
  char hex[2 * sizeof digest + 1];
  for (size_t i = 0; i < sizeof digest; ++i) std::snprintf(hex + 2 * i, 3, "%02x", digest[i]);
  return Napi::String::New(info.Env(), hex);
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  quirks::KeepLoopsInterruptible();
  auto* data = new AddonData{Napi::Persistent(IsolateObject::Define(env))};
  env.SetInstanceData(data);
  // Makes the environment, and with it the cleanup hook.
  Environment::Get(v8::Isolate::GetCurrent());
  static int intrinsics_marker;
  constexpr auto lazy = static_cast<napi_property_attributes>(napi_enumerable | napi_configurable);
  exports.DefineProperties({
      Napi::PropertyDescriptor::Accessor<GetHostPart>("ops", lazy, nullptr),
      Napi::PropertyDescriptor::Accessor<GetHostPart>("intrinsics", lazy, &intrinsics_marker),
  });
  exports.Set("cacheTag", Startup::CacheTag());
  exports.Set("configure", Napi::Function::New(env, Configure, "configure"));
  exports.Set("sha256", Napi::Function::New(env, Sha256, "sha256"));
  exports.Set("setRootsProvider", Napi::Function::New(env, SetRootsProvider, "setRootsProvider"));
  exports.Set("createIsolate", Napi::Function::New(env, CreateIsolate, "createIsolate"));
  exports.Set("prepareIsolate", Napi::Function::New(env, PrepareIsolate, "prepareIsolate"));
  exports.Set("countSpares", Napi::Function::New(env, CountSpares, "countSpares"));
  return exports;
}

}  // namespace

NODE_API_MODULE(nano, Init)

}  // namespace nano
