#include "intrinsics.h"

#include "bundle.h"
#include "realm.h"
#include "serializer.h"
#include "startup.h"
#include "strings.h"

namespace nano {

using v8::Array;
using v8::Context;
using v8::Function;
using v8::FunctionCallbackInfo;
using v8::Isolate;
using v8::Local;
using v8::Object;
using v8::Value;

namespace {

using Info = FunctionCallbackInfo<Value>;

// Frames that are looked at for a place outside the web layer.
constexpr int kStackFramesMax = 16;

using ObjectKind = NanoObjectKind;
using CloneShape = NanoCloneShape;

ObjectKind KindOf(Local<Value> value) {
  // A proxy comes first: the other questions see through none.
  if (value->IsProxy()) return ObjectKind::kProxy;
  if (value->IsArray()) return ObjectKind::kArray;
  if (value->IsFunction()) {
    if (value->IsAsyncFunction()) {
      return value->IsGeneratorFunction() ? ObjectKind::kAsyncGeneratorFunction : ObjectKind::kAsyncFunction;
    }
    return value->IsGeneratorFunction() ? ObjectKind::kGeneratorFunction : ObjectKind::kFunction;
  }
  if (value->IsNativeError()) return ObjectKind::kNativeError;
  if (value->IsPromise()) return ObjectKind::kPromise;
  if (value->IsMap()) return ObjectKind::kMap;
  if (value->IsSet()) return ObjectKind::kSet;
  if (value->IsTypedArray()) return ObjectKind::kTypedArray;
  if (value->IsArrayBuffer()) return ObjectKind::kArrayBuffer;
  if (value->IsDate()) return ObjectKind::kDate;
  if (value->IsRegExp()) return ObjectKind::kRegExp;
  if (value->IsDataView()) return ObjectKind::kDataView;
  if (value->IsSharedArrayBuffer()) return ObjectKind::kSharedArrayBuffer;
  if (value->IsWeakMap()) return ObjectKind::kWeakMap;
  if (value->IsWeakSet()) return ObjectKind::kWeakSet;
  if (value->IsWeakRef()) return ObjectKind::kWeakRef;
  if (value->IsMapIterator()) return ObjectKind::kMapIterator;
  if (value->IsSetIterator()) return ObjectKind::kSetIterator;
  if (value->IsArgumentsObject()) return ObjectKind::kArguments;
  if (value->IsBooleanObject()) return ObjectKind::kBooleanObject;
  if (value->IsNumberObject()) return ObjectKind::kNumberObject;
  if (value->IsStringObject()) return ObjectKind::kStringObject;
  if (value->IsSymbolObject()) return ObjectKind::kSymbolObject;
  if (value->IsBigIntObject()) return ObjectKind::kBigIntObject;
  if (value->IsGeneratorObject()) return ObjectKind::kGeneratorObject;
  if (value->IsModuleNamespaceObject()) return ObjectKind::kModuleNamespace;
  if (value->IsExternal()) return ObjectKind::kExternal;
  if (value->IsWasmModuleObject() || value->IsWasmMemoryObject()) return ObjectKind::kWasmObject;
  return ObjectKind::kOrdinary;
}

Local<Context> ContextOf(const Info& info) { return info.GetIsolate()->GetCurrentContext(); }

void SetHooks(const Info& info) {
  if (info[0]->IsObject()) Realm::Current()->SetHooks(ContextOf(info), info[0].As<Object>());
}

void FailRealm(const Info& info) { Realm::Current()->FailRealm(ContextOf(info), info[0]); }

void Exit(const Info& info) { Realm::Current()->Exit(info[0]->Int32Value(ContextOf(info)).FromMaybe(0)); }

void StructuredClone(const Info& info) {
  Isolate* isolate = info.GetIsolate();
  Local<Context> context = ContextOf(info);
  std::vector<Local<v8::ArrayBuffer>> transfer;
  if (info[1]->IsArray()) {
    Local<Array> list = info[1].As<Array>();
    for (uint32_t i = 0; i < list->Length(); ++i) {
      Local<Value> item;
      if (!list->Get(context, i).ToLocal(&item)) return;
      if (!item->IsArrayBuffer()) {
        isolate->ThrowException(Realm::Current()->MakeError(context, "DOMException:DataCloneError",
                                                            "A value in the transfer list is not transferable."));
        return;
      }
      transfer.push_back(item.As<v8::ArrayBuffer>());
    }
  }
  Serialized serialized;
  if (!serialized.Write(Realm::Current(), context, info[0], Serialized::Destination::kSameRealm, transfer)) return;
  Local<Value> clone;
  if (serialized.Read(isolate, context).ToLocal(&clone)) info.GetReturnValue().Set(clone);
}

// ArrayBuffer.prototype.transfer without a length, which V8 has from 11.4 on. Undefined when the buffer cannot be detached.
void TransferArrayBuffer(const Info& info) {
  if (!info[0]->IsArrayBuffer()) return;
  Local<v8::ArrayBuffer> buffer = info[0].As<v8::ArrayBuffer>();
  if (!buffer->IsDetachable() || buffer->WasDetached()) return;
  std::shared_ptr<v8::BackingStore> store = buffer->GetBackingStore();
  if (buffer->Detach(Local<Value>()).FromMaybe(false)) {
    info.GetReturnValue().Set(v8::ArrayBuffer::New(info.GetIsolate(), std::move(store)));
  }
}

void CountBuffer(const Info& info) {
  if (!info[0]->IsArrayBufferView()) return;
  Local<v8::ArrayBufferView> view = info[0].As<v8::ArrayBufferView>();
  Realm::Current()->buffer_garbage().OnKept(info.GetIsolate(), view->Buffer()->Data(), view->ByteLength());
}

void EnqueueMicrotask(const Info& info) {
  if (info[0]->IsFunction()) info.GetIsolate()->EnqueueMicrotask(info[0].As<Function>());
}

// An object with the same prototype, own properties and private fields, all in one step.
void CopyObject(const Info& info) {
  if (info[0]->IsObject()) info.GetReturnValue().Set(info[0].As<Object>()->Clone());
}

CloneShape CloneShapeOf(Local<Context> context, Local<Value> value) {
  using v8::internal::Internals;
  if (!value->IsObject()) return CloneShape::kOther;
  if (value->IsArray()) {
    Local<Array> names;
    const bool known = value.As<Object>()
                           ->GetPropertyNames(context, v8::KeyCollectionMode::kOwnOnly,
                                              static_cast<v8::PropertyFilter>(v8::ONLY_ENUMERABLE | v8::SKIP_SYMBOLS),
                                              v8::IndexFilter::kSkipIndices, v8::KeyConversionMode::kKeepNumbers)
                           .ToLocal(&names);
    return known && names->Length() == 0 ? CloneShape::kArray : CloneShape::kArrayWithNames;
  }
  // Everything that has an internal slot has an instance type of its own.
  const auto address = v8::internal::ValueHelper::ValueAsAddress(*value);
  return Internals::GetInstanceType(address) == Internals::kJSObjectType ? CloneShape::kObject : CloneShape::kOther;
}

void GetCloneShape(const Info& info) {
  info.GetReturnValue().Set(static_cast<int32_t>(CloneShapeOf(ContextOf(info), info[0])));
}

// What the names of nano's own scripts begin with: an isolate's bundle; in Node's realm the folder of the script
// that called, up to its "/".
std::string OwnScripts(Isolate* isolate, Local<v8::StackTrace> stack) {
  if (stack->GetFrameCount() == 0) return Bundle::kName;
  const std::string caller = Utf8(isolate, stack->GetFrame(isolate, 0)->GetScriptNameOrSourceURL());
  return caller.substr(0, caller.rfind('/') + 1).empty() ? caller : caller.substr(0, caller.rfind('/') + 1);
}

// What the "error" event says of an uncaught value, without running its getters: the text, and the place where
// the error was made or, for other values, where the caller is.
void DescribeUncaught(const Info& info) {
  Isolate* isolate = info.GetIsolate();
  Local<Context> context = ContextOf(info);
  Local<v8::Message> message = v8::Exception::CreateMessage(isolate, info[0]);
  Local<v8::StackTrace> current = v8::StackTrace::CurrentStackTrace(isolate, kStackFramesMax);
  const std::string own = OwnScripts(isolate, current);
  Local<v8::StackTrace> stack = v8::Exception::GetStackTrace(info[0]);
  // Node's isolate keeps no frames with an error; V8's message has the first.
  if (stack.IsEmpty() && !info[0]->IsNativeError()) stack = current;
  Local<Value> file = v8::String::Empty(isolate);
  int line = 0;
  int column = 0;
  for (int i = 0; !stack.IsEmpty() && i < stack->GetFrameCount(); ++i) {
    Local<v8::StackFrame> frame = stack->GetFrame(isolate, static_cast<uint32_t>(i));
    Local<v8::String> name = frame->GetScriptNameOrSourceURL();
    if (!frame->IsUserJavaScript() || name.IsEmpty() || Utf8(isolate, name).starts_with(own)) continue;
    file = name;
    line = frame->GetLineNumber();
    column = frame->GetColumn();
    break;
  }
  if (line == 0 && info[0]->IsNativeError() && message->GetScriptResourceName()->IsString()) {
    // A syntax error has no frame of its own.
    file = message->GetScriptResourceName();
    line = message->GetLineNumber(context).FromMaybe(0);
    column = message->GetStartColumn(context).FromMaybe(-1) + 1;
  }
  Local<Value> parts[] = {message->Get(), file, v8::Integer::New(isolate, line), v8::Integer::New(isolate, column)};
  info.GetReturnValue().Set(Array::New(isolate, parts, 4));
}

void CompilePart(const Info& info) {
  Local<Context> context = ContextOf(info);
  Local<Function> part;
  if (Startup::CompilePart(context, info[0]->Uint32Value(context).FromMaybe(0)).ToLocal(&part)) {
    info.GetReturnValue().Set(part);
  }
}

// What V8 calls when a property of DefineLazyProperty is first read; the result takes its place.
void LoadMember(Local<v8::Name> name, const v8::PropertyCallbackInfo<Value>& info) {
  Isolate* isolate = Isolate::GetCurrent();
  Realm* realm = Realm::Current();
  Local<Value> args[] = {info.Data(), name};
  Local<Value> value;
  if (realm->hooks()
          .load_member.Get(isolate)
          ->Call(isolate->GetCurrentContext(), v8::Undefined(isolate), 2, args)
          .ToLocal(&value)) {
    info.GetReturnValue().Set(value);
  }
}

void DefineLazyProperty(const Info& info) {
  Ignore(info[0].As<Object>()->SetLazyDataProperty(ContextOf(info), info[1].As<v8::Name>(), LoadMember, info[2],
                                                   v8::DontEnum));
}

// Whether a buffer that V8 maps by itself may have so many bytes. What V8 refuses anyway is not asked.
void AdmitMapped(const Info& info) {
  info.GetReturnValue().Set(true);
  const double bytes = info[1]->IsNumber() ? info[1].As<v8::Number>()->Value() : -1;
  if (!(bytes >= 0 && bytes < 9007199254740992.0)) return;
  std::shared_ptr<v8::BackingStore> store;
  if (info[0]->IsSharedArrayBuffer()) {
    store = info[0].As<v8::SharedArrayBuffer>()->GetBackingStore();
    if (store->IsResizableByUserJavaScript() && bytes > info[0].As<v8::SharedArrayBuffer>()->MaxByteLength()) return;
  } else if (info[0]->IsArrayBuffer()) {
    Local<v8::ArrayBuffer> buffer = info[0].As<v8::ArrayBuffer>();
    if (buffer->WasDetached() || !buffer->GetBackingStore()->IsResizableByUserJavaScript() || bytes > buffer->MaxByteLength()) return;
    store = buffer->GetBackingStore();
  } else {
    return;
  }
  info.GetReturnValue().Set(Realm::Current()->AdmitMapped(store, static_cast<uint64_t>(bytes)));
}

void QueueTask(const Info&) { Realm::Current()->QueueTask(); }

void Classify(const Info& info) { info.GetReturnValue().Set(static_cast<int32_t>(KindOf(info[0]))); }

void PromiseDetails(const Info& info) {
  Isolate* isolate = info.GetIsolate();
  if (!info[0]->IsPromise()) return;
  Local<v8::Promise> promise = info[0].As<v8::Promise>();
  const bool pending = promise->State() == v8::Promise::kPending;
  Local<Value> pair[] = {v8::Integer::New(isolate, promise->State()),
                         pending ? v8::Undefined(isolate).As<Value>() : promise->Result()};
  info.GetReturnValue().Set(Array::New(isolate, pair, 2));
}

void ProxyDetails(const Info& info) {
  if (!info[0]->IsProxy()) return;
  Local<v8::Proxy> proxy = info[0].As<v8::Proxy>();
  Local<Value> pair[] = {proxy->GetTarget(), proxy->GetHandler()};
  info.GetReturnValue().Set(Array::New(info.GetIsolate(), pair, 2));
}

void PreviewEntries(const Info& info) {
  Isolate* isolate = info.GetIsolate();
  if (!info[0]->IsObject()) return;
  bool is_key_value = false;
  Local<Array> entries;
  if (!info[0].As<Object>()->PreviewEntries(&is_key_value).ToLocal(&entries)) return;
  Local<Value> pair[] = {entries, v8::Boolean::New(isolate, is_key_value)};
  info.GetReturnValue().Set(Array::New(isolate, pair, 2));
}

void ConstructorName(const Info& info) {
  if (info[0]->IsObject()) info.GetReturnValue().Set(info[0].As<Object>()->GetConstructorName());
}

void OwnNonIndexProperties(const Info& info) {
  if (!info[0]->IsObject()) return;
  const auto filter = info[1]->IsTrue() ? v8::ONLY_ENUMERABLE : v8::ALL_PROPERTIES;
  Local<Array> names;
  if (info[0]
          .As<Object>()
          ->GetPropertyNames(ContextOf(info), v8::KeyCollectionMode::kOwnOnly, filter, v8::IndexFilter::kSkipIndices,
                             v8::KeyConversionMode::kConvertToString)
          .ToLocal(&names)) {
    info.GetReturnValue().Set(names);
  }
}

// Error.captureStackTrace, taken from the context's own Error before a script can change it.
void CaptureStackTrace(const Info& info) {
  Isolate* isolate = info.GetIsolate();
  Local<Context> context = ContextOf(info);
  Local<Value> error = Get(context, context->Global(), "Error");
  if (!error->IsObject() || !info[0]->IsObject()) return;
  Local<Value> capture = Get(context, error.As<Object>(), "captureStackTrace");
  if (!capture->IsFunction()) return;
  Local<Value> args[] = {info[0], info[1]};
  Ignore(capture.As<Function>()->Call(context, v8::Undefined(isolate), 2, args));
}

struct Intrinsic {
  const char* name;
  v8::FunctionCallback callback;
};

constexpr Intrinsic kIntrinsics[] = {
    {"setHooks", SetHooks},
    {"failRealm", FailRealm},
    {"exit", Exit},
    {"structuredClone", StructuredClone},
    {"transferArrayBuffer", TransferArrayBuffer},
    {"countBuffer", CountBuffer},
    {"enqueueMicrotask", EnqueueMicrotask},
    {"cloneShape", GetCloneShape},
    {"copyObject", CopyObject},
    {"admitMapped", AdmitMapped},
    {"compilePart", CompilePart},
    {"defineLazyProperty", DefineLazyProperty},
    {"queueTask", QueueTask},
    {"describeUncaught", DescribeUncaught},
    {"classify", Classify},
    {"promiseDetails", PromiseDetails},
    {"proxyDetails", ProxyDetails},
    {"previewEntries", PreviewEntries},
    {"constructorName", ConstructorName},
    {"ownNonIndexProperties", OwnNonIndexProperties},
    {"captureStackTrace", CaptureStackTrace},
};

}  // namespace

Local<Object> MakeIntrinsics(Local<Context> context, const char* realm_kind) {
  Isolate* isolate = Isolate::GetCurrent();
  Local<Object> object = Object::New(isolate);
  Set(context, object, "realm", String(isolate, realm_kind));
  for (const Intrinsic& intrinsic : kIntrinsics) {
    Local<v8::FunctionTemplate> callback = v8::FunctionTemplate::New(
        isolate, intrinsic.callback, {}, {}, 0, v8::ConstructorBehavior::kThrow);
    Set(context, object, intrinsic.name, callback->GetFunction(context).ToLocalChecked());
  }
  return object;
}

void AddIntrinsicReferences(std::vector<intptr_t>* references) {
  for (const Intrinsic& intrinsic : kIntrinsics) references->push_back(reinterpret_cast<intptr_t>(intrinsic.callback));
  references->push_back(reinterpret_cast<intptr_t>(LoadMember));
}

}  // namespace nano
