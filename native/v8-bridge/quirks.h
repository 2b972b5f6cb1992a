// Where V8 and Node differ between the versions that nano supports, and the way around each difference.
// Every entry says when it can go.
#pragma once

#include <node.h>
#include <v8.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#define NANO_V8_AT_LEAST(major, minor) \
  (V8_MAJOR_VERSION > (major) || (V8_MAJOR_VERSION == (major) && V8_MINOR_VERSION >= (minor)))

namespace nano::quirks {

// From V8 13 on, Turboshaft's loop unrolling takes the stack checks out of some endless loops
// (`while (true) a.push(new Array(1000).fill(0).map(f))`), so that TerminateExecution never reaches them: a
// Worker's terminate() hangs as well. A limit that holds is worth more than unrolled loops. Goes when
// test/sdk/limits.test.ts passes without it.
inline void KeepLoopsInterruptible() {
#if NANO_V8_AT_LEAST(13, 0)
  v8::V8::SetFlagsFromString("--no-turboshaft-loop-unrolling");
#endif
}

// V8 11 keeps a blob's own read-only heap, which all isolates of a process must share, so a custom
// startup snapshot breaks classes there. Goes with Node 20.
constexpr bool kSnapshotWorks = NANO_V8_AT_LEAST(12, 0);

// Up to V8 12 a termination that arrives while V8 calls its own Promise.prototype.then, between two modules of a graph with
// top-level await, ends the process ("Check failed: (location_) != nullptr" in ExecuteAsyncModule). Goes with Node 22.
constexpr bool kTerminationBetweenModulesCrashes = !NANO_V8_AT_LEAST(13, 0);

// Up to V8 13 that call looks at Promise.prototype.constructor and Promise[Symbol.species], and the process ends when what a
// script put there throws. Goes with Node 24.
constexpr bool kSpeciesBetweenModulesCrashes = !NANO_V8_AT_LEAST(14, 0);

// Disposing and unregistering must happen in the platform's own order from Node 24 on; before that there
// is no such method. Goes with Node 22.
inline void DisposeIsolate(node::MultiIsolatePlatform* platform, v8::Isolate* isolate) {
#if NODE_MAJOR_VERSION >= 24
  platform->DisposeIsolate(isolate);
#else
  platform->UnregisterIsolate(isolate);
  isolate->Dispose();
#endif
}

// Writes UTF-8 with lone surrogates replaced; returns the bytes written. The old names are deprecated in
// V8 13.6 and gone in 14. Goes with Node 22.
inline size_t WriteUtf8(v8::Isolate* isolate, v8::Local<v8::String> text, char* out, size_t capacity) {
#if NANO_V8_AT_LEAST(13, 4)
  return text->WriteUtf8V2(isolate, out, capacity, v8::String::WriteFlags::kReplaceInvalidUtf8);
#else
  return static_cast<size_t>(text->WriteUtf8(
      isolate, out, static_cast<int>(capacity), nullptr,
      v8::String::NO_NULL_TERMINATION | v8::String::REPLACE_INVALID_UTF8));
#endif
}

inline size_t Utf8Length(v8::Isolate* isolate, v8::Local<v8::String> text) {
#if NANO_V8_AT_LEAST(13, 4)
  return text->Utf8LengthV2(isolate);
#else
  return static_cast<size_t>(text->Utf8Length(isolate));
#endif
}

inline void WriteOneByte(v8::Isolate* isolate, v8::Local<v8::String> text, uint8_t* out) {
#if NANO_V8_AT_LEAST(13, 4)
  text->WriteOneByteV2(isolate, 0, static_cast<uint32_t>(text->Length()), out);
#else
  text->WriteOneByte(isolate, out, 0, text->Length(), v8::String::NO_NULL_TERMINATION);
#endif
}

// The characters of a string as V8 has them. From V8 13.6 on they are looked at where they are: between Open and
// Close nothing may be allocated in V8's heap. Before that they are copied. Goes with Node 22.
class Characters {
 public:
  // False when `allocate(bytes)` (memory that outlives this object) gives null.
  template <class Allocate>
  bool Open(v8::Isolate* isolate, v8::Local<v8::String> text, [[maybe_unused]] Allocate allocate) {
#if NANO_V8_AT_LEAST(13, 6)
    view_.emplace(isolate, text);
    length_ = view_->length();
    is_one_byte_ = view_->is_one_byte();
    data_ = is_one_byte_ ? static_cast<const void*>(view_->data8()) : view_->data16();
#else
    const int length = text->Length();
    length_ = static_cast<size_t>(length);
    is_one_byte_ = text->IsOneByte();
    void* copy = allocate(is_one_byte_ ? length_ : length_ * 2);
    if (copy == nullptr) return false;
    if (is_one_byte_) {
      text->WriteOneByte(isolate, static_cast<uint8_t*>(copy), 0, length, v8::String::NO_NULL_TERMINATION);
    } else {
      text->Write(isolate, static_cast<uint16_t*>(copy), 0, length, v8::String::NO_NULL_TERMINATION);
    }
    data_ = copy;
#endif
    return true;
  }

