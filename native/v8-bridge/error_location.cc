#include "error_location.h"

#include <string>

#include "bundle.h"
#include "strings.h"

namespace nano {

using v8::Context;
using v8::Isolate;
using v8::Local;
using v8::Value;

namespace {

// Line `number` (from 1) of a source.
std::string LineOf(Isolate* isolate, Local<v8::String> source, int number) {
  const std::string text = Utf8(isolate, source);
  size_t begin = 0;
  for (int line = 1; line < number; ++line) {
    begin = text.find('\n', begin);
    if (begin == std::string::npos) return {};
    ++begin;
  }
  return text.substr(begin, text.find('\n', begin) - begin);
}

}  // namespace

std::optional<Failure::Location> LocationOf(Isolate* isolate, Local<Context> context, Local<Value> error,
                                            Local<v8::Message> message) {
  Failure::Location location;
  Local<v8::StackTrace> stack = v8::Exception::GetStackTrace(error);
  for (int i = 0; !stack.IsEmpty() && i < stack->GetFrameCount(); ++i) {
    Local<v8::StackFrame> frame = stack->GetFrame(isolate, static_cast<uint32_t>(i));
    if (!frame->IsUserJavaScript()) continue;
    location.filename = Utf8(isolate, frame->GetScriptNameOrSourceURL());
    if (location.filename == Bundle::kName) continue;
    location.line = frame->GetLineNumber();
    location.column = frame->GetColumn();
    Local<v8::String> source = frame->GetScriptSource();
    if (!source.IsEmpty()) location.source_line = LineOf(isolate, source, location.line);
    return location;
  }
  if (message.IsEmpty()) message = v8::Exception::CreateMessage(isolate, error);
  if (message.IsEmpty() || !message->GetScriptResourceName()->IsString()) return {};
  location.filename = Utf8(isolate, message->GetScriptResourceName());
  location.line = message->GetLineNumber(context).FromMaybe(0);
  location.column = message->GetStartColumn(context).FromMaybe(0) + 1;
  location.width = message->GetEndColumn(context).FromMaybe(0) + 1 - location.column;
  Local<v8::String> line;
  if (message->GetSourceLine(context).ToLocal(&line)) location.source_line = Utf8(isolate, line);
  if (location.line == 0 || location.filename == Bundle::kName) return {};
  return location;
}

}  // namespace nano
