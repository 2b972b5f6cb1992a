#include "startup.h"

#include <cerrno>
#include <cstring>
#include <optional>

#include "builder_realm.h"
#include "bundle.h"
#include "cache_file.h"
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
  std::string bundle_path;
  std::string bundle_hash;
  std::string cache_folder;
  // Read when the first isolate is made.
  std::optional<Bundle> bundle;
};

std::mutex g_lock;
Configuration* g_configuration = nullptr;
std::atomic<Startup*> g_startup{nullptr};
std::atomic<bool> g_snapshot_abandoned{false};

constexpr uint64_t kBuilderMemoryLimit = uint64_t{1} << 30;
constexpr size_t kBuilderYoungGeneration = size_t{1} << 20;

// Everything a blob or a code cache depends on besides the bundle: V8 and the addresses it refers to by index.
std::string CacheKey() {
  std::string key = Startup::CacheTag() + "/" + g_configuration->bundle_hash;
  size_t count;
  const NanoDescriptor* ops = nano_ops(&count);
  for (size_t i = 0; i < count; ++i) (key += "/") += ops[i].name;
  return key;
}

std::string ReadCache(const char* kind) { return ReadCacheFile(g_configuration->cache_folder, kind, CacheKey()); }

void WriteCache(const char* kind, std::string_view content) {
  WriteCacheFile(g_configuration->cache_folder, kind, CacheKey(), content);
}

// --- evaluating the bundle ----------------------------------------------------------------------------

// The scripts of the parts that are compiled on this thread while it is set, by part: for their code caches.
thread_local std::vector<v8::Global<v8::UnboundScript>>* t_compiled = nullptr;

// The function that a part's text is.
v8::MaybeLocal<Function> CompileFunction(Local<Context> context, size_t part, const std::string& code_cache) {
  Isolate* isolate = Isolate::GetCurrent();
  Local<v8::UnboundScript> script;
  Local<Value> function;
  if (!g_configuration->bundle->Compile(isolate, part, code_cache).ToLocal(&script)) return {};
  if (t_compiled != nullptr) (*t_compiled)[part].Reset(isolate, script);
  if (!script->BindToCurrentContext()->Run(context).ToLocal(&function)) return {};
  return function.As<Function>();
}

// Evaluates part 0: every global.
bool EvaluateMain(Local<Context> context, const std::string& code_cache) {
  Isolate* isolate = Isolate::GetCurrent();
  Local<Function> function;
  if (!CompileFunction(context, 0, code_cache).ToLocal(&function)) return false;
  Local<Value> args[] = {MakeOps(context), MakeIntrinsics(context, "isolate"), v8::Array::New(isolate)};
  return !function->Call(context, v8::Undefined(isolate), 3, args).IsEmpty();
}

bool RunHook(const v8::Global<Function>& hook, Local<Context> context) {
  if (hook.IsEmpty()) return true;
  Isolate* isolate = Isolate::GetCurrent();
  if (hook.Get(isolate)->Call(context, v8::Undefined(isolate), 0, nullptr).IsEmpty()) return false;
  isolate->PerformMicrotaskCheckpoint();
  return true;
}

// Several caches as one text: their number, their lengths (8 bytes each), the caches.
std::string Pack(const std::vector<std::string>& caches) {
  std::string packed;
  auto add = [&packed](uint64_t number) { packed.append(reinterpret_cast<const char*>(&number), sizeof number); };
  add(caches.size());
  for (const std::string& cache : caches) add(cache.size());
  for (const std::string& cache : caches) packed += cache;
  return packed;
}

// None when the text is not what Pack made of so many.
std::vector<std::string> Unpack(const std::string& packed, size_t count) {
  auto number = [&packed](size_t index) {
    uint64_t value;
    std::memcpy(&value, packed.data() + index * sizeof value, sizeof value);
    return value;
  };
  size_t at = (count + 1) * sizeof(uint64_t);
  if (packed.size() < at || number(0) != count) return {};
  std::vector<std::string> caches;
  for (size_t i = 0; i < count; ++i) {
    const uint64_t length = number(i + 1);
    if (length > packed.size() - at) return {};
    caches.push_back(packed.substr(at, length));
    at += length;
  }
  return caches;
}

