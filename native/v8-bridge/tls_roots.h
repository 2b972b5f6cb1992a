// Node's root certificates for TLS in the core: asked for, by way of JavaScript, when the first https: request of
// the process needs them.
#pragma once

#include <napi.h>

namespace nano {

// setRootsProvider(provider: () => string): `provider` gives PEM. Every environment has one; who answers first
// is heard.
void SetRootsProvider(const Napi::CallbackInfo& info);

}  // namespace nano
