#include "op_table.h"

#include "convert.h"
#include "strings.h"

namespace nano {

using v8::Context;
using v8::FunctionCallbackInfo;
using v8::FunctionTemplate;
using v8::Isolate;
using v8::Local;
using v8::Value;

namespace {

// Results that are no objects of V8's heap. False for others.
bool SetPlainResult(const NanoValue& result, v8::ReturnValue<Value> out) {
  switch (result.tag) {
    case NanoTag::kUndefined:
      return true;
    case NanoTag::kNull:
      out.SetNull();
      return true;
    case NanoTag::kBoolean:
      out.Set(result.payload.boolean);
      return true;
    case NanoTag::kInt32:
      out.Set(result.payload.int32);
      return true;
    case NanoTag::kUint32:
      out.Set(result.payload.uint32);
      return true;
    case NanoTag::kFloat64:
      out.Set(result.payload.float64);
      return true;
    default:
      return false;
  }
}

void CallSync(Realm* realm, const NanoDescriptor& op, ArgReader* args, const FunctionCallbackInfo<Value>& info) {
  Isolate* isolate = info.GetIsolate();
  NanoValue result;
  const bool succeeded = op.call(realm->native(), args->values(), &result);
  args->CloseEngineString();
  if (!succeeded) {
    isolate->ThrowException(realm->MakeError(isolate->GetCurrentContext(), *result.payload.failure));
  } else if (!SetPlainResult(result, info.GetReturnValue())) {
    Local<Value> value;
    if (ToJs(realm, isolate->GetCurrentContext(), &result).ToLocal(&value)) {
      info.GetReturnValue().Set(value);
    } else {
      isolate->ThrowException(v8::Exception::RangeError(String(isolate, kResultTooLarge)));
    }
  }
  const bool timer_touched = nano_call_end(realm->native());
  if (timer_touched) realm->OnPendingChanged();
}

void StartAsync(Realm* realm, const NanoDescriptor& op, ArgReader* args, const FunctionCallbackInfo<Value>& info) {
  Isolate* isolate = info.GetIsolate();
  Local<Context> context = isolate->GetCurrentContext();
  NanoRequest* request = nano_request_create(realm->native(), &op, args->values());
  if (request == nullptr) {
    isolate->ThrowException(realm->MakeError(context, "RangeError", "The realm's memory limit is reached"));
    return;
  }
  args->ReleasePins();
  if (op.mode == NanoMode::kPost) {
    nano_request_submit(request);
    return;
  }
  Local<v8::Promise> promise = realm->AddResolver(context, request);
  info.GetReturnValue().Set(promise);
  const bool completed = nano_request_submit(request);
  if (completed) realm->SettleInline(context, request);
  realm->OnPendingChanged();
}

size_t op_count;
const NanoDescriptor* const ops = nano_ops(&op_count);

void Trampoline(const FunctionCallbackInfo<Value>& info) {
  Realm* realm = Realm::Current();
  // A small integer, read without a call out.
  const NanoDescriptor& op = ops[v8::internal::Internals::SmiValue(v8::internal::ValueHelper::ValueAsAddress(*info.Data()))];
  if (realm->native() == nullptr) {
    info.GetIsolate()->ThrowException(v8::Exception::Error(String(info.GetIsolate(), "No op can be used while an isolate is made")));
    return;
  }
  realm->CollectWhenDue();
  ArgReader args(realm, op);
  if (!args.Read(info)) return;
  if (op.mode == NanoMode::kSync) {
    CallSync(realm, op, &args, info);
  } else {
    StartAsync(realm, op, &args, info);
  }
}

}  // namespace

Local<v8::Object> MakeOps(Local<Context> context) {
  Isolate* isolate = Isolate::GetCurrent();
  Local<v8::Object> object = v8::Object::New(isolate);
  for (size_t i = 0; i < op_count; ++i) {
    Local<FunctionTemplate> callback =
        FunctionTemplate::New(isolate, Trampoline, v8::Integer::New(isolate, static_cast<int32_t>(i)), {},
                              static_cast<int>(ops[i].arg_count), v8::ConstructorBehavior::kThrow);
    Set(context, object, ops[i].name, callback->GetFunction(context).ToLocalChecked());
  }
  return object;
}

void AddOpReferences(std::vector<intptr_t>* references) {
  references->push_back(reinterpret_cast<intptr_t>(Trampoline));
}

}  // namespace nano
