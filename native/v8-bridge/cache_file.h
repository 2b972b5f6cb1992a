// Files that hold what V8 can make again (snapshot, code cache), so that later processes need not.
//
// A cache's file is only used when its key and its own checksum agree; anything else is as if it were not there. Any thread.
#pragma once

#include <string>
#include <string_view>

namespace nano {

// All of a file; false, with errno set, when it cannot be read.
bool ReadFile(const std::string& path, std::string* bytes);
// The content of `folder`'s file for `kind` and `key`; empty when there is none, or `folder` is "".
std::string ReadCacheFile(const std::string& folder, const char* kind, const std::string& key);
// Best effort: a folder that cannot be written to only costs the next process some milliseconds.
void WriteCacheFile(const std::string& folder, const char* kind, const std::string& key, std::string_view content);

}  // namespace nano
