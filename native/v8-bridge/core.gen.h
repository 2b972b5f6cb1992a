// Generated from native/zig/ops/abi.zig by `npm run gen`. Do not edit.
#pragma once

#include <cstddef>
#include <cstdint>

struct NanoAccount;
struct NanoRealm;
struct NanoRequest;
struct NanoShard;
struct NanoFailureText;
struct NanoFailure;
struct NanoValue;
struct NanoDescriptor;
struct NanoRealmHooks;
struct NanoInboxTask;

enum class NanoTag : uint32_t {
  kUndefined = 0,
  kNull = 1,
  kBoolean = 2,
  kInt32 = 3,
  kUint32 = 4,
  kFloat64 = 5,
  kString = 6,
  kStringLatin1 = 7,
  kStringUtf16 = 8,
  kOwnedLatin1 = 9,
  kOwnedUtf16 = 10,
  kBytes = 11,
  kOwnedBytes = 12,
  kOwnedBuffer = 13,
  kList = 14,
  kFailure = 15,
};

struct NanoFailureText {
  const uint8_t* ptr;
  size_t len;
};

struct NanoFailure {
  NanoFailureText error_class;
  NanoFailureText message;
  NanoFailureText code;
  NanoFailureText detail;
};

union NanoValuePayload {
  bool boolean;
  int32_t int32;
  uint32_t uint32;
  double float64;
  uint8_t* ptr;
  const uint16_t* units;
  const NanoValue* list;
  const NanoFailure* failure;
};

struct NanoValue {
  NanoTag tag;
  NanoValuePayload payload;
  size_t len;
  void* pin;
  size_t capacity;
};

enum class NanoMode : uint32_t {
  kSync = 0,
  kAsync = 1,
  kPost = 2,
};

enum class NanoArgKind : uint32_t {
  kBoolean = 0,
  kInt32 = 1,
  kUint32 = 2,
  kFloat64 = 3,
  kString = 4,
  kBytes = 5,
  kBytesMut = 6,
  kOptionalString = 7,
  kOptionalBytes = 8,
  kEngineString = 9,
  kPlainBytes = 10,
  kPlainBytesMut = 11,
};

struct NanoDescriptor {
  const char* name;
  NanoMode mode;
  uint32_t arg_count;
  const NanoArgKind* arg_kinds;
  bool (*call)(NanoRealm*, const NanoValue*, NanoValue*);
  void* start;
};

enum class NanoRealmKind : uint32_t {
  kHost = 0,
  kIsolate = 1,
};

struct NanoRealmHooks {
  void* context;
  void (*turn)(void*);
  void (*wake)(void*);
  void (*output)(void*, uint32_t, const uint8_t*, size_t);
  void (*output_closed)(void*);
  void (*unpin)(void*);
};

struct NanoInboxTask {
  NanoInboxTask* next;
  void (*run)(NanoInboxTask*);
};

enum class NanoObjectKind : int32_t {
  kOrdinary = 0,
  kDate = 1,
  kRegExp = 2,
  kMap = 3,
  kSet = 4,
  kWeakMap = 5,
  kWeakSet = 6,
  kWeakRef = 7,
  kMapIterator = 8,
  kSetIterator = 9,
  kPromise = 10,
  kProxy = 11,
  kArrayBuffer = 12,
  kSharedArrayBuffer = 13,
  kTypedArray = 14,
  kDataView = 15,
  kNativeError = 16,
  kArguments = 17,
  kBooleanObject = 18,
  kNumberObject = 19,
  kStringObject = 20,
  kSymbolObject = 21,
  kBigIntObject = 22,
  kGeneratorObject = 23,
  kModuleNamespace = 24,
  kAsyncFunction = 25,
  kGeneratorFunction = 26,
  kAsyncGeneratorFunction = 27,
  kFunction = 28,
  kArray = 29,
  kExternal = 30,
  kWasmObject = 31,
};

enum class NanoCloneShape : int32_t {
  kOther = 0,
  kObject = 1,
  kArray = 2,
  kArrayWithNames = 3,
};

enum class NanoHostAnswer : int32_t {
  kValue = 0,
  kThrown = 1,
  kFailed = 2,
};

extern "C" {
const char* nano_core_init();
void nano_sha256(const uint8_t*, size_t, uint8_t*);
const NanoDescriptor* nano_ops(size_t*);
NanoAccount* nano_account_create(uint64_t);
void nano_account_retain(NanoAccount*);
void nano_account_release(NanoAccount*);
uint64_t nano_account_used(const NanoAccount*);
void nano_account_set_limit(NanoAccount*, uint64_t);
bool nano_account_charge(NanoAccount*, uint64_t);
void nano_account_discharge(NanoAccount*, uint64_t);
uint8_t* nano_buffer_alloc(NanoAccount*, size_t, bool);
void nano_buffer_free(NanoAccount*, uint8_t*, size_t);
NanoRealm* nano_realm_create(NanoRealmKind, const NanoRealmHooks*, NanoAccount*, NanoShard*);
bool nano_realm_set_network(NanoRealm*, const uint8_t*, size_t);
void nano_realm_set_terminals(NanoRealm*, uint32_t, uint32_t);
void nano_realm_close(NanoRealm*);
NanoShard* nano_realm_shard(const NanoRealm*);
void nano_realm_schedule(NanoRealm*);
bool nano_realm_is_alive(const NanoRealm*);
uint32_t nano_realm_handles(const NanoRealm*);
bool nano_realm_take_timer_due(NanoRealm*);
bool nano_realm_take_collect_wanted(NanoRealm*);
NanoShard* nano_shard_pick();
void nano_shard_set_stuck(NanoShard*, bool);
void nano_shard_post(NanoShard*, NanoInboxTask*);
void nano_tls_on_roots_wanted(NanoInboxTask*);
bool nano_tls_roots_wanted();
void nano_tls_provide_roots(const uint8_t*, size_t);
bool nano_call_end(NanoRealm*);
NanoRequest* nano_request_create(NanoRealm*, const NanoDescriptor*, const NanoValue*);
bool nano_request_submit(NanoRequest*);
uint32_t* nano_request_slot(NanoRequest*);
NanoValue* nano_request_result(NanoRequest*);
NanoRequest* nano_realm_take_completed(NanoRealm*);
NanoRequest* nano_request_next(NanoRequest*);
void nano_request_finish(NanoRequest*);
}
