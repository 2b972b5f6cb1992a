// How a call into an isolate failed (NativeFailure in src-ts/sdk/native.ts).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "serializer.h"

namespace nano {

struct Failure {
  struct Location {
    std::string filename;
    int line = 0;
    int column = 0;
    std::string source_line;
    int width = 0;
  };

  std::string code;
  std::string message;
  std::string inspected;
  std::optional<Location> location;
  std::unique_ptr<Serialized> error;
  // The name of a DOMException, of which structured clone makes an Error; "" of any other value.
  std::string dom_exception;
  int exit_code = 0;
};

// Exactly one of the two; a success without a value (undefined) has neither.
struct CallResult {
  std::unique_ptr<Failure> failure;
  std::unique_ptr<Serialized> value;

  static CallResult Failed(std::string code, std::string message) {
    CallResult result;
    result.failure = std::make_unique<Failure>();
    result.failure->code = std::move(code);
    result.failure->message = std::move(message);
    return result;
  }
};

// Called once, on the shard thread.
using CallDone = std::function<void(CallResult)>;

}  // namespace nano
