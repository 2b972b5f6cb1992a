#include "serializer.h"

#include <algorithm>
#include <cstring>

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

class WriteDelegate : public v8::ValueSerializer::Delegate {
 public:
  // `shared` receives the memory of SharedArrayBuffers; null refuses them.
  WriteDelegate(Realm* realm, Local<Context> context, std::vector<std::shared_ptr<v8::BackingStore>>* shared)
      : realm_(realm), context_(context), shared_(shared) {}

  // Bytes of the buffer that the serializer has now.
  size_t capacity() const { return capacity_; }

  void ThrowDataCloneError(Local<v8::String> message) override {
    Isolate* isolate = realm_->isolate();
    isolate->ThrowException(realm_->MakeError(context_, "DOMException:DataCloneError", Utf8(isolate, message)));
  }

  Maybe<bool> WriteHostObject(Isolate* isolate, Local<Object> object) override {
    ThrowDataCloneError(v8::String::Concat(isolate, object->GetConstructorName(),
                                           String(isolate, " object could not be cloned.")));
    return Nothing<bool>();
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
  Realm* realm_;
  Local<Context> context_;
  std::vector<std::shared_ptr<v8::BackingStore>>* shared_;
  size_t capacity_ = 0;
};

class ReadDelegate : public v8::ValueDeserializer::Delegate {
 public:
  explicit ReadDelegate(const std::vector<std::shared_ptr<v8::BackingStore>>& shared) : shared_(shared) {}

  MaybeLocal<v8::SharedArrayBuffer> GetSharedArrayBufferFromId(Isolate* isolate, uint32_t id) override {
    if (id >= shared_.size()) return {};
    return v8::SharedArrayBuffer::New(isolate, shared_[id]);
  }

 private:
  const std::vector<std::shared_ptr<v8::BackingStore>>& shared_;
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
  v8::ValueSerializer serializer(isolate, &delegate);
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
  std::pair<uint8_t*, size_t> written = serializer.Release();
  account_ = realm->account();
  nano_account_retain(account_);
  data_ = written.first;
  size_ = written.second;
  capacity_ = delegate.capacity();
  return true;
}

MaybeLocal<Value> Serialized::Read(Isolate* isolate, Local<Context> context) {
  ReadDelegate delegate(shared_);
  v8::ValueDeserializer deserializer(isolate, data_, size_, &delegate);
  for (size_t i = 0; i < transferred_.size(); ++i) {
    deserializer.TransferArrayBuffer(static_cast<uint32_t>(i), ArrayBuffer::New(isolate, std::move(transferred_[i])));
  }
  transferred_.clear();
  bool valid;
  if (!deserializer.ReadHeader(context).To(&valid) || !valid) return {};
  return deserializer.ReadValue(context);
}

}  // namespace nano
