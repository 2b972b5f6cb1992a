#include "serializer.h"

#include <algorithm>
#include <cstring>
#include <iterator>

#include "quirks.h"
#include "strings.h"

namespace nano {

using v8::ArrayBuffer;
using v8::Context;
using v8::Isolate;
using v8::Just;
using v8::Local;
using v8::Maybe;
using v8::MaybeLocal;
using v8::Nothing;
using v8::Object;
using v8::Value;

namespace {

#if !NANO_V8_AT_LEAST(12, 0)
// Elements of an array that CheckOutermost looks at.
constexpr uint32_t kCheckedElementsMax = 64;
#endif

// How a view is written that leaves Node's realm, and made of it again: its kind, its place, its buffer.
struct ViewKind {
  bool (Value::*is)() const;
  Local<Object> (*make)(Local<ArrayBuffer> buffer, size_t offset, size_t length);
};

template <class View>
Local<Object> MakeView(Local<ArrayBuffer> buffer, size_t offset, size_t length) {
  return View::New(buffer, offset, length);
}

constexpr ViewKind kViewKinds[] = {
    {&Value::IsUint8Array, MakeView<v8::Uint8Array>},
    {&Value::IsUint8ClampedArray, MakeView<v8::Uint8ClampedArray>},
    {&Value::IsInt8Array, MakeView<v8::Int8Array>},
    {&Value::IsUint16Array, MakeView<v8::Uint16Array>},
    {&Value::IsInt16Array, MakeView<v8::Int16Array>},
    {&Value::IsUint32Array, MakeView<v8::Uint32Array>},
    {&Value::IsInt32Array, MakeView<v8::Int32Array>},
    {&Value::IsBigUint64Array, MakeView<v8::BigUint64Array>},
    {&Value::IsBigInt64Array, MakeView<v8::BigInt64Array>},
    {&Value::IsFloat32Array, MakeView<v8::Float32Array>},
    {&Value::IsFloat64Array, MakeView<v8::Float64Array>},
    {&Value::IsDataView, MakeView<v8::DataView>},
#if NANO_V8_AT_LEAST(12, 0)
    {&Value::IsFloat16Array, MakeView<v8::Float16Array>},
#endif
};

class WriteDelegate : public v8::ValueSerializer::Delegate {
 public:
  // `shared` receives the memory of SharedArrayBuffers; null refuses them.
  WriteDelegate(Realm* realm, Local<Context> context, std::vector<std::shared_ptr<v8::BackingStore>>* shared)
      : realm_(realm),
        context_(context),
        shared_(shared),
        plain_prototype_(quirks::PrototypeOf(Object::New(realm->isolate()))) {}

  // Node's Buffers are often parts of one ArrayBuffer, which structured clone copies whole: what other Buffers hold is not for an
  // isolate. So views are written here.
  void TakeViews(v8::ValueSerializer* serializer) {
    if (!leaves_realm() || !realm_->IsHost()) return;
    serializer_ = serializer;
    serializer->SetTreatArrayBufferViewsAsHostObjects(true);
  }

  // Bytes of the buffer that the serializer has now.
  size_t capacity() const { return capacity_; }
  // Why the value was refused; "" when it was not.
  const std::string& refusal() const { return refusal_; }

  void ThrowDataCloneError(Local<v8::String> message) override {
    Isolate* isolate = realm_->isolate();
    refusal_ = Utf8(isolate, message);
    isolate->ThrowException(realm_->MakeError(context_, "DOMException:DataCloneError", refusal_));
  }

  Maybe<bool> WriteHostObject(Isolate* isolate, Local<Object> object) override {
    if (object->IsArrayBufferView()) {
      // V8 11 goes by the exception and not by the answer, and what WriteValue throws reaches only the innermost TryCatch.
      v8::TryCatch caught(isolate);
      const Maybe<bool> wrote = WriteView(object.As<v8::ArrayBufferView>());
      if (caught.HasCaught()) caught.ReThrow();
      return wrote;
    }
    Local<Value> name;
    if (!InterfaceNameOf(object).ToLocal(&name)) return Nothing<bool>();
    const std::string text = Utf8(isolate, name->IsString() ? name : object->GetConstructorName().As<Value>());
    ThrowDataCloneError(String(isolate, text + " object could not be cloned: it stays in its isolate; take what it holds "
                                               "(await blob.bytes(), url.href, [...headers])."));
    return Nothing<bool>();
  }

#if NANO_V8_AT_LEAST(12, 0)
  bool HasCustomHostObject(Isolate*) override { return leaves_realm(); }

