//! Takes work that is long off a stream's thread: made for one source, which it serves one step at a time.
//!
//! `start`, `destroy` and `done` are the stream's thread's. While `work` runs elsewhere, nobody else touches what it works on.
//! Owner: the source, from when it is given one; not destroyed between `start` and `done`.

const Background = @This();

vtable: *const VTable,
/// Set by the source.
owner: *anyopaque = undefined,
work: *const fn (owner: *anyopaque) void = undefined,
/// Called after `work`, never from within `start`; may destroy this.
done: *const fn (owner: *anyopaque) void = undefined,

pub const VTable = struct {
    start: *const fn (background: *Background) void,
    destroy: *const fn (background: *Background) void,
};

pub fn start(self: *Background) void {
    self.vtable.start(self);
}

pub fn destroy(self: *Background) void {
    self.vtable.destroy(self);
}
