// V8's ValueSerializer as HTML's StructuredSerialize / StructuredDeserialize
// (https://html.spec.whatwg.org/multipage/structured-data.html).
#pragma once

#include <v8.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "realm.h"

namespace nano {

// A serialized value on its way: within a realm, or from one isolate to another. Any thread may hold it. Its
// bytes are charged to the realm that wrote it: a string that occurs a thousand times is written as often.
class Serialized {
 public:
  enum class Destination {
    kSameRealm,
    // Nothing is shared with it: SharedArrayBuffers are refused.
    kOtherRealm,
  };

  Serialized() = default;
  ~Serialized();
  Serialized(const Serialized&) = delete;
  Serialized& operator=(const Serialized&) = delete;

  // False after throwing a DataCloneError. `transfer` lists ArrayBuffers, which are detached.
  bool Write(Realm* realm, v8::Local<v8::Context> context, v8::Local<v8::Value> value, Destination destination,
             const std::vector<v8::Local<v8::ArrayBuffer>>& transfer = {});
  // Once: transferred buffers move into the new value.
  v8::MaybeLocal<v8::Value> Read(v8::Isolate* isolate, v8::Local<v8::Context> context);

  // What structured clone refuses of a list, and why.
  struct Refusal {
    size_t index;
    std::string reason;

    // Of a list of arguments.
    std::string Text() const { return "argument " + std::to_string(index + 1) + " cannot be cloned: " + reason; }
  };

  // Several values, for another realm; an object that occurs in two of them is one object there. False after throwing:
  // `refusal` is set then, unless a getter of the values threw or JavaScript was terminated.
  bool WriteList(Realm* realm, v8::Local<v8::Context> context, const std::vector<v8::Local<v8::Value>>& values,
                 std::optional<Refusal>* refusal);
  // Once. False after throwing, as Read.
  bool ReadList(v8::Isolate* isolate, v8::Local<v8::Context> context, std::vector<v8::Local<v8::Value>>* values);

  size_t size() const { return size_; }

 private:
  void Keep(NanoAccount* account, std::pair<uint8_t*, size_t> written, size_t capacity);

  // Retained while `data_` is not null.
  NanoAccount* account_ = nullptr;
  uint8_t* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
  std::vector<std::shared_ptr<v8::BackingStore>> transferred_;
  std::vector<std::shared_ptr<v8::BackingStore>> shared_;
};

}  // namespace nano