  Maybe<bool> IsHostObject(Isolate*, Local<Object> object) override { return IsPlatformObject(object); }
#endif

  // Platform objects would arrive elsewhere as plain, empty ones.
  Maybe<bool> IsPlatformObject(Local<Object> object) {
    Local<Value> name;
    // A DOMException arrives as the Error that it is.
    if (object->IsNativeError() || realm_->hooks().interface_name_of.IsEmpty()) return Just(false);
    // Of nearly all objects.
    Local<Value> prototype = quirks::PrototypeOf(object);
    if (prototype->IsNull() || prototype == plain_prototype_) return Just(false);
    if (!InterfaceNameOf(object).ToLocal(&name)) return Nothing<bool>();
    return Just(name->IsString());
  }

  Maybe<uint32_t> GetWasmModuleTransferId(Isolate* isolate, Local<v8::WasmModuleObject>) override {
    ThrowDataCloneError(String(isolate, "WebAssembly.Module object could not be cloned."));
    return Nothing<uint32_t>();
  }

  // Null makes the serializer throw a DataCloneError.
  void* ReallocateBufferMemory(void* old, size_t size, size_t* actual_size) override {
    uint8_t* grown = nano_buffer_alloc(realm_->account(), size, false);
    if (grown == nullptr) return nullptr;
    if (old != nullptr) {
      std::memcpy(grown, old, std::min(size, capacity_));
      FreeBufferMemory(old);
    }
    capacity_ = *actual_size = size;
    return grown;
  }

  void FreeBufferMemory(void* buffer) override {
    if (buffer != nullptr) nano_buffer_free(realm_->account(), static_cast<uint8_t*>(buffer), capacity_);
    capacity_ = 0;
  }

#if !NANO_V8_AT_LEAST(12, 0)
  // V8 11 asks the delegate about no object of a script's: the value itself, and what an array holds. False after throwing.
  bool CheckOutermost(Local<Value> value) {
    if (!leaves_realm() || !value->IsObject() || value->IsProxy() || value->IsNativeError()) return true;
    if (value->IsArray()) {
      Local<v8::Array> list = value.As<v8::Array>();
      for (uint32_t i = 0; i < std::min(list->Length(), kCheckedElementsMax); ++i) {
        Local<Value> item;
        if (!list->Get(context_, i).ToLocal(&item)) return false;
        if (!item->IsArray() && !CheckOutermost(item)) return false;
      }
      return true;
    }
    bool is_platform_object;
    if (!IsPlatformObject(value.As<Object>()).To(&is_platform_object)) return false;
    if (is_platform_object) ThrowPlatformObject(value.As<Object>());
    return !is_platform_object;
  }

  // The same outside of V8's own calls, where ThrowException alone would only be noticed by the next one.
  void ThrowPlatformObject(Local<Object> object) {
    auto call = [](const v8::FunctionCallbackInfo<Value>& info) {
      auto* self = static_cast<WriteDelegate*>(info.Data().As<v8::External>()->Value());
      self->WriteHostObject(v8::Isolate::GetCurrent(), info[0].As<Object>());
    };
    Local<v8::Function> thrower;
    Local<Value> argument = object;
    if (v8::Function::New(context_, call, v8::External::New(realm_->isolate(), this)).ToLocal(&thrower)) {
      Ignore(thrower->Call(context_, v8::Undefined(realm_->isolate()), 1, &argument));
    }
  }
#endif

  bool leaves_realm() const { return shared_ == nullptr; }

  Maybe<uint32_t> GetSharedArrayBufferId(Isolate* isolate, Local<v8::SharedArrayBuffer> buffer) override {
    if (shared_ == nullptr) {
      ThrowDataCloneError(String(isolate, "SharedArrayBuffer object could not be cloned: isolates share no memory."));
      return Nothing<uint32_t>();
    }
    std::shared_ptr<v8::BackingStore> store = buffer->GetBackingStore();
    for (size_t i = 0; i < shared_->size(); ++i) {
      if ((*shared_)[i] == store) return Just(static_cast<uint32_t>(i));
    }
    shared_->push_back(std::move(store));
    return Just(static_cast<uint32_t>(shared_->size() - 1));
  }