bool UsesSnapshot() { return quirks::kSnapshotWorks && !g_snapshot_abandoned; }

std::string Describe(Isolate* isolate, Local<Context> context, const v8::TryCatch& caught) {
  Local<Value> stack;
  if (caught.StackTrace(context).ToLocal(&stack) && stack->IsString()) return Utf8(isolate, stack);
  return Utf8(isolate, caught.Message().IsEmpty() ? caught.Exception() : caught.Message()->Get().As<Value>());
}

}  // namespace

void Startup::Configure(std::string bundle_path, std::string bundle_hash, std::string cache_folder) {
  std::lock_guard<std::mutex> guard(g_lock);
  if (g_configuration != nullptr) return;
  g_configuration = new Configuration{std::move(bundle_path), std::move(bundle_hash), std::move(cache_folder), {}};
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

bool Startup::ReadBundle(std::string* error) {
  if (g_configuration->bundle.has_value()) return true;
  std::string text;
  if (!ReadFile(g_configuration->bundle_path, &text)) {
    *error = "the web layer, " + g_configuration->bundle_path + ", cannot be read: " + std::strerror(errno);
    return false;
  }
  Bundle bundle(std::move(text));
  if (!bundle.IsAscii()) {
    *error = "the web layer, " + g_configuration->bundle_path + ", is not ASCII text";
    return false;
  }
  g_configuration->bundle.emplace(std::move(bundle));
  return true;
}

Startup* Startup::Usable() {
  Startup* made = g_startup;
  return made != nullptr && (made->blob() == nullptr || !g_snapshot_abandoned) ? made : nullptr;
}

// Never freed from here on: isolates hold pointers into its blob.
Startup* Startup::Keep(std::unique_ptr<Startup> startup) {
  g_startup = startup.get();
  return startup.release();
}

std::unique_ptr<Startup> Startup::Begin(std::string* error) {
  if (!ReadBundle(error)) return nullptr;
  std::unique_ptr<Startup> startup(new Startup);
  AddOpReferences(&startup->references_);
  AddIntrinsicReferences(&startup->references_);
  g_configuration->bundle->AddReferences(&startup->references_);
  startup->references_.push_back(0);
  return startup;
}

Startup* Startup::Get(std::string* error) {
  std::lock_guard<std::mutex> guard(g_lock);
  if (Startup* made = Usable()) return made;
  std::unique_ptr<Startup> startup = Begin(error);
  if (startup == nullptr) return nullptr;
  if (UsesSnapshot() && !startup->ReadSnapshot() && !startup->MakeSnapshot(error)) return nullptr;
  if (!startup->MakeCode(error)) return nullptr;
  return Keep(std::move(startup));
}

Startup* Startup::Load() {
  std::lock_guard<std::mutex> guard(g_lock);
  if (Startup* made = Usable()) return made;
  std::string error;
  std::unique_ptr<Startup> startup = Begin(&error);
  if (startup == nullptr) return nullptr;
  if (UsesSnapshot()) {
    if (!startup->ReadSnapshot()) return nullptr;
  } else {
    std::call_once(startup->code_read_, [&startup] { startup->ReadCode(); });
    if (startup->code_.empty()) return nullptr;
  }
  return Keep(std::move(startup));
}

bool Startup::ReadSnapshot() {
  blob_bytes_ = ReadCache("snapshot");
  if (blob_bytes_.empty()) return false;
  blob_ = {blob_bytes_.data(), static_cast<int>(blob_bytes_.size())};
  return true;
}

bool Startup::MakeSnapshot(std::string* error) {
  NanoAccount* account = nano_account_create(kBuilderMemoryLimit);
  v8::StartupData made = {nullptr, 0};
  {
    BuilderRealm realm(account, BuilderRealm::Ops::kSync);
    BuilderRealm::CurrentScope current(&realm);
    IsolateHolder holder(account);
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
      ok = EvaluateMain(context, {}) && RunHook(realm.hooks().warm_up, context);
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
  made_blob_ = true;
  blob_bytes_.assign(made.data, static_cast<size_t>(made.raw_size));
  delete[] made.data;
  WriteCache("snapshot", blob_bytes_);
  blob_ = {blob_bytes_.data(), static_cast<int>(blob_bytes_.size())};
  return true;
}

bool Startup::MakeCode(std::string* error) {
  // With a snapshot they are not needed before a script uses a group; most use none.
  if (blob() != nullptr && !made_blob_) return true;
  std::call_once(code_read_, [this] { ReadCode(); });
  if (!code_.empty()) return true;
  NanoAccount* account = nano_account_create(kBuilderMemoryLimit);
  bool ok = false;
  {
    BuilderRealm realm(account, BuilderRealm::Ops::kSync);
    BuilderRealm::CurrentScope current(&realm);
    IsolateHolder holder(account);
    Isolate* isolate = holder.isolate();
    realm.Attach(isolate);
    holder.Initialize(0, blob(), external_references());
    {
      Isolate::Scope isolate_scope(isolate);
      HandleScope scope(isolate);
      Local<Context> context = blob() == nullptr ? NewContext(isolate) : Context::New(isolate);
      Context::Scope context_scope(context);
      v8::TryCatch caught(isolate);
      std::vector<v8::Global<v8::UnboundScript>> compiled(g_configuration->bundle->parts());
      t_compiled = &compiled;
      ok = SetUp(context) && (blob() != nullptr || RunHook(realm.hooks().warm_up, context)) &&
           RunHook(realm.hooks().warm_up_groups, context);
      t_compiled = nullptr;
      if (!ok) *error = Describe(isolate, context, caught);
      for (v8::Global<v8::UnboundScript>& script : compiled) {
        // Part 0 has none when it is in the snapshot.
        code_.emplace_back();
        if (!ok || script.IsEmpty()) continue;
        std::unique_ptr<v8::ScriptCompiler::CachedData> data(v8::ScriptCompiler::CreateCodeCache(script.Get(isolate)));
        code_.back().assign(reinterpret_cast<const char*>(data->data), static_cast<size_t>(data->length));
        script.Reset();
      }
      realm.Reset();
    }
  }
  nano_account_release(account);
  if (ok) WriteCache(code_kind(), Pack(code_));
  return ok;
}

const char* Startup::code_kind() const { return blob() == nullptr ? "code" : "parts"; }

void Startup::ReadCode() { code_ = Unpack(ReadCache(code_kind()), g_configuration->bundle->parts()); }

const std::string& Startup::CodeOf(size_t part) {
  static const std::string kNone;
  std::call_once(code_read_, [this] { ReadCode(); });
  return part < code_.size() ? code_[part] : kNone;
}

v8::MaybeLocal<Function> Startup::CompilePart(Local<Context> context, size_t part) {
  if (part >= g_configuration->bundle->parts()) return {};
  // None while the caches are made.
  Startup* startup = t_compiled == nullptr ? g_startup.load() : nullptr;
  return CompileFunction(context, part, startup == nullptr ? std::string() : startup->CodeOf(part));
}

bool Startup::SetUp(Local<Context> context) {
  if (blob() == nullptr) return EvaluateMain(context, code_.empty() ? std::string() : code_[0]);
  Local<Object> hooks;
  if (!context->GetDataFromSnapshotOnce<Object>(0).ToLocal(&hooks)) return false;
  Realm::Current()->SetHooks(context, hooks);
  return true;
}

}  // namespace nano