  void Close() {
#if NANO_V8_AT_LEAST(13, 6)
    view_.reset();
#endif
  }

  bool is_one_byte() const { return is_one_byte_; }
  const void* data() const { return data_; }
  // In code units.
  size_t length() const { return length_; }

 private:
#if NANO_V8_AT_LEAST(13, 6)
  std::optional<v8::String::ValueView> view_;
#endif
  const void* data_ = nullptr;
  size_t length_ = 0;
  bool is_one_byte_ = false;
};

// V8 11 says only of a backing store whether it is resizable. Goes with Node 20.
inline bool IsFixedAndUnshared(v8::Local<v8::ArrayBuffer> buffer) {
  // A view's buffer is an ArrayBuffer by its type alone.
  if (buffer.As<v8::Value>()->IsSharedArrayBuffer()) return false;
#if NANO_V8_AT_LEAST(12, 0)
  return !buffer->IsResizableByUserJavaScript();
#else
  return !buffer->GetBackingStore()->IsResizableByUserJavaScript();
#endif
}

// GetPrototype became GetPrototypeV2 in V8 13. Goes with Node 22.
inline v8::Local<v8::Value> PrototypeOf(v8::Local<v8::Object> object) {
#if NANO_V8_AT_LEAST(13, 0)
  return object->GetPrototypeV2();
#else
  return object->GetPrototype();
#endif
}

// Import attributes were import assertions in V8 11. Goes with Node 20.
inline v8::Local<v8::FixedArray> ImportAttributes(v8::Local<v8::ModuleRequest> request) {
#if NANO_V8_AT_LEAST(12, 0)
  return request->GetImportAttributes();
#else
  return request->GetImportAssertions();
#endif
}

// FixedArray::Get lost its context in V8 14. Goes with Node 24.
inline v8::Local<v8::Data> At([[maybe_unused]] v8::Local<v8::Context> context, v8::Local<v8::FixedArray> array, int i) {
#if NANO_V8_AT_LEAST(14, 0)
  return array->Get(i);
#else
  return array->Get(context, i);
#endif
}

// The export names became a span in V8 12. Goes with Node 20.
inline v8::Local<v8::Module> CreateSyntheticModule(v8::Isolate* isolate, v8::Local<v8::String> name,
                                                   v8::Local<v8::String> export_name,
                                                   v8::Module::SyntheticModuleEvaluationSteps steps) {
#if NANO_V8_AT_LEAST(12, 0)
  return v8::Module::CreateSyntheticModule(
      isolate, name, v8::MemorySpan<const v8::Local<v8::String>>(&export_name, 1), steps);
#else
  return v8::Module::CreateSyntheticModule(isolate, name, std::vector<v8::Local<v8::String>>{export_name}, steps);
#endif
}

// ScriptOrigin lost its isolate parameter in V8 12. Goes with Node 20.
inline v8::ScriptOrigin Origin([[maybe_unused]] v8::Isolate* isolate, v8::Local<v8::String> name, bool is_module) {
#if NANO_V8_AT_LEAST(12, 0)
  return v8::ScriptOrigin(name, 0, 0, false, -1, v8::Local<v8::Value>(), false, false, is_module);
#else
  return v8::ScriptOrigin(isolate, name, 0, 0, false, -1, v8::Local<v8::Value>(), false, false, is_module);
#endif
}

}  // namespace nano::quirks
