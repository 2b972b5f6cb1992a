#include "tls_roots.h"

#include <memory>
#include <mutex>
#include <vector>

#include "core.gen.h"
#include "environment.h"

namespace nano {

namespace {

// One environment's. All but `port` belongs to its thread.
struct Provider {
  Napi::FunctionReference function;
  std::weak_ptr<Port> port;
};

// Never destroyed: shards outlive static destruction.
struct Registry {
  std::mutex lock;
  std::vector<std::shared_ptr<Provider>> providers;
  NanoInboxTask task;
};

Registry& Providers() {
  static Registry* registry = new Registry;
  return *registry;
}

// The environment's thread.
void Answer(const std::shared_ptr<Provider>& provider) {
  if (provider->function.IsEmpty() || !nano_tls_roots_wanted()) return;
  Napi::Env env = provider->function.Env();
  v8::Isolate* isolate = v8::Isolate::GetCurrent();
  Napi::HandleScope handles(env);
  node::CallbackScope scope(isolate, v8::Object::New(isolate), node::async_context{0, 0});
  Napi::Value pem = provider->function.Call({});
  // The provider does not throw; without an answer requests would wait for ever.
  if (env.IsExceptionPending()) env.GetAndClearPendingException();
  const std::string text = !pem.IsEmpty() && pem.IsString() ? pem.As<Napi::String>().Utf8Value() : std::string();
  nano_tls_provide_roots(reinterpret_cast<const uint8_t*>(text.data()), text.size());
}

void Ask(const std::shared_ptr<Provider>& provider) {
  if (std::shared_ptr<Port> port = provider->port.lock()) {
    port->Post([provider] { Answer(provider); });
  }
}

}  // namespace

void SetRootsProvider(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  auto provider = std::make_shared<Provider>();
  provider->function = Napi::Persistent(info[0].As<Napi::Function>());
  provider->port = Environment::Get(v8::Isolate::GetCurrent())->port();
  Registry& registry = Providers();
  env.AddCleanupHook([&registry, provider] {
    provider->function.Reset();
    std::lock_guard<std::mutex> guard(registry.lock);
    std::erase(registry.providers, provider);
  });
  {
    std::lock_guard<std::mutex> guard(registry.lock);
    registry.providers.push_back(provider);
  }
  registry.task.run = [](NanoInboxTask*) {
    Registry& all = Providers();
    std::lock_guard<std::mutex> guard(all.lock);
    for (const std::shared_ptr<Provider>& each : all.providers) Ask(each);
  };
  nano_tls_on_roots_wanted(&registry.task);
  // The environment that was asked may have ended without an answer.
  if (nano_tls_roots_wanted()) Ask(provider);
}

}  // namespace nano
