// V8's ValueSerializer as HTML's StructuredSerialize / StructuredDeserialize
// (https://html.spec.whatwg.org/multipage/structured-data.html).
#pragma once

#include <v8.h>

#include <memory>
#include <vector>

#include "realm.h"

namespace nano {

// A serialized value on its way: within a realm, or from one isolate to another. Any thread may hold it.
class Serialized {
 public:
  // False after throwing a DataCloneError. `transfer` lists ArrayBuffers, which are detached.
  bool Write(Realm* realm, v8::Local<v8::Context> context, v8::Local<v8::Value> value,
             const std::vector<v8::Local<v8::ArrayBuffer>>& transfer = {});
  // Once: transferred buffers move into the new value.
  v8::MaybeLocal<v8::Value> Read(v8::Isolate* isolate, v8::Local<v8::Context> context);

 private:
  struct Free {
    void operator()(uint8_t* data) const { std::free(data); }
  };

  std::unique_ptr<uint8_t, Free> data_;
  size_t size_ = 0;
  std::vector<std::shared_ptr<v8::BackingStore>> transferred_;
  std::vector<std::shared_ptr<v8::BackingStore>> shared_;
};

}  // namespace nano
