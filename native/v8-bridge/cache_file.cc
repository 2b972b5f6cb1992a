#include "cache_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace nano {

namespace {

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

std::string PathOf(const std::string& folder, const char* kind, const std::string& key) {
  char name[64];
  std::snprintf(name, sizeof name, "/nano-%s-%016llx", kind, static_cast<unsigned long long>(Checksum(key)));
  return folder + name;
}

}  // namespace

bool ReadFile(const std::string& path, std::string* bytes) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  struct stat info;
  bool ok = fstat(fd, &info) == 0;
  if (ok) {
    bytes->resize(static_cast<size_t>(info.st_size));
    size_t have = 0;
    ssize_t got = 1;
    while (have < bytes->size() && got > 0) {
      got = read(fd, bytes->data() + have, bytes->size() - have);
      if (got > 0) have += static_cast<size_t>(got);
    }
    ok = have == bytes->size();
  }
  const int reason = errno;
  close(fd);
  errno = reason;
  return ok;
}

// Layout: checksum of the rest (8 bytes), length of the key (8 bytes), the key, the content.
std::string ReadCacheFile(const std::string& folder, const char* kind, const std::string& key) {
  if (folder.empty()) return {};
  std::string bytes;
  if (!ReadFile(PathOf(folder, kind, key), &bytes) || bytes.size() <= 16) return {};
  uint64_t checksum;
  uint64_t key_length;
  std::memcpy(&checksum, bytes.data(), 8);
  std::memcpy(&key_length, bytes.data() + 8, 8);
  if (key_length != key.size() || bytes.size() < 16 + key.size() || bytes.compare(16, key.size(), key) != 0) return {};
  if (Checksum(std::string_view(bytes).substr(8)) != checksum) return {};
  // In place: a second block of this size would be page faults.
  bytes.erase(0, 16 + key.size());
  return bytes;
}

void WriteCacheFile(const std::string& folder, const char* kind, const std::string& key, std::string_view content) {
  if (folder.empty()) return;
  const std::string path = PathOf(folder, kind, key);
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

}  // namespace nano
