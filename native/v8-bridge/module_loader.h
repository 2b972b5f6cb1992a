// The ES modules of one isolate realm: loading a graph through the host, linking, evaluating.
//
// The host resolves and reads (src-ts/sdk/modules.ts); this side compiles and knows which module is which.
// Everything happens on the shard thread; an answer arrives as a posted task. A graph is linked only when
// all of it has arrived, so V8's synchronous resolve callback always finds its module.
#pragma once

#include <v8.h>

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "realm.h"

namespace nano {

struct ModuleRequestMessage {
  uint32_t request_id;
  std::string specifier;
  std::string referrer;
  std::string type;
};

struct ModuleAnswer {
  std::string url;
  std::string filename;
  std::string source;
  bool is_json = false;
  bool is_main = false;
  // Set when the host refused.
  std::string error;
  std::string error_class;
  std::string error_code;
};

class ModuleLoader {
 public:
  // `ask` carries a request to the host.
  ModuleLoader(Realm* realm, std::function<void(ModuleRequestMessage)> ask);
  ~ModuleLoader();
  // Forgets all modules: the isolate is about to go.
  void Clear();

  // Sets V8's module callbacks on the isolate.
  static void Install(v8::Isolate* isolate);

  // What a graph load ends with: a linked module, or what was thrown and the host's code for it.
  struct Loaded {
    v8::Local<v8::Module> module;
    v8::Local<v8::Value> error;
    std::string code;
  };
  using Done = std::function<void(v8::Local<v8::Context>, const Loaded&)>;

  // Loads, compiles and links the graph that begins at `specifier`. `done` may be called before it returns.
  void Load(v8::Local<v8::Context> context, const std::string& specifier, const std::string& referrer,
            const std::string& type, Done done);
  void Provide(v8::Local<v8::Context> context, uint32_t request_id, ModuleAnswer answer);

  // Requests that the host has not answered: the script is not finished.
  bool IsBusy() const { return !waiting_.empty(); }

 private:
  struct Record;
  struct Graph;
  // Referrer, specifier, type.
  using Key = std::string;
  struct Waiting {
    Key key;
    std::vector<std::shared_ptr<Graph>> graphs;
  };

  static Key MakeKey(const std::string& referrer, const std::string& specifier, const std::string& type);

  void Request(v8::Local<v8::Context> context, const std::shared_ptr<Graph>& graph, const std::string& referrer,
               const std::string& specifier, const std::string& type);
  void Visit(v8::Local<v8::Context> context, const std::shared_ptr<Graph>& graph, const std::string& url);
  void FinishIfComplete(v8::Local<v8::Context> context, const std::shared_ptr<Graph>& graph);
  Record* Compile(v8::Local<v8::Context> context, ModuleAnswer answer, v8::Local<v8::Value>* error);
  Record* Find(v8::Local<v8::Module> module);

  static ModuleLoader* Current();
  static v8::MaybeLocal<v8::Module> Resolve(v8::Local<v8::Context>, v8::Local<v8::String>, v8::Local<v8::FixedArray>,
                                            v8::Local<v8::Module>);
  static v8::MaybeLocal<v8::Promise> ImportDynamically(v8::Local<v8::Context>, v8::Local<v8::Data>,
                                                       v8::Local<v8::Value>, v8::Local<v8::String>,
                                                       v8::Local<v8::FixedArray>);
  static void InitializeMeta(v8::Local<v8::Context>, v8::Local<v8::Module>, v8::Local<v8::Object>);
  static v8::MaybeLocal<v8::Value> EvaluateJson(v8::Local<v8::Context>, v8::Local<v8::Module>);

  Realm* realm_;
  std::function<void(ModuleRequestMessage)> ask_;
  uint32_t next_request_ = 1;
  std::unordered_map<std::string, std::unique_ptr<Record>> by_url_;
  std::unordered_multimap<int, Record*> by_hash_;
  std::unordered_map<Key, std::string> resolved_;
  std::map<uint32_t, Waiting> waiting_;
};

}  // namespace nano
