#include "realm.h"

#include "convert.h"
#include "strings.h"

namespace nano {

using v8::Context;
using v8::Function;
using v8::HandleScope;
using v8::Local;
using v8::Object;
using v8::Promise;
using v8::Value;

thread_local Realm* Realm::current_ = nullptr;

void Realm::SetHooks(Local<Context> context, Local<Object> hooks) {
  auto take = [&](const char* name, v8::Global<Function>& into) {
    Local<Value> value = Get(context, hooks, name);
    if (value->IsFunction()) into.Reset(isolate_, value.As<Function>());
  };
  take("runTimer", hooks_.run_timer);
  take("runTask", hooks_.run_task);
  take("makeError", hooks_.make_error);
  take("promiseRejected", hooks_.promise_rejected);
  take("notifyRejections", hooks_.notify_rejections);
  take("reportException", hooks_.report_exception);
  take("inspectError", hooks_.inspect_error);
  take("importMetaResolve", hooks_.import_meta_resolve);
  take("installCli", hooks_.install_cli);
  take("interfaceNameOf", hooks_.interface_name_of);
  take("loadMember", hooks_.load_member);
  take("pinSpecies", hooks_.pin_species);
  take("warmUp", hooks_.warm_up);
  take("warmUpGroups", hooks_.warm_up_groups);
  take("begin", hooks_.begin);
}

Local<Value> Realm::MakeError(Local<Context> context, std::string_view error_class, std::string_view message,
                              std::string_view code, std::string_view detail) {
  Local<v8::String> text = TryString(isolate_, message).FromMaybe(v8::String::Empty(isolate_));
  if (!hooks_.make_error.IsEmpty()) {
    Local<Value> args[] = {String(isolate_, error_class), text, String(isolate_, code), String(isolate_, detail)};
    Local<Value> error;
    v8::TryCatch caught(isolate_);
    if (hooks_.make_error.Get(isolate_)->Call(context, v8::Undefined(isolate_), 4, args).ToLocal(&error)) return error;
  }
  return v8::Exception::Error(text);
}

Local<Value> Realm::MakeError(Local<Context> context, const NanoFailure& failure) {
  auto view = [](const NanoFailureText& text) {
    return std::string_view(reinterpret_cast<const char*>(text.ptr), text.len);
  };
  return MakeError(context, view(failure.error_class), view(failure.message), view(failure.code), view(failure.detail));
}

Local<Promise> Realm::AddResolver(Local<Context> context, NanoRequest* request) {
  Local<Promise::Resolver> resolver = Promise::Resolver::New(context).ToLocalChecked();
  *nano_request_slot(request) = resolvers_.Add(isolate_, resolver);
  return resolver->GetPromise();
}

bool Realm::DeliverCompletions(Local<Context> context) {
  NanoRequest* next = nano_realm_take_completed(native_);
  while (NanoRequest* request = next) {
    next = nano_request_next(request);
    if (!IsStopping()) {
      HandleScope scope(isolate_);
      Settle(context, request);
    }
    nano_request_finish(request);
  }
  return !IsStopping();
}

void Realm::Settle(Local<Context> context, NanoRequest* request) {
  Local<Promise::Resolver> resolver = resolvers_.Take(isolate_, *nano_request_slot(request));
  NanoValue* result = nano_request_result(request);
  if (result->tag == NanoTag::kFailure) {
    Ignore(resolver->Reject(context, MakeError(context, *result->payload.failure)));
    return;
  }
  Local<Value> value;
  if (ToJs(this, context, result).ToLocal(&value)) {
    Ignore(resolver->Resolve(context, value));
  } else {
    Ignore(resolver->Reject(context, MakeError(context, "RangeError", kResultTooLarge)));
  }
}

void Realm::SettleInline(Local<Context> context, NanoRequest* request) {
  Settle(context, request);
  nano_request_finish(request);
}

void Realm::DropCompletions() {
  NanoRequest* next = nano_realm_take_completed(native_);
  while (NanoRequest* request = next) {
    next = nano_request_next(request);
    nano_request_finish(request);
  }
}

void Realm::ResetHandles() {
  resolvers_.Clear();
  hooks_ = Hooks{};
}

}  // namespace nano
