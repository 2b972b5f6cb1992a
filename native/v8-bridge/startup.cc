#include "startup.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <mutex>

#include "intrinsics.h"
#include "isolate_factory.h"
#include "op_table.h"
#include "quirks.h"
#include "realm.h"
#include "strings.h"

namespace nano {

using v8::Context;
using v8::Function;
using v8::HandleScope;
using v8::Isolate;
using v8::Local;
using v8::Object;
using v8::Value;

namespace {

struct Configuration {
  std::string bundle;
  std::string bundle_hash;
  std::string cache_folder;
};

std::mutex g_lock;
Configuration* g_configuration = nullptr;
Startup* g_startup = nullptr;
std::atomic<bool> g_snapshot_abandoned{false};

constexpr uint64_t kBuilderMemoryLimit = uint64_t{1} << 30;
constexpr size_t kBuilderYoungGeneration = size_t{1} << 20;

// --- cache files ------------------------------------------------------------------------------------

uint64_t Mix(uint64_t hash, uint64_t word) {
  hash ^= word;
  hash *= 0x9e3779b97f4a7c15;
  return hash ^ (hash >> 29);
}

uint64_t Checksum(std::string_view bytes) {
  uint64_t hash = bytes.size();
  size_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8) {
    uint64_t word;
    std::memcpy(&word, bytes.data() + i, 8);
    hash = Mix(hash, word);
  }
  for (; i < bytes.size(); ++i) hash = Mix(hash, static_cast<uint8_t>(bytes[i]));
  return hash;
}

// Everything a blob depends on besides the bundle: V8 and the addresses it refers to by index.
std::string CacheKey() {
  std::string key = Startup::CacheTag() + "/" + g_configuration->bundle_hash;
  size_t count;
  const NanoDescriptor* ops = nano_ops(&count);
  for (size_t i = 0; i < count; ++i) (key += "/") += ops[i].name;
  return key;
}

std::string CachePath(const char* kind) {
  if (g_configuration->cache_folder.empty()) return {};
  char name[64];
  std::snprintf(name, sizeof name, "/nano-%s-%016llx", kind, static_cast<unsigned long long>(Checksum(CacheKey())));
  return g_configuration->cache_folder + name;
}

// Layout: checksum of the rest (8 bytes), length of the key (8 bytes), the key, the content.
std::string ReadCache(const char* kind) {
  const std::string path = CachePath(kind);
  if (path.empty()) return {};
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  std::string bytes;
  struct stat info;
  if (fstat(fd, &info) == 0 && info.st_size > 16) {
    bytes.resize(static_cast<size_t>(info.st_size));
    size_t have = 0;
    while (have < bytes.size()) {
      const ssize_t got = read(fd, bytes.data() + have, bytes.size() - have);
      if (got <= 0) break;
      have += static_cast<size_t>(got);
    }
    if (have != bytes.size()) bytes.clear();
  }
  close(fd);
  if (bytes.empty()) return {};
  uint64_t checksum;
  uint64_t key_length;
  std::memcpy(&checksum, bytes.data(), 8);
  std::memcpy(&key_length, bytes.data() + 8, 8);
  const std::string key = CacheKey();
  if (key_length != key.size() || bytes.size() < 16 + key.size() || bytes.compare(16, key.size(), key) != 0) return {};
  if (Checksum(std::string_view(bytes).substr(8)) != checksum) return {};
  return bytes.substr(16 + key.size());
}

// Best effort: a folder that cannot be written to only costs the next process 20 ms.
void WriteCache(const char* kind, std::string_view content) {
  const std::string path = CachePath(kind);
  if (path.empty()) return;
  const std::string key = CacheKey();
  std::string bytes(16, '\0');
  bytes += key;
  bytes += content;
  const uint64_t key_length = key.size();
  std::memcpy(bytes.data() + 8, &key_length, 8);
  const uint64_t checksum = Checksum(std::string_view(bytes).substr(8));
  std::memcpy(bytes.data(), &checksum, 8);
  std::string temporary = path + ".XXXXXX";
  const int fd = mkstemp(temporary.data());
  if (fd < 0) return;
  size_t wrote = 0;
  while (wrote < bytes.size()) {
    const ssize_t put = write(fd, bytes.data() + wrote, bytes.size() - wrote);
    if (put <= 0) break;
    wrote += static_cast<size_t>(put);
  }
  close(fd);
  if (wrote != bytes.size() || rename(temporary.c_str(), path.c_str()) != 0) unlink(temporary.c_str());
}

// --- evaluating the bundle ----------------------------------------------------------------------------

// The realm while a snapshot or code cache is made: ops work, nothing waits for an event.
class BuilderRealm final : public Realm {
 public:
  explicit BuilderRealm(NanoAccount* account) {
    account_ = account;
    NanoRealmHooks hooks = {};
    hooks.turn = hooks.wake = hooks.unpin = [](void*) {};
    hooks.output = [](void*, uint32_t, const uint8_t*, size_t) {};
    native_ = nano_realm_create(NanoRealmKind::kIsolate, &hooks, account, nullptr);
  }
  ~BuilderRealm() override { nano_realm_close(native_); }

