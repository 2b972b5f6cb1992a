#include "port.h"

#include <utility>

namespace nano {

Port::Port(uv_loop_t* loop, std::function<void()> on_wake) : handle_(new Handle), on_wake_(std::move(on_wake)) {
  handle_->port = this;
  uv_async_init(loop, &handle_->async, OnAsync);
  uv_unref(reinterpret_cast<uv_handle_t*>(&handle_->async));
}

void Port::Post(std::function<void()> closure) {
  {
    std::lock_guard<std::mutex> guard(queue_lock_);
    if (is_closed_) return;
    queue_.push_back(std::move(closure));
    if (has_closures_.exchange(true)) return;
  }
  Wake();
}

void Port::Wake() {
  std::lock_guard<std::mutex> guard(handle_lock_);
  if (handle_ != nullptr) uv_async_send(&handle_->async);
}

void Port::OnAsync(uv_async_t* async) {
  Port* self = reinterpret_cast<Handle*>(async)->port;
  std::vector<std::function<void()>> batch;
  if (self->has_closures_.load()) {
    std::lock_guard<std::mutex> guard(self->queue_lock_);
    batch.swap(self->queue_);
    self->has_closures_ = false;
  }
  for (std::function<void()>& closure : batch) closure();
  self->on_wake_();
}

void Port::AddPending() {
  ++pending_;
  UpdateRef();
}

void Port::RemovePending() {
  --pending_;
  UpdateRef();
}

void Port::SetRealmAlive(bool alive) {
  realm_alive_ = alive;
  UpdateRef();
}

void Port::UpdateRef() {
  const bool wanted = pending_ > 0 || realm_alive_;
  if (wanted == referenced_ || handle_ == nullptr) return;
  referenced_ = wanted;
  uv_handle_t* handle = reinterpret_cast<uv_handle_t*>(&handle_->async);
  wanted ? uv_ref(handle) : uv_unref(handle);
}

void Port::Close(std::function<void()> done) {
  std::vector<std::function<void()>> dropped;
  {
    std::lock_guard<std::mutex> guard(queue_lock_);
    is_closed_ = true;
    dropped.swap(queue_);
  }
  Handle* handle;
  {
    std::lock_guard<std::mutex> guard(handle_lock_);
    handle = std::exchange(handle_, nullptr);
  }
  handle->closed = std::move(done);
  uv_close(reinterpret_cast<uv_handle_t*>(&handle->async), [](uv_handle_t* closing) {
    std::unique_ptr<Handle> owned(reinterpret_cast<Handle*>(closing));
    owned->closed();
  });
}

}  // namespace nano
