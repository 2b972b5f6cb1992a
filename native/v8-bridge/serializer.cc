#include "serializer.h"

#include <algorithm>

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
  WriteDelegate(Realm* realm, Local<Context> context, std::vector<std::shared_ptr<v8::BackingStore>>* shared)
      : realm_(realm), context_(context), shared_(shared) {}

  void ThrowDataCloneError(Local<v8::String> message) override {
    Isolate* isolate = realm_->isolate();
    isolate->ThrowException(realm_->MakeError(context_, "DOMException:DataCloneError", Utf8(isolate, message)));
  }

  Maybe<bool> WriteHostObject(Isolate* isolate, Local<Object> object) override {
    ThrowDataCloneError(v8::String::Concat(isolate, object->GetConstructorName(),
                                           String(isolate, " object could not be cloned.")));
    return Nothing<bool>();
  }

  Maybe<uint32_t> GetSharedArrayBufferId(Isolate*, Local<v8::SharedArrayBuffer> buffer) override {
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

bool Serialized::Write(Realm* realm, Local<Context> context, Local<Value> value,
                       const std::vector<Local<ArrayBuffer>>& transfer) {
  Isolate* isolate = realm->isolate();
  auto refuse = [&](const char* why) {
    isolate->ThrowException(realm->MakeError(context, "DOMException:DataCloneError", why));
    return false;
  };
  WriteDelegate delegate(realm, context, &shared_);
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
  data_.reset(written.first);
  size_ = written.second;
  return true;
}

MaybeLocal<Value> Serialized::Read(Isolate* isolate, Local<Context> context) {
  ReadDelegate delegate(shared_);
  v8::ValueDeserializer deserializer(isolate, data_.get(), size_, &delegate);
  for (size_t i = 0; i < transferred_.size(); ++i) {
    deserializer.TransferArrayBuffer(static_cast<uint32_t>(i), ArrayBuffer::New(isolate, std::move(transferred_[i])));
  }
  transferred_.clear();
  bool valid;
  if (!deserializer.ReadHeader(context).To(&valid) || !valid) return {};
  return deserializer.ReadValue(context);
}

}  // namespace nano