 private:
  MaybeLocal<Value> InterfaceNameOf(Local<Object> object) {
    Local<Value> argument = object;
    return realm_->hooks().interface_name_of.Get(realm_->isolate())->Call(
        context_, v8::Undefined(realm_->isolate()), 1, &argument);
  }

  // A Buffer's own bytes; of other views all that they can reach, as structured clone does.
  Maybe<bool> WriteView(Local<v8::ArrayBufferView> view) {
    uint32_t kind = 0;
    while (kind < std::size(kViewKinds) && !((*view)->*kViewKinds[kind].is)()) ++kind;
    if (kind == std::size(kViewKinds)) {
      ThrowDataCloneError(String(realm_->isolate(), "This kind of typed array could not be cloned."));
      return Nothing<bool>();
    }
    Local<ArrayBuffer> buffer = view->Buffer();
    size_t offset = view->ByteOffset();
    // A view that its resizable buffer has left. V8 11 tells by the offset; later ones show an empty view, which their own
    // serializer refuses.
    if (offset > buffer->ByteLength()) {
      ThrowDataCloneError(String(realm_->isolate(), "A view that is out of the bounds of its buffer could not be cloned."));
      return Nothing<bool>();
    }
    if (view->ByteLength() == 0) {
      WriteDelegate delegate(realm_, context_, nullptr);
      v8::ValueSerializer serializer(realm_->isolate(), &delegate);
      if (serializer.WriteValue(context_, view).IsNothing()) {
        refusal_ = delegate.refusal_;
        return Nothing<bool>();
      }
    }
    const size_t length = view->IsTypedArray() ? view.As<v8::TypedArray>()->Length() : view->ByteLength();
    if (view->ByteLength() != buffer->ByteLength() && realm_->IsNodeBuffer(view)) {
      buffer = ArrayBuffer::New(realm_->isolate(), view->ByteLength());
      view->CopyContents(buffer->Data(), view->ByteLength());
      offset = 0;
    }
    serializer_->WriteUint32(kind);
    serializer_->WriteUint64(offset);
    serializer_->WriteUint64(length);
    return serializer_->WriteValue(context_, buffer);
  }

  Realm* realm_;
  Local<Context> context_;
  v8::ValueSerializer* serializer_ = nullptr;
  std::vector<std::shared_ptr<v8::BackingStore>>* shared_;
  // Object.prototype.
  Local<Value> plain_prototype_;
  size_t capacity_ = 0;
  std::string refusal_;
};

class ReadDelegate : public v8::ValueDeserializer::Delegate {
 public:
  ReadDelegate(Local<Context> context, const std::vector<std::shared_ptr<v8::BackingStore>>& shared)
      : context_(context), shared_(shared) {}

  void SetDeserializer(v8::ValueDeserializer* deserializer) { deserializer_ = deserializer; }

  // A view: nothing else is written as a host object.
  MaybeLocal<Object> ReadHostObject(Isolate*) override {
    uint32_t kind;
    uint64_t offset;
    uint64_t length;
    Local<Value> buffer;
    if (!deserializer_->ReadUint32(&kind) || !deserializer_->ReadUint64(&offset) || !deserializer_->ReadUint64(&length) ||
        !deserializer_->ReadValue(context_).ToLocal(&buffer)) {
      return {};
    }
    return kViewKinds[kind].make(buffer.As<ArrayBuffer>(), offset, length);
  }

  MaybeLocal<v8::SharedArrayBuffer> GetSharedArrayBufferFromId(Isolate* isolate, uint32_t id) override {
    if (id >= shared_.size()) return {};
    return v8::SharedArrayBuffer::New(isolate, shared_[id]);
  }

