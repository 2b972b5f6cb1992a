// Conversion between JavaScript values and the core's Value (core.gen.h), in both directions.
#pragma once

#include <v8.h>

#include <cstdint>
#include <vector>

#include "core.gen.h"
#include "quirks.h"
#include "realm.h"

namespace nano {

constexpr const char* kResultTooLarge = "The result does not fit into a JavaScript string or buffer";

// Reads an op's arguments. Strings up to 4 KiB live on the stack, longer ones in the realm's heap; all of
// it is freed with the reader. A string that the op takes as V8 has it is not copied where V8 allows that.
class ArgReader {
 public:
  ArgReader(Realm* realm, const NanoDescriptor& op) : realm_(realm), op_(op) {}
  ~ArgReader();
  ArgReader(const ArgReader&) = delete;
  ArgReader& operator=(const ArgReader&) = delete;

  // False after throwing: an argument is of the wrong kind or does not fit into memory. And without throwing when
  // plain bytes are not: the op's result is undefined then.
  bool Read(const v8::FunctionCallbackInfo<v8::Value>& info);

  const NanoValue* values() const { return values_; }
  // The op has returned: V8's heap may be used again, and an engine string is not there any more.
  void CloseEngineString() { engine_string_.Close(); }
  // A request has copied the arguments and owns the pins.
  void ReleasePins();

 private:
  static constexpr size_t kStackBytes = 4096;
  static constexpr size_t kArgsMax = 16;

  bool ReadOne(v8::Local<v8::Value> value, NanoArgKind kind, NanoValue* out);
  bool ReadString(v8::Local<v8::String> text, NanoValue* out);
  bool OpenEngineString(v8::Local<v8::Value> value);
  bool ReadBytes(v8::Local<v8::Value> value, NanoValue* out);
  bool ReadPlainBytes(v8::Local<v8::Value> value, NanoValue* out);
  uint8_t* Allocate(size_t size);
  bool ThrowKind(NanoArgKind kind);
  bool ThrowMemory();

  struct Block {
    uint8_t* ptr;
    size_t len;
  };

  Realm* realm_;
  const NanoDescriptor& op_;
  size_t stack_used_ = 0;
  uint32_t index_ = 0;
  quirks::Characters engine_string_;
  std::vector<Block> blocks_;
  NanoValue values_[kArgsMax];
  alignas(8) uint8_t stack_[kStackBytes];
};

// The JavaScript value of a result. Takes over `owned_bytes` and `owned_buffer` (the value becomes
// undefined). Empty when a string or buffer is larger than V8 allows.
v8::MaybeLocal<v8::Value> ToJs(Realm* realm, v8::Local<v8::Context> context, NanoValue* value);

// Drops a pin that ArgReader made (Realm.Hooks.unpin). Any thread.
void Unpin(void* pin);

}  // namespace nano