  bool IsHost() const override { return false; }
  void FailRealm(Local<Context>, Local<Value>) override {}
  void Exit(int) override {}

  void SetHooks(Local<Context> context, Local<Object> hooks) override {
    Realm::SetHooks(context, hooks);
    hooks_object_.Reset(isolate_, hooks);
  }

  void Attach(Isolate* isolate) { isolate_ = isolate; }
  Local<Object> hooks_object() { return hooks_object_.Get(isolate_); }

  // Everything must be gone before a snapshot is taken.
  void Reset() {
    hooks_object_.Reset();
    ResetHandles();
  }

  using Realm::CurrentScope;

 private:
  v8::Global<Object> hooks_object_;
};

// The text that is compiled: a function of what the realm gives to the bundle. All isolates share its bytes,
// which are in no heap and no blob: both refer to this object.
class BundleText final : public v8::String::ExternalOneByteStringResource {
 public:
  explicit BundleText(const std::string& bundle) : text_("(function (ops, intrinsics) {" + bundle + "\n})") {}

  const char* data() const override { return text_.data(); }
  size_t length() const override { return text_.size(); }
  // Called by each isolate that ends.
  void Dispose() override {}

  // A one-byte string is Latin-1, and the bundle is UTF-8: they agree on ASCII (and the build writes nothing else).
  bool IsAscii() const {
    return std::all_of(text_.begin(), text_.end(), [](char unit) { return static_cast<unsigned char>(unit) < 0x80; });
  }

 private:
  const std::string text_;
};

BundleText* g_bundle_text = nullptr;

// Compiles and calls the bundle. `unbound` receives the script, for a code cache.
bool EvaluateBundle(Local<Context> context, const std::string& code_cache, Local<v8::UnboundScript>* unbound) {
  Isolate* isolate = Isolate::GetCurrent();
  Local<v8::String> text;
  if (!v8::String::NewExternalOneByte(isolate, g_bundle_text).ToLocal(&text)) return false;
  // Taken over by the Source.
  v8::ScriptCompiler::CachedData* cached =
      code_cache.empty() ? nullptr
                         : new v8::ScriptCompiler::CachedData(reinterpret_cast<const uint8_t*>(code_cache.data()),
                                                              static_cast<int>(code_cache.size()));
  v8::ScriptCompiler::Source source(text, quirks::Origin(isolate, String(isolate, Startup::kBundleName), false), cached);
  Local<v8::UnboundScript> script;
  if (!v8::ScriptCompiler::CompileUnboundScript(
           isolate, &source,
           cached == nullptr ? v8::ScriptCompiler::kNoCompileOptions : v8::ScriptCompiler::kConsumeCodeCache)
           .ToLocal(&script)) {
    return false;
  }
  if (unbound != nullptr) *unbound = script;
  Local<Value> function;
  if (!script->BindToCurrentContext()->Run(context).ToLocal(&function)) return false;
  Local<Value> args[] = {MakeOps(context), MakeIntrinsics(context, "isolate")};
  return !function.As<Function>()->Call(context, v8::Undefined(isolate), 2, args).IsEmpty();
}

bool WarmUp(Realm* realm, Local<Context> context) {
  if (realm->hooks().warm_up.IsEmpty()) return true;
  Isolate* isolate = Isolate::GetCurrent();
  if (realm->hooks().warm_up.Get(isolate)->Call(context, v8::Undefined(isolate), 0, nullptr).IsEmpty()) return false;
  isolate->PerformMicrotaskCheckpoint();
  return true;
}

std::string Describe(Isolate* isolate, Local<Context> context, const v8::TryCatch& caught) {
  Local<Value> stack;
  if (caught.StackTrace(context).ToLocal(&stack) && stack->IsString()) return Utf8(isolate, stack);
  return Utf8(isolate, caught.Message().IsEmpty() ? caught.Exception() : caught.Message()->Get().As<Value>());
}

}  // namespace

void Startup::Configure(std::string bundle, std::string bundle_hash, std::string cache_folder) {
  std::lock_guard<std::mutex> guard(g_lock);
  if (g_configuration != nullptr) return;
  g_configuration = new Configuration{std::move(bundle), std::move(bundle_hash), std::move(cache_folder)};
}

bool Startup::IsConfigured() {
  std::lock_guard<std::mutex> guard(g_lock);
  return g_configuration != nullptr;
}

std::string Startup::CacheTag() {
  return std::string(v8::V8::GetVersion()) + "-" + std::to_string(v8::ScriptCompiler::CachedDataVersionTag());
}

void Startup::AbandonSnapshot() { g_snapshot_abandoned = true; }

Local<Context> Startup::NewContext(Isolate* isolate) {
  Local<v8::FunctionTemplate> global = v8::FunctionTemplate::New(isolate);
  global->InstanceTemplate()->SetImmutableProto();
  return Context::New(isolate, nullptr, global->InstanceTemplate());
}

