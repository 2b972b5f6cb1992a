// An object that the SDK hands to the addon, read by V8 itself. Node-API gives nothing any more once the worker is being
// terminated, and node-addon-api ends the process where nothing is converted: here it counts as undefined.
//
// Valid as long as the handle scope.
#pragma once

#include <v8.h>

#include <string>
#include <utility>
#include <vector>

#include "strings.h"

namespace nano {

class JsObject {
 public:
  explicit JsObject(v8::Local<v8::Value> value) : isolate_(v8::Isolate::GetCurrent()), context_(isolate_->GetCurrentContext()) {
    if (value->IsObject()) object_ = value.As<v8::Object>();
  }

  bool IsObject() const { return !object_.IsEmpty(); }
  bool Has(const char* key) const { return !Member(key)->IsUndefined(); }
  bool Flag(const char* key) const { return Member(key)->IsTrue(); }
  // 0 for what is no number.
  double Number(const char* key) const { return NumberOf(Member(key)); }
  // "" for what is no string.
  std::string Text(const char* key) const { return TextOf(Member(key)); }
  JsObject Object(const char* key) const { return JsObject(Member(key)); }

  std::vector<double> Numbers(const char* key) const {
    std::vector<double> list;
    for (v8::Local<v8::Value> item : Object(key).Items()) list.push_back(NumberOf(item));
    return list;
  }

  std::vector<std::string> Texts(const char* key) const {
    std::vector<std::string> list;
    for (v8::Local<v8::Value> item : Object(key).Items()) list.push_back(TextOf(item));
    return list;
  }

  // Names and values of all own properties.
  std::vector<std::pair<std::string, std::string>> Entries(const char* key) const {
    std::vector<std::pair<std::string, std::string>> list;
    const JsObject object = Object(key);
    v8::Local<v8::Array> names;
    if (!object.IsObject() || !object.object_->GetOwnPropertyNames(context_).ToLocal(&names)) return list;
    for (v8::Local<v8::Value> name : JsObject(names).Items()) {
      v8::Local<v8::Value> value;
      if (object.object_->Get(context_, name).ToLocal(&value)) list.emplace_back(TextOf(name), TextOf(value));
    }
    return list;
  }

  // Of an array.
  std::vector<v8::Local<v8::Value>> Items() const {
    if (object_.IsEmpty() || !object_->IsArray()) return {};
    std::vector<v8::Local<v8::Value>> items(object_.As<v8::Array>()->Length(), v8::Undefined(isolate_));
    for (uint32_t i = 0; i < items.size(); ++i) {
      v8::Local<v8::Value> item;
      if (object_->Get(context_, i).ToLocal(&item)) items[i] = item;
    }
    return items;
  }

 private:
  v8::Local<v8::Value> Member(const char* key) const {
    return object_.IsEmpty() ? v8::Undefined(isolate_).As<v8::Value>() : Get(context_, object_, key);
  }

  static double NumberOf(v8::Local<v8::Value> value) { return value->IsNumber() ? value.As<v8::Number>()->Value() : 0; }
  std::string TextOf(v8::Local<v8::Value> value) const { return value->IsString() ? Utf8(isolate_, value) : std::string(); }

  v8::Isolate* isolate_;
  v8::Local<v8::Context> context_;
  v8::Local<v8::Object> object_;
};

}  // namespace nano