 private:
  Local<Context> context_;
  const std::vector<std::shared_ptr<v8::BackingStore>>& shared_;
  v8::ValueDeserializer* deserializer_ = nullptr;
};

}  // namespace

Serialized::~Serialized() {
  if (data_ == nullptr) return;
  nano_buffer_free(account_, data_, capacity_);
  nano_account_release(account_);
}

bool Serialized::Write(Realm* realm, Local<Context> context, Local<Value> value, Destination destination,
                       const std::vector<Local<ArrayBuffer>>& transfer) {
  Isolate* isolate = realm->isolate();
  auto refuse = [&](const char* why) {
    isolate->ThrowException(realm->MakeError(context, "DOMException:DataCloneError", why));
    return false;
  };
  WriteDelegate delegate(realm, context, destination == Destination::kSameRealm ? &shared_ : nullptr);
#if !NANO_V8_AT_LEAST(12, 0)
  if (!delegate.CheckOutermost(value)) return false;
#endif
  v8::ValueSerializer serializer(isolate, &delegate);
  delegate.TakeViews(&serializer);
  for (size_t i = 0; i < transfer.size(); ++i) {
    if (!transfer[i]->IsDetachable()) return refuse("An ArrayBuffer in the transfer list cannot be detached.");
    if (transfer[i]->WasDetached()) return refuse("An ArrayBuffer in the transfer list is already detached.");
    if (std::count(transfer.begin(), transfer.begin() + static_cast<ptrdiff_t>(i), transfer[i]) > 0) {
      return refuse("An ArrayBuffer occurs in the transfer list twice.");
    }
    serializer.TransferArrayBuffer(static_cast<uint32_t>(i), transfer[i]);
  }
  serializer.WriteHeader();
  bool wrote;
  if (!serializer.WriteValue(context, value).To(&wrote) || !wrote) return false;
  for (Local<ArrayBuffer> buffer : transfer) {
    // A getter of the value may have detached it meanwhile.
    if (buffer->WasDetached()) return refuse("An ArrayBuffer in the transfer list was detached while it was cloned.");
    transferred_.push_back(buffer->GetBackingStore());
    if (buffer->Detach(Local<Value>()).IsNothing()) return false;
  }
  Keep(realm->account(), serializer.Release(), delegate.capacity());
  return true;
}

void Serialized::Keep(NanoAccount* account, std::pair<uint8_t*, size_t> written, size_t capacity) {
  account_ = account;
  nano_account_retain(account_);
  data_ = written.first;
  size_ = written.second;
  capacity_ = capacity;
}

MaybeLocal<Value> Serialized::Read(Isolate* isolate, Local<Context> context) {
  ReadDelegate delegate(context, shared_);
  v8::ValueDeserializer deserializer(isolate, data_, size_, &delegate);
  delegate.SetDeserializer(&deserializer);
  for (size_t i = 0; i < transferred_.size(); ++i) {
    deserializer.TransferArrayBuffer(static_cast<uint32_t>(i), ArrayBuffer::New(isolate, std::move(transferred_[i])));
  }
  transferred_.clear();
  bool valid;
  if (!deserializer.ReadHeader(context).To(&valid) || !valid) return {};
  return deserializer.ReadValue(context);
}

bool Serialized::WriteList(Realm* realm, Local<Context> context, const std::vector<Local<Value>>& values,
                           std::optional<Refusal>* refusal) {
  WriteDelegate delegate(realm, context, nullptr);
  v8::ValueSerializer serializer(realm->isolate(), &delegate);
  delegate.TakeViews(&serializer);
  serializer.WriteHeader();
  serializer.WriteUint32(static_cast<uint32_t>(values.size()));
  for (size_t i = 0; i < values.size(); ++i) {
#if !NANO_V8_AT_LEAST(12, 0)
    bool wrote = delegate.CheckOutermost(values[i]);
    if (wrote) wrote = serializer.WriteValue(context, values[i]).FromMaybe(false);
#else
    const bool wrote = serializer.WriteValue(context, values[i]).FromMaybe(false);
#endif
    if (wrote) continue;
    if (!delegate.refusal().empty()) *refusal = {i, delegate.refusal()};
    return false;
  }
  Keep(realm->account(), serializer.Release(), delegate.capacity());
  return true;
}

bool Serialized::ReadList(Isolate* isolate, Local<Context> context, std::vector<Local<Value>>* values) {
  ReadDelegate delegate(context, shared_);
  v8::ValueDeserializer deserializer(isolate, data_, size_, &delegate);
  delegate.SetDeserializer(&deserializer);
  bool valid;
  uint32_t count;
  if (!deserializer.ReadHeader(context).To(&valid) || !valid || !deserializer.ReadUint32(&count)) return false;
  values->resize(count);
  for (Local<Value>& value : *values) {
    if (!deserializer.ReadValue(context).ToLocal(&value)) return false;
  }
  return true;
}

}  // namespace nano