const Startup* Startup::Get(std::string* error) {
  std::lock_guard<std::mutex> guard(g_lock);
  if (g_startup != nullptr && (g_startup->blob() == nullptr || !g_snapshot_abandoned)) return g_startup;
  // A Startup is never freed: isolates hold pointers into its blob.
  Startup* startup = new Startup;
  if (g_bundle_text == nullptr) g_bundle_text = new BundleText(g_configuration->bundle);
  if (!g_bundle_text->IsAscii()) {
    *error = "the bundle of the web layer is not ASCII text";
    return nullptr;
  }
  AddOpReferences(&startup->references_);
  AddIntrinsicReferences(&startup->references_);
  startup->references_.push_back(reinterpret_cast<intptr_t>(g_bundle_text));
  startup->references_.push_back(0);
  const bool use_snapshot = quirks::kSnapshotWorks && !g_snapshot_abandoned;
  if (!(use_snapshot ? startup->MakeSnapshot(error) : startup->MakeCodeCache(error))) return nullptr;
  g_startup = startup;
  return g_startup;
}

bool Startup::MakeSnapshot(std::string* error) {
  blob_bytes_ = ReadCache("snapshot");
  if (blob_bytes_.empty()) {
    NanoAccount* account = nano_account_create(kBuilderMemoryLimit);
    v8::StartupData made = {nullptr, 0};
    {
      BuilderRealm realm(account);
      BuilderRealm::CurrentScope current(&realm);
      IsolateHolder holder(account, [] {});
      Isolate* isolate = holder.isolate();
      realm.Attach(isolate);
      // Enters the isolate and initialises it; leaves it when destroyed.
#if NANO_V8_AT_LEAST(12, 0)
      Isolate::CreateParams params;
      // The creator's own allocator would go before the isolate does.
      params.array_buffer_allocator_shared = holder.allocator();
      params.external_references = references_.data();
      // The cache of numbers as strings is in the blob, and its size follows from that of the young generation.
      params.constraints.set_max_young_generation_size_in_bytes(kBuilderYoungGeneration);
      v8::SnapshotCreator creator(isolate, params);
#else
      v8::SnapshotCreator creator(isolate, references_.data());
#endif
      bool ok = false;
      {
        HandleScope scope(isolate);
        isolate->SetMicrotasksPolicy(v8::MicrotasksPolicy::kExplicit);
        Local<Context> context = NewContext(isolate);
        Context::Scope context_scope(context);
        v8::TryCatch caught(isolate);
        ok = EvaluateBundle(context, {}, nullptr) && WarmUp(&realm, context);
        if (!ok) *error = Describe(isolate, context, caught);
        if (ok) creator.AddData(context, realm.hooks_object());
        creator.SetDefaultContext(context);
      }
      realm.Reset();
      made = creator.CreateBlob(v8::SnapshotCreator::FunctionCodeHandling::kKeep);
      if (!ok) {
        delete[] made.data;
        made = {nullptr, 0};
      }
    }
    nano_account_release(account);
    if (made.data == nullptr) return false;
    blob_bytes_.assign(made.data, static_cast<size_t>(made.raw_size));
    delete[] made.data;
    WriteCache("snapshot", blob_bytes_);
  }
  blob_ = {blob_bytes_.data(), static_cast<int>(blob_bytes_.size())};
  return true;
}

bool Startup::MakeCodeCache(std::string* error) {
  code_cache_ = ReadCache("code");
  if (!code_cache_.empty()) return true;
  NanoAccount* account = nano_account_create(kBuilderMemoryLimit);
  bool ok = false;
  {
    BuilderRealm realm(account);
    BuilderRealm::CurrentScope current(&realm);
    IsolateHolder holder(account, [] {});
    Isolate* isolate = holder.isolate();
    realm.Attach(isolate);
    holder.Initialize(0, nullptr, nullptr);
    {
      Isolate::Scope isolate_scope(isolate);
      HandleScope scope(isolate);
      Local<Context> context = NewContext(isolate);
      Context::Scope context_scope(context);
      v8::TryCatch caught(isolate);
      Local<v8::UnboundScript> script;
      ok = EvaluateBundle(context, {}, &script) && WarmUp(&realm, context);
      if (ok) {
        std::unique_ptr<v8::ScriptCompiler::CachedData> data(v8::ScriptCompiler::CreateCodeCache(script));
        code_cache_.assign(reinterpret_cast<const char*>(data->data), static_cast<size_t>(data->length));
        WriteCache("code", code_cache_);
      } else {
        *error = Describe(isolate, context, caught);
      }
      realm.Reset();
    }
  }
  nano_account_release(account);
  return ok;
}

bool Startup::SetUp(Local<Context> context) const {
  if (blob() == nullptr) return EvaluateBundle(context, code_cache_, nullptr);
  Local<Object> hooks;
  if (!context->GetDataFromSnapshotOnce<Object>(0).ToLocal(&hooks)) return false;
  Realm::Current()->SetHooks(context, hooks);
  return true;
}

}  // namespace nano
