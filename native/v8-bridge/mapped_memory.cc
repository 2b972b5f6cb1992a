#include "mapped_memory.h"

#include <algorithm>

namespace nano {

bool MappedMemory::Admit(NanoAccount* account, const std::shared_ptr<v8::BackingStore>& store, uint64_t bytes) {
  auto found = std::find_if(booked_.begin(), booked_.end(),
                            [&store](const Booked& booked) { return booked.store.lock() == store; });
  const uint64_t before = found == booked_.end() ? 0 : found->bytes;
  if (bytes > before && !nano_account_charge(account, bytes - before)) return false;
  if (bytes < before) nano_account_discharge(account, before - bytes);
  if (found == booked_.end()) {
    booked_.push_back({store, bytes});
  } else {
    found->bytes = bytes;
  }
  return true;
}

void MappedMemory::Sweep(NanoAccount* account) {
  std::erase_if(booked_, [account](const Booked& booked) {
    if (!booked.store.expired()) return false;
    nano_account_discharge(account, booked.bytes);
    return true;
  });
}

void MappedMemory::Clear(NanoAccount* account) {
  for (const Booked& booked : booked_) nano_account_discharge(account, booked.bytes);
  booked_.clear();
}

}  // namespace nano
