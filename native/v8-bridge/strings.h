// Small conversions between C++ and V8 strings, and property helpers.
#pragma once

#include <v8.h>

#include <string>
#include <string_view>

namespace nano {

// For calls whose failure shows elsewhere (a TryCatch, a pending termination).
template <class T>
inline void Ignore(const v8::MaybeLocal<T>&) {}
inline void Ignore(const v8::Maybe<bool>&) {}

// Empty when the text is longer than V8 allows (about 512 MiB).
inline v8::MaybeLocal<v8::String> TryString(v8::Isolate* isolate, std::string_view text) {
  if (text.size() > static_cast<size_t>(v8::String::kMaxLength)) return {};
  return v8::String::NewFromUtf8(isolate, text.data(), v8::NewStringType::kNormal, static_cast<int>(text.size()));
}

// For texts that are short; one that is longer than V8 allows becomes empty.
inline v8::Local<v8::String> String(v8::Isolate* isolate, std::string_view text) {
  return TryString(isolate, text).FromMaybe(v8::String::Empty(isolate));
}

// A name that is used often enough to be internalised.
inline v8::Local<v8::String> Name(v8::Isolate* isolate, const char* text) {
  return v8::String::NewFromUtf8(isolate, text, v8::NewStringType::kInternalized).ToLocalChecked();
}

inline std::string Utf8(v8::Isolate* isolate, v8::Local<v8::Value> value) {
  v8::String::Utf8Value text(isolate, value);
  return *text ? std::string(*text, static_cast<size_t>(text.length())) : std::string();
}

inline v8::Local<v8::Value> Get(v8::Local<v8::Context> context, v8::Local<v8::Object> object, const char* key) {
  v8::Local<v8::Value> value;
  v8::Isolate* isolate = v8::Isolate::GetCurrent();
  if (object->Get(context, Name(isolate, key)).ToLocal(&value)) return value;
  return v8::Undefined(isolate);
}

inline void Set(v8::Local<v8::Context> context, v8::Local<v8::Object> object, const char* key,
                v8::Local<v8::Value> value) {
  object->CreateDataProperty(context, Name(v8::Isolate::GetCurrent(), key), value).Check();
}

}  // namespace nano
