#include "host_calls.h"

#include <utility>

#include "isolate_realm.h"
#include "strings.h"

namespace nano {

using v8::Context;
using v8::Function;
using v8::HandleScope;
using v8::Isolate;
using v8::Local;
using v8::Object;
using v8::Promise;
using v8::Value;

namespace {

// What one isolate may have the host do in one turn of its loop, in calls and in bytes of their arguments.
constexpr size_t kCallsPerTurnMax = 128;
constexpr size_t kBytesPerTurnMax = 4 << 20;

// One error of the list that comes with NanoHostAnswer::kFailed.
Local<Value> MakeError(Realm* realm, Local<Context> context, const Local<Value>* fields, Local<Value> cause) {
  Isolate* isolate = realm->isolate();
  const std::string name = Utf8(isolate, fields[1]);
  Local<v8::String> message = fields[2].As<v8::String>();
  Local<Value> error;
  bool has_own_name = false;
  if (fields[0]->IsTrue()) {
    error = realm->MakeError(context, "DOMException:" + name, Utf8(isolate, message));
  } else if (name == "TypeError") {
    error = v8::Exception::TypeError(message);
  } else if (name == "RangeError") {
    error = v8::Exception::RangeError(message);
  } else if (name == "SyntaxError") {
    error = v8::Exception::SyntaxError(message);
  } else if (name == "ReferenceError") {
    error = v8::Exception::ReferenceError(message);
  } else {
    error = v8::Exception::Error(message);
    has_own_name = name != "Error";
  }
  auto define = [&](const char* key, Local<Value> value, v8::PropertyAttribute attributes) {
    Ignore(error.As<Object>()->DefineOwnProperty(context, Name(isolate, key), value, attributes));
  };
  if (has_own_name) {
    define("name", fields[1], v8::DontEnum);
    // What V8 wrote there begins with "Error".
    define("stack", String(isolate, name + ": " + Utf8(isolate, message)), v8::DontEnum);
  }
  if (!fields[3]->IsUndefined()) define("code", fields[3], v8::None);
  if (!cause.IsEmpty()) define("cause", cause, v8::DontEnum);
  return error;
}

}  // namespace

// --- the queue ------------------------------------------------------------------------------------------

bool HostCallQueue::PushCall(HostCall call) {
  std::lock_guard<std::mutex> guard(lock_);
  if (closed_) return false;
  calls_.push_back(std::move(call));
  return !std::exchange(host_is_told_, true);
}

std::vector<HostCall> HostCallQueue::TakeCalls(bool* more) {
  std::vector<HostCall> taken;
  size_t bytes = 0;
  std::lock_guard<std::mutex> guard(lock_);
  while (!calls_.empty() && taken.size() < kCallsPerTurnMax && bytes < kBytesPerTurnMax) {
    bytes += calls_.front().arguments->size();
    taken.push_back(std::move(calls_.front()));
    calls_.pop_front();
  }
  *more = host_is_told_ = !calls_.empty();
  return taken;
}

bool HostCallQueue::PushAnswer(HostAnswer answer) {
  std::lock_guard<std::mutex> guard(lock_);
  if (closed_) return false;
  answers_.push_back(std::move(answer));
  return answers_.size() == 1;
}

std::vector<HostAnswer> HostCallQueue::TakeAnswers() {
  std::lock_guard<std::mutex> guard(lock_);
  return std::exchange(answers_, {});
}

void HostCallQueue::Close() {
  std::deque<HostCall> calls;
  std::vector<HostAnswer> answers;
  std::lock_guard<std::mutex> guard(lock_);
  closed_ = true;
  calls.swap(calls_);
  answers.swap(answers_);
}

// --- the isolate's half -----------------------------------------------------------------------------------

HostCalls::HostCalls(Realm* realm, HostCallQueue* queue, std::vector<std::string> names, uint32_t waiting_max,
                     std::function<void()> tell_host)
    : realm_(realm),
      queue_(queue),
      names_(std::move(names)),
      waiting_max_(waiting_max),
      tell_host_(std::move(tell_host)) {}

bool HostCalls::Install(Local<Context> context) {
  Isolate* isolate = realm_->isolate();
  std::vector<Local<v8::Name>> keys;
  std::vector<Local<Value>> functions;
  for (size_t i = 0; i < names_.size(); ++i) {
    Local<v8::String> name = String(isolate, names_[i]);
    Local<Function> function;
    if (!Function::New(context, OnCall, v8::Integer::New(isolate, static_cast<int32_t>(i)), 0,
                       v8::ConstructorBehavior::kThrow)
             .ToLocal(&function)) {
      return false;
    }
    function->SetName(name);
    keys.push_back(name);
    functions.push_back(function);
  }
  Local<Object> host = Object::New(isolate, v8::Null(isolate), keys.data(), functions.data(), keys.size());
  return host->SetIntegrityLevel(context, v8::IntegrityLevel::kFrozen).FromMaybe(false) &&
         context->Global()->DefineOwnProperty(context, Name(isolate, "host"), host, v8::DontEnum).FromMaybe(false);
}

void HostCalls::OnCall(const v8::FunctionCallbackInfo<Value>& info) {
  Local<Context> context = info.GetIsolate()->GetCurrentContext();
  Local<Promise::Resolver> resolver;
  if (!Promise::Resolver::New(context).ToLocal(&resolver)) return;
  info.GetReturnValue().Set(resolver->GetPromise());
  std::vector<Local<Value>> arguments(static_cast<size_t>(info.Length()));
  for (int i = 0; i < info.Length(); ++i) arguments[static_cast<size_t>(i)] = info[i];
  const auto function = static_cast<uint32_t>(info.Data().As<v8::Integer>()->Value());
  static_cast<IsolateRealm*>(Realm::Current())->host_calls()->Begin(context, function, resolver, arguments);
}

void HostCalls::Begin(Local<Context> context, uint32_t function, Local<Promise::Resolver> resolver,
                      const std::vector<Local<Value>>& arguments) {
  Isolate* isolate = realm_->isolate();
  const std::string what = "host." + names_[function] + ": ";
  if (resolvers_.size() >= waiting_max_) {
    Ignore(resolver->Reject(
        context, realm_->MakeError(context, "Error",
                                   what + std::to_string(waiting_max_) +
                                       " calls of host functions wait for their answers, as many as hostCallsMax allows; await some first",
                                   "ERR_HOST_CALLS_FULL")));
    return;
  }
  realm_->CollectWhenDue();
  // Taken before the arguments are written: their getters may call host functions too.
  const uint32_t slot = resolvers_.Add(isolate, resolver);
  auto written = std::make_unique<Serialized>();
  std::optional<Serialized::Refusal> refusal;
  v8::TryCatch caught(isolate);
  if (written->WriteList(realm_, context, arguments, &refusal)) {
    if (queue_->PushCall({slot, function, std::move(written)})) tell_host_();
    return;
  }
  resolvers_.Take(isolate, slot);
  if (!caught.CanContinue()) return;
  Local<Value> error = caught.Exception();
  if (refusal.has_value()) {
    error = realm_->MakeError(context, "DOMException:DataCloneError", what + refusal->Text());
  }
  Ignore(resolver->Reject(context, error));
}

void HostCalls::Settle(Local<Context> context, std::vector<HostAnswer> answers) {
  Isolate* isolate = realm_->isolate();
  for (HostAnswer& answer : answers) {
    if (realm_->IsStopping()) return;
    HandleScope scope(isolate);
    Local<Promise::Resolver> resolver = resolvers_.Take(isolate, answer.slot);
    std::vector<Local<Value>> values;
    v8::TryCatch caught(isolate);
    if (!answer.values->ReadList(isolate, context, &values)) {
      if (!caught.CanContinue()) return;
      Ignore(resolver->Reject(context, realm_->MakeError(context, "RangeError", "A host function's result does not fit into the isolate's memory")));
    } else if (answer.kind == NanoHostAnswer::kValue) {
      Ignore(resolver->Resolve(context, values[0]));
    } else {
      Ignore(resolver->Reject(context, answer.kind == NanoHostAnswer::kThrown ? values[0] : MakeThrown(context, values)));
    }
  }
}

Local<Value> HostCalls::MakeThrown(Local<Context> context, const std::vector<Local<Value>>& values) {
  constexpr size_t fields = HostAnswer::kErrorFields;
  Local<Value> cause;
  if (values.size() % fields != 0) cause = values.back();
  for (size_t i = values.size() / fields; i-- > 0;) cause = MakeError(realm_, context, &values[i * fields], cause);
  return cause;
}

}  // namespace nano
