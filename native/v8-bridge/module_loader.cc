#include "module_loader.h"

#include "isolate_realm.h"
#include "quirks.h"
#include "strings.h"
#include "termination.h"

namespace nano {

using v8::Context;
using v8::Function;
using v8::Isolate;
using v8::Local;
using v8::MaybeLocal;
using v8::Module;
using v8::Object;
using v8::Promise;
using v8::Value;

struct ModuleLoader::Record {
  std::string url;
  std::string filename;
  bool is_main;
  v8::Global<Module> module;
  // JSON modules: the parsed value.
  v8::Global<Value> json;
};

// One load under way: what is visited, what is missing, and who waits for it.
struct ModuleLoader::Graph {
  std::set<std::string> visited;
  std::string root;
  size_t missing = 0;
  bool finished = false;
  v8::Global<Value> error;
  std::string code;
  Done done;
};

namespace {

std::string AttributeType(Isolate* isolate, Local<Context> context, Local<v8::FixedArray> attributes, int stride) {
  for (int i = 0; i + 1 < attributes->Length(); i += stride) {
    if (Utf8(isolate, quirks::At(context, attributes, i).As<Value>()) == "type") {
      return Utf8(isolate, quirks::At(context, attributes, i + 1).As<Value>());
    }
  }
  return {};
}

// Static imports carry a source offset with each attribute, dynamic ones do not.
constexpr int kStaticStride = 3;
constexpr int kDynamicStride = 2;

void ReturnData(const v8::FunctionCallbackInfo<Value>& info) { info.GetReturnValue().Set(info.Data()); }

}  // namespace

ModuleLoader::ModuleLoader(Realm* realm, std::function<void(ModuleRequestMessage)> ask)
    : realm_(realm), ask_(std::move(ask)) {}

ModuleLoader::~ModuleLoader() = default;

void ModuleLoader::Clear() {
  waiting_.clear();
  resolved_.clear();
  by_hash_.clear();
  by_url_.clear();
}

void ModuleLoader::Install(Isolate* isolate) {
  isolate->SetHostImportModuleDynamicallyCallback(ImportDynamically);
  isolate->SetHostInitializeImportMetaObjectCallback(InitializeMeta);
}

ModuleLoader* ModuleLoader::Current() { return static_cast<IsolateRealm*>(Realm::Current())->modules(); }

ModuleLoader::Key ModuleLoader::MakeKey(const std::string& referrer, const std::string& specifier,
                                        const std::string& type) {
  return referrer + '\0' + specifier + '\0' + type;
}

void ModuleLoader::Load(Local<Context> context, const std::string& specifier, const std::string& referrer,
                        const std::string& type, Done done) {
  auto graph = std::make_shared<Graph>();
  graph->done = std::move(done);
  // Held open until the first request is made, so that it cannot finish early.
  graph->missing = 1;
  Request(context, graph, referrer, specifier, type);
  graph->missing -= 1;
  FinishIfComplete(context, graph);
}

void ModuleLoader::Request(Local<Context> context, const std::shared_ptr<Graph>& graph, const std::string& referrer,
                           const std::string& specifier, const std::string& type) {
  const bool is_root = graph->visited.empty() && graph->root.empty();
  Key key = MakeKey(referrer, specifier, type);
  if (is_root) graph->root = key;
  auto known = resolved_.find(key);
  if (known != resolved_.end()) return Visit(context, graph, known->second);
  graph->missing += 1;
  for (auto& [id, waiting] : waiting_) {
    if (waiting.key == key) {
      waiting.graphs.push_back(graph);
      return;
    }
  }
  const uint32_t id = next_request_++;
  waiting_.emplace(id, Waiting{std::move(key), {graph}});
  ask_({id, specifier, referrer, type});
}

void ModuleLoader::Visit(Local<Context> context, const std::shared_ptr<Graph>& graph, const std::string& url) {
  if (!graph->visited.insert(url).second) return;
  Isolate* isolate = realm_->isolate();
  Local<Module> module = by_url_.at(url)->module.Get(isolate);
  // A linked module's imports are all here.
  if (!module->IsSourceTextModule() || module->GetStatus() >= Module::kInstantiated) return;
  Local<v8::FixedArray> requests = module->GetModuleRequests();
  for (int i = 0; i < requests->Length(); ++i) {
    Local<v8::ModuleRequest> request = quirks::At(context, requests, i).As<v8::ModuleRequest>();
    Request(context, graph, url, Utf8(isolate, request->GetSpecifier()),
            AttributeType(isolate, context, quirks::ImportAttributes(request), kStaticStride));
  }
}

void ModuleLoader::Provide(Local<Context> context, uint32_t request_id, ModuleAnswer answer) {
  auto found = waiting_.find(request_id);
  if (found == waiting_.end()) return;
  Waiting waiting = std::move(found->second);
  waiting_.erase(found);
  Isolate* isolate = realm_->isolate();
  Local<Value> error;
  const std::string code = answer.error_code;
  std::string url = answer.url;
  if (!answer.error_class.empty()) {
    error = realm_->MakeError(context, answer.error_class, answer.error, answer.error_code);
  } else if (by_url_.count(url) == 0 && Compile(context, std::move(answer), &error) == nullptr && error.IsEmpty()) {
    return;  // Terminated.
  }
  if (error.IsEmpty()) resolved_[waiting.key] = url;
  for (const std::shared_ptr<Graph>& graph : waiting.graphs) {
    if (realm_->IsStopping()) return;
    graph->missing -= 1;
    if (error.IsEmpty()) {
      Visit(context, graph, url);
    } else if (graph->error.IsEmpty()) {
      graph->error.Reset(isolate, error);
      graph->code = code;
    }
    FinishIfComplete(context, graph);
  }
}

void ModuleLoader::FinishIfComplete(Local<Context> context, const std::shared_ptr<Graph>& graph) {
  const bool failed = !graph->error.IsEmpty();
  if (graph->finished || (graph->missing > 0 && !failed)) return;
  graph->finished = true;
  Isolate* isolate = realm_->isolate();
  Loaded loaded;
  if (failed) {
    loaded.error = graph->error.Get(isolate);
    loaded.code = graph->code;
  } else {
    Local<Module> module = by_url_.at(resolved_.at(graph->root))->module.Get(isolate);
    v8::TryCatch caught(isolate);
    if (module->GetStatus() == Module::kUninstantiated && module->InstantiateModule(context, Resolve).IsNothing()) {
      if (!caught.CanContinue()) return;
      loaded.error = caught.Exception();
    } else {
      loaded.module = module;
    }
  }
  graph->done(context, loaded);
}

ModuleLoader::Record* ModuleLoader::Compile(Local<Context> context, ModuleAnswer answer, Local<Value>* error) {
  Isolate* isolate = realm_->isolate();
  v8::TryCatch caught(isolate);
  auto record = std::make_unique<Record>();
  record->url = answer.url;
  record->filename = answer.filename;
  record->is_main = answer.is_main;
  Local<v8::String> name = String(isolate, answer.url);
  Local<v8::String> source;
  if (!TryString(isolate, answer.source).ToLocal(&source)) {
    *error = realm_->MakeError(context, "RangeError", "The module " + answer.url + " is longer than V8 allows");
    return nullptr;
  }
  // The text is V8's now; a 50 MB script need not be held twice.
  answer.source = {};
  Local<Module> module;
  if (answer.is_json) {
    Local<Value> json;
    if (!v8::JSON::Parse(context, source).ToLocal(&json)) {
      if (!caught.CanContinue()) return nullptr;
      *error = realm_->MakeError(context, "SyntaxError", answer.url + ": " + Utf8(isolate, caught.Message()->Get()));
      return nullptr;
    }
    record->json.Reset(isolate, json);
    module = quirks::CreateSyntheticModule(isolate, name, String(isolate, "default"), EvaluateJson);
  } else {
    v8::ScriptCompiler::Source unit(source, quirks::Origin(isolate, name, true));
    if (!v8::ScriptCompiler::CompileModule(isolate, &unit).ToLocal(&module)) {
      if (caught.CanContinue()) *error = caught.Exception();
      return nullptr;
    }
  }
  record->module.Reset(isolate, module);
  Record* stored = record.get();
  by_hash_.emplace(module->GetIdentityHash(), stored);
  by_url_.emplace(answer.url, std::move(record));
  return stored;
}

ModuleLoader::Record* ModuleLoader::Find(Local<Module> module) {
  auto range = by_hash_.equal_range(module->GetIdentityHash());
  for (auto item = range.first; item != range.second; ++item) {
    if (item->second->module == module) return item->second;
  }
  return nullptr;
}

MaybeLocal<Module> ModuleLoader::Resolve(Local<Context> context, Local<v8::String> specifier,
                                         Local<v8::FixedArray> attributes, Local<Module> referrer) {
  ModuleLoader* self = Current();
  Isolate* isolate = self->realm_->isolate();
  Record* from = self->Find(referrer);
  auto found = self->resolved_.find(MakeKey(from->url, Utf8(isolate, specifier),
                                            AttributeType(isolate, context, attributes, kStaticStride)));
  if (found != self->resolved_.end()) return self->by_url_.at(found->second)->module.Get(isolate);
  isolate->ThrowException(v8::Exception::Error(String(isolate, "A module was not loaded before it was linked")));
  return {};
}

MaybeLocal<Value> ModuleLoader::EvaluateJson(Local<Context> context, Local<Module> module) {
  ModuleLoader* self = Current();
  Isolate* isolate = self->realm_->isolate();
  Record* record = self->Find(module);
  if (module->SetSyntheticModuleExport(isolate, String(isolate, "default"), record->json.Get(isolate)).IsNothing()) {
    return {};
  }
  Local<Promise::Resolver> resolver;
  if (!Promise::Resolver::New(context).ToLocal(&resolver)) return {};
  if (resolver->Resolve(context, v8::Undefined(isolate)).IsNothing()) return {};
  return resolver->GetPromise();
}

MaybeLocal<Promise> ModuleLoader::ImportDynamically(Local<Context> context, Local<v8::Data>, Local<Value> resource_name,
                                                    Local<v8::String> specifier, Local<v8::FixedArray> attributes) {
  ModuleLoader* self = Current();
  Isolate* isolate = self->realm_->isolate();
  Local<Promise::Resolver> resolver;
  if (!Promise::Resolver::New(context).ToLocal(&resolver)) return {};
  auto held = std::make_shared<v8::Global<Promise::Resolver>>(isolate, resolver);
  auto done = [isolate, held](Local<Context> at, const Loaded& loaded) {
    Local<Promise::Resolver> promise = held->Get(isolate);
    if (loaded.module.IsEmpty()) {
      Ignore(promise->Reject(at, loaded.error));
      return;
    }
    Local<Value> evaluated;
    v8::TryCatch caught(isolate);
    if (!EvaluateModule(at, loaded.module).ToLocal(&evaluated)) {
      if (caught.CanContinue()) Ignore(promise->Reject(at, caught.Exception()));
      return;
    }
    // The namespace, once the module and its asynchronous dependencies are evaluated.
    Local<Function> to_namespace;
    Local<Promise> chained;
    if (Function::New(at, ReturnData, loaded.module->GetModuleNamespace()).ToLocal(&to_namespace) &&
        evaluated.As<Promise>()->Then(at, to_namespace).ToLocal(&chained)) {
      Ignore(promise->Resolve(at, chained));
    }
  };
  self->Load(context, Utf8(isolate, specifier), Utf8(isolate, resource_name),
             AttributeType(isolate, context, attributes, kDynamicStride), std::move(done));
  return resolver->GetPromise();
}

void ModuleLoader::InitializeMeta(Local<Context> context, Local<Module> module, Local<Object> meta) {
  ModuleLoader* self = Current();
  Isolate* isolate = self->realm_->isolate();
  Record* record = self->Find(module);
  if (record == nullptr) return;
  Set(context, meta, "url", String(isolate, record->url));
  if (!record->filename.empty()) {
    Set(context, meta, "filename", String(isolate, record->filename));
    const size_t slash = record->filename.rfind('/');
    const std::string dirname = slash == 0 ? "/" : record->filename.substr(0, slash);
    Set(context, meta, "dirname", String(isolate, dirname));
  }
  Set(context, meta, "main", v8::Boolean::New(isolate, record->is_main));
  if (self->realm_->hooks().import_meta_resolve.IsEmpty()) return;
  Local<Function> resolve;
  auto callback = [](const v8::FunctionCallbackInfo<Value>& info) {
    Isolate* current = info.GetIsolate();
    Local<Context> at = current->GetCurrentContext();
    Local<Value> args[] = {info[0], info.Data()};
    Local<Value> resolved;
    if (Realm::Current()->hooks().import_meta_resolve.Get(current)->Call(at, v8::Undefined(current), 2, args).ToLocal(
            &resolved)) {
      info.GetReturnValue().Set(resolved);
    }
  };
  if (Function::New(context, callback, String(isolate, record->url), 1, v8::ConstructorBehavior::kThrow)
          .ToLocal(&resolve)) {
    resolve->SetName(String(isolate, "resolve"));
    Set(context, meta, "resolve", resolve);
  }
}

}  // namespace nano
