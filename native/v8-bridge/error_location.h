// Where in a script something went wrong.
#pragma once

#include <v8.h>

#include <optional>

#include "failure.h"

namespace nano {

// Where an error was made, where a syntax error is, or where `message` says that any other value was thrown. Isolate's thread.
std::optional<Failure::Location> LocationOf(v8::Isolate* isolate, v8::Local<v8::Context> context, v8::Local<v8::Value> error,
                                            v8::Local<v8::Message> message);

}  // namespace nano
