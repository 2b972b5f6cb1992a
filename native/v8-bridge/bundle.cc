#include "bundle.h"

#include <algorithm>
#include <utility>

#include "quirks.h"
#include "strings.h"

namespace nano {

using v8::Isolate;
using v8::Local;

namespace {

constexpr char kPartEnd = '\f';

}  // namespace

class Bundle::Text final : public v8::String::ExternalOneByteStringResource {
 public:
  explicit Text(std::string text) : text_(std::move(text)) {}

  const char* data() const override { return text_.data(); }
  size_t length() const override { return text_.size(); }
  // Called by each isolate that ends.
  void Dispose() override {}

 private:
  const std::string text_;
};

Bundle::Bundle(const std::string& text) {
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(kPartEnd, begin), text.size());
    texts_.push_back(new Text(text.substr(begin, end - begin)));
    begin = end + 1;
  }
}

bool Bundle::IsAscii() const {
  return std::all_of(texts_.begin(), texts_.end(), [](const Text* text) {
    return std::all_of(text->data(), text->data() + text->length(),
                       [](char unit) { return static_cast<unsigned char>(unit) < 0x80; });
  });
}

v8::MaybeLocal<v8::UnboundScript> Bundle::Compile(Isolate* isolate, size_t part, const std::string& code_cache) const {
  Local<v8::String> text;
  if (!v8::String::NewExternalOneByte(isolate, texts_[part]).ToLocal(&text)) return {};
  // Taken over by the Source.
  v8::ScriptCompiler::CachedData* cached =
      code_cache.empty() ? nullptr
                         : new v8::ScriptCompiler::CachedData(reinterpret_cast<const uint8_t*>(code_cache.data()),
                                                              static_cast<int>(code_cache.size()));
  v8::ScriptCompiler::Source source(text, quirks::Origin(isolate, String(isolate, kName), false), cached);
  return v8::ScriptCompiler::CompileUnboundScript(
      isolate, &source,
      cached == nullptr ? v8::ScriptCompiler::kNoCompileOptions : v8::ScriptCompiler::kConsumeCodeCache);
}

void Bundle::AddReferences(std::vector<intptr_t>* references) const {
  references->push_back(reinterpret_cast<intptr_t>(texts_[0]));
}

}  // namespace nano
