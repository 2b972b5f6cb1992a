#include "convert.h"

#include <cstring>
#include <memory>
#include <string>

#include "strings.h"

namespace nano {

using v8::ArrayBuffer;
using v8::BackingStore;
using v8::Context;
using v8::Isolate;
using v8::Local;
using v8::MaybeLocal;
using v8::Value;

namespace {

// Bytes of async ops up to this size are copied, larger ones pinned (Request.copied_bytes_max).
constexpr size_t kCopiedBytesMax = 4096;

bool IsAscii(const uint8_t* text, size_t length) {
  constexpr uint64_t kHighBits = 0x8080808080808080;
  size_t i = 0;
  for (; i + 32 <= length; i += 32) {
    uint64_t words[4];
    std::memcpy(words, text + i, 32);
    if ((words[0] | words[1] | words[2] | words[3]) & kHighBits) return false;
  }
  for (; i + 8 <= length; i += 8) {
    uint64_t word;
    std::memcpy(&word, text + i, 8);
    if (word & kHighBits) return false;
  }
  for (; i < length; ++i) {
    if (text[i] & 0x80) return false;
  }
  return true;
}

const char* KindName(NanoArgKind kind) {
  switch (kind) {
    case NanoArgKind::kBoolean:
      return "a boolean";
    case NanoArgKind::kInt32:
    case NanoArgKind::kUint32:
    case NanoArgKind::kFloat64:
      return "a number";
    case NanoArgKind::kString:
    case NanoArgKind::kEngineString:
      return "a string";
    case NanoArgKind::kOptionalString:
      return "a string or null";
    case NanoArgKind::kBytes:
    case NanoArgKind::kBytesMut:
      return "an ArrayBuffer or a view";
    case NanoArgKind::kOptionalBytes:
      return "an ArrayBuffer, a view, or null";
    case NanoArgKind::kPlainBytes:
    case NanoArgKind::kPlainBytesMut:
      return "a Uint8Array";
  }
  return "";
}

void FreeOwnedBytes(void* data, size_t length, void* account) {
  nano_buffer_free(static_cast<NanoAccount*>(account), static_cast<uint8_t*>(data), length);
  nano_account_release(static_cast<NanoAccount*>(account));
}

Local<ArrayBuffer> TakeBuffer(Realm* realm, NanoValue* value) {
  Isolate* isolate = realm->isolate();
  const size_t length = value->len;
  value->tag = NanoTag::kUndefined;
  if (length == 0) return ArrayBuffer::New(isolate, 0);
  realm->buffer_garbage().OnGiven(isolate, length);
  nano_account_retain(realm->account());
  std::unique_ptr<BackingStore> store =
      ArrayBuffer::NewBackingStore(value->payload.ptr, length, FreeOwnedBytes, realm->account());
  return ArrayBuffer::New(isolate, std::move(store));
}

// The characters of a string that owns them. V8 is told of their size: it would not collect for what it does not see.
template <class Resource, class Unit>
class OwnedText final : public Resource {
 public:
  OwnedText(Realm* realm, const Unit* data, size_t length, size_t capacity)
      : isolate_(realm->isolate()), account_(realm->account()), data_(data), length_(length), bytes_(capacity * sizeof(Unit)) {
    nano_account_retain(account_);
    isolate_->AdjustAmountOfExternalAllocatedMemory(static_cast<int64_t>(bytes_));
  }
  ~OwnedText() override {
    isolate_->AdjustAmountOfExternalAllocatedMemory(-static_cast<int64_t>(bytes_));
    nano_buffer_free(account_, reinterpret_cast<uint8_t*>(const_cast<Unit*>(data_)), bytes_);
    nano_account_release(account_);
  }
  const Unit* data() const override { return data_; }
  size_t length() const override { return length_; }

 private:
  Isolate* isolate_;
  NanoAccount* account_;
  const Unit* data_;
  size_t length_;
  size_t bytes_;
};

using OwnedOneByte = OwnedText<v8::String::ExternalOneByteStringResource, char>;
using OwnedTwoByte = OwnedText<v8::String::ExternalStringResource, uint16_t>;

MaybeLocal<v8::String> TakeText(Realm* realm, NanoValue* value) {
  const bool is_one_byte = value->tag == NanoTag::kOwnedLatin1;
  value->tag = NanoTag::kUndefined;
  // V8 disposes of the resource, unless it refuses it for its length.
  if (is_one_byte) {
    auto text = std::make_unique<OwnedOneByte>(realm, reinterpret_cast<const char*>(value->payload.ptr), value->len,
                                               value->capacity);
    if (value->len > static_cast<size_t>(v8::String::kMaxLength)) return {};
    return v8::String::NewExternalOneByte(realm->isolate(), text.release());
  }
  auto text = std::make_unique<OwnedTwoByte>(realm, value->payload.units, value->len, value->capacity);
  if (value->len > static_cast<size_t>(v8::String::kMaxLength)) return {};
  return v8::String::NewExternalTwoByte(realm->isolate(), text.release());
}

}  // namespace

ArgReader::~ArgReader() {
  for (const Block& block : blocks_) nano_buffer_free(realm_->account(), block.ptr, block.len);
  for (uint32_t i = 0; i < index_; ++i) {
    if (values_[i].pin != nullptr) Unpin(values_[i].pin);
  }
}

void ArgReader::ReleasePins() {
  for (uint32_t i = 0; i < index_; ++i) values_[i].pin = nullptr;
}

bool ArgReader::Read(const v8::FunctionCallbackInfo<Value>& info) {
  constexpr uint32_t kNone = kArgsMax;
  uint32_t engine_string = kNone;
  for (; index_ < op_.arg_count; ++index_) {
    NanoValue& out = values_[index_];
    out.pin = nullptr;
    if (op_.arg_kinds[index_] == NanoArgKind::kEngineString) {
      engine_string = index_;
    } else if (!ReadOne(info[static_cast<int>(index_)], op_.arg_kinds[index_], &out)) {
      return false;
    }
  }
  if (engine_string == kNone) return true;
  // Last: reading the others may use V8's heap.
  index_ = engine_string;
  const bool is_open = OpenEngineString(info[static_cast<int>(engine_string)]);
  index_ = op_.arg_count;
  return is_open;
}

bool ArgReader::OpenEngineString(Local<Value> value) {
  if (!value->IsString()) return ThrowKind(NanoArgKind::kEngineString);
  if (!engine_string_.Open(realm_->isolate(), value.As<v8::String>(), [this](size_t size) { return Allocate(size); })) {
    return ThrowMemory();
  }
  NanoValue& out = values_[index_];
  out.len = engine_string_.length();
  if (engine_string_.is_one_byte()) {
    out.tag = NanoTag::kStringLatin1;
    out.payload.ptr = static_cast<uint8_t*>(const_cast<void*>(engine_string_.data()));
  } else {
    out.tag = NanoTag::kStringUtf16;
    out.payload.units = static_cast<const uint16_t*>(engine_string_.data());
  }
  return true;
}

bool ArgReader::ReadOne(Local<Value> value, NanoArgKind kind, NanoValue* out) {
  switch (kind) {
    case NanoArgKind::kBoolean:
      if (!value->IsBoolean()) return ThrowKind(kind);
      out->tag = NanoTag::kBoolean;
      out->payload.boolean = value.As<v8::Boolean>()->Value();
      return true;
    case NanoArgKind::kInt32:
      if (!value->IsInt32()) return ThrowKind(kind);
      out->tag = NanoTag::kInt32;
      out->payload.int32 = value.As<v8::Int32>()->Value();
      return true;
    case NanoArgKind::kUint32:
      if (!value->IsUint32()) return ThrowKind(kind);
      out->tag = NanoTag::kUint32;
      out->payload.uint32 = value.As<v8::Uint32>()->Value();
      return true;
    case NanoArgKind::kFloat64:
      if (!value->IsNumber()) return ThrowKind(kind);
      out->tag = NanoTag::kFloat64;
      out->payload.float64 = value.As<v8::Number>()->Value();
      return true;
    case NanoArgKind::kOptionalString:
    case NanoArgKind::kOptionalBytes:
      if (value->IsNullOrUndefined()) {
        out->tag = NanoTag::kNull;
        return true;
      }
      if (kind == NanoArgKind::kOptionalBytes) return ReadBytes(value, out);
      [[fallthrough]];
    case NanoArgKind::kString:
      return value->IsString() ? ReadString(value.As<v8::String>(), out) : ThrowKind(kind);
    case NanoArgKind::kBytes:
    case NanoArgKind::kBytesMut:
      return ReadBytes(value, out);
    case NanoArgKind::kPlainBytes:
    case NanoArgKind::kPlainBytesMut:
      return ReadPlainBytes(value, out);
    case NanoArgKind::kEngineString:
      break;
  }
  return false;
}

bool ArgReader::ReadString(Local<v8::String> text, NanoValue* out) {
  Isolate* isolate = realm_->isolate();
  const size_t units = static_cast<size_t>(text->Length());
  out->tag = NanoTag::kString;
  if (text->IsOneByte()) {
    uint8_t* bytes = Allocate(units);
    if (bytes == nullptr) return ThrowMemory();
    quirks::WriteOneByte(isolate, text, bytes);
    if (IsAscii(bytes, units)) {
      out->payload.ptr = bytes;
      out->len = units;
      return true;
    }
  }
  // A UTF-16 code unit takes at most three bytes; measuring costs a pass, so only long texts are measured.
  const size_t capacity = units * 3 <= kStackBytes - stack_used_ ? units * 3 : quirks::Utf8Length(isolate, text);
  uint8_t* bytes = Allocate(capacity);
  if (bytes == nullptr) return ThrowMemory();
  out->payload.ptr = bytes;
  out->len = quirks::WriteUtf8(isolate, text, reinterpret_cast<char*>(bytes), capacity);
  return true;
}

bool ArgReader::ReadBytes(Local<Value> value, NanoValue* out) {
  out->tag = NanoTag::kBytes;
  const NanoArgKind kind = op_.arg_kinds[index_];
  Local<ArrayBuffer> buffer;
  size_t offset = 0;
  if (value->IsArrayBufferView()) {
    Local<v8::ArrayBufferView> view = value.As<v8::ArrayBufferView>();
    out->len = view->ByteLength();
    // A small view may live in V8's heap, where it can move: reading copies it, writing makes it external.
    if (kind != NanoArgKind::kBytesMut && out->len <= kCopiedBytesMax) {
      uint8_t* bytes = Allocate(out->len);
      if (bytes == nullptr) return ThrowMemory();
      view->CopyContents(bytes, out->len);
      out->payload.ptr = bytes;
      return true;
    }
    buffer = view->Buffer();
    offset = view->ByteOffset();
  } else if (value->IsArrayBuffer()) {
    buffer = value.As<ArrayBuffer>();
    out->len = buffer->ByteLength();
  } else {
    return ThrowKind(kind);
  }
  // Not GetBackingStore: its reference count is needed only where a pin outlives the call.
  out->payload.ptr = out->len == 0 ? stack_ : static_cast<uint8_t*>(buffer->Data()) + offset;
  if (op_.mode != NanoMode::kSync && out->len > kCopiedBytesMax) {
    out->pin = new std::shared_ptr<BackingStore>(buffer->GetBackingStore());
    realm_->buffer_garbage().OnKept(realm_->isolate(), buffer->Data(), out->len);
  }
  return true;
}

bool ArgReader::ReadPlainBytes(Local<Value> value, NanoValue* out) {
  if (!value->IsUint8Array()) return false;
  Local<v8::ArrayBufferView> view = value.As<v8::ArrayBufferView>();
  out->tag = NanoTag::kBytes;
  // In V8's heap, where it may move. Writing makes it external, once.
  if (!view->HasBuffer() && op_.arg_kinds[index_] == NanoArgKind::kPlainBytes) {
    out->len = view->ByteLength();
    out->payload.ptr = Allocate(out->len);
    if (out->payload.ptr == nullptr) return ThrowMemory();
    view->CopyContents(out->payload.ptr, out->len);
    return true;
  }
  Local<ArrayBuffer> buffer = view->Buffer();
  if (!quirks::IsFixedAndUnshared(buffer)) return false;
  out->len = view->ByteLength();
  out->payload.ptr = out->len == 0 ? stack_ : static_cast<uint8_t*>(buffer->Data()) + view->ByteOffset();
  return true;
}

uint8_t* ArgReader::Allocate(size_t size) {
  if (size <= kStackBytes - stack_used_) {
    uint8_t* ptr = stack_ + stack_used_;
    // Kept aligned for UTF-16.
    stack_used_ += (size + 7) & ~size_t{7};
    return ptr;
  }
  uint8_t* ptr = nano_buffer_alloc(realm_->account(), size, false);
  if (ptr != nullptr) blocks_.push_back({ptr, size});
  return ptr;
}

bool ArgReader::ThrowKind(NanoArgKind kind) {
  std::string message = std::string(op_.name) + ": argument " + std::to_string(index_ + 1) + " must be " + KindName(kind);
  realm_->isolate()->ThrowException(v8::Exception::TypeError(String(realm_->isolate(), message)));
  return false;
}

bool ArgReader::ThrowMemory() {
  std::string message = std::string(op_.name) + ": argument " + std::to_string(index_ + 1) +
                        " does not fit into the realm's memory limit";
  realm_->isolate()->ThrowException(v8::Exception::RangeError(String(realm_->isolate(), message)));
  return false;
}

MaybeLocal<Value> ToJs(Realm* realm, Local<Context> context, NanoValue* value) {
  Isolate* isolate = realm->isolate();
  switch (value->tag) {
    case NanoTag::kUndefined:
      return v8::Undefined(isolate);
    case NanoTag::kNull:
      return v8::Null(isolate);
    case NanoTag::kBoolean:
      return v8::Boolean::New(isolate, value->payload.boolean);
    case NanoTag::kInt32:
      return v8::Integer::New(isolate, value->payload.int32);
    case NanoTag::kUint32:
      return v8::Integer::NewFromUnsigned(isolate, value->payload.uint32);
    case NanoTag::kFloat64:
      return v8::Number::New(isolate, value->payload.float64);
    case NanoTag::kString: {
      Local<v8::String> text;
      if (!TryString(isolate, {reinterpret_cast<const char*>(value->payload.ptr), value->len}).ToLocal(&text)) return {};
      return text;
    }
    case NanoTag::kStringLatin1:
    case NanoTag::kStringUtf16: {
      if (value->len > static_cast<size_t>(v8::String::kMaxLength)) return {};
      const int length = static_cast<int>(value->len);
      MaybeLocal<v8::String> text =
          value->tag == NanoTag::kStringLatin1
              ? v8::String::NewFromOneByte(isolate, value->payload.ptr, v8::NewStringType::kNormal, length)
              : v8::String::NewFromTwoByte(isolate, value->payload.units, v8::NewStringType::kNormal, length);
      Local<v8::String> string;
      if (!text.ToLocal(&string)) return {};
      return string;
    }
    case NanoTag::kOwnedLatin1:
    case NanoTag::kOwnedUtf16: {
      Local<v8::String> text;
      if (!TakeText(realm, value).ToLocal(&text)) return {};
      return text;
    }
    case NanoTag::kOwnedBytes: {
      const size_t length = value->len;
      return v8::Uint8Array::New(TakeBuffer(realm, value), 0, length);
    }
    case NanoTag::kOwnedBuffer:
      return TakeBuffer(realm, value);
    case NanoTag::kList: {
      std::vector<Local<Value>> items(value->len);
      for (size_t i = 0; i < items.size(); ++i) {
        // The list is the request's own; only its owned bytes change hands.
        if (!ToJs(realm, context, const_cast<NanoValue*>(&value->payload.list[i])).ToLocal(&items[i])) return {};
      }
      return v8::Array::New(isolate, items.data(), items.size());
    }
    case NanoTag::kBytes:
    case NanoTag::kFailure:
      break;
  }
  return v8::Undefined(isolate);
}

void Unpin(void* pin) { delete static_cast<std::shared_ptr<BackingStore>*>(pin); }

}  // namespace nano
