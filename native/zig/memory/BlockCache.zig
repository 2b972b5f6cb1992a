//! An allocator that keeps small blocks that come back for those that are asked for next, without a lock: for a user on one thread
//! who allocates and frees many of them again and again, as nghttp2 does for each request.
//!
//! One thread. Ownership: what is kept is the backing allocator's until `deinit`, charged as if it were in use; so it is
//! little (`kept_max` of each size).

const BlockCache = @This();

const std = @import("std");
const Alignment = std.mem.Alignment;
const Allocator = std.mem.Allocator;

backing: Allocator,
classes: [classes_count]Class = @splat(.{}),

/// Sizes are multiples of this; larger blocks than the last class's are the backing allocator's matter.
const step_bytes = 64;
const classes_count = 8;
const kept_max = 32;
const alignment_max: Alignment = .@"16";

const Class = struct {
    first: ?*Free = null,
    count: u32 = 0,
};

const Free = struct { next: ?*Free };

/// All blocks must have been freed.
pub fn deinit(self: *BlockCache) void {
    for (&self.classes, 1..) |*class, steps| {
        while (class.first) |free_block| {
            class.first = free_block.next;
            self.backing.rawFree(bytesOf(free_block, steps * step_bytes), alignment_max, @returnAddress());
        }
    }
    self.* = undefined;
}

pub fn allocator(self: *BlockCache) Allocator {
    return .{ .ptr = self, .vtable = &.{ .alloc = alloc, .resize = resize, .remap = remap, .free = free } };
}

fn bytesOf(block: *Free, len: usize) []u8 {
    return @as([*]u8, @ptrCast(block))[0..len];
}

/// How many steps its block has; 0 if it is none of those that are kept.
fn stepsOf(len: usize, alignment: Alignment) usize {
    if (alignment.compare(.gt, alignment_max) or len > classes_count * step_bytes) return 0;
    return std.math.divCeil(usize, len, step_bytes) catch unreachable;
}

fn alloc(context: *anyopaque, len: usize, alignment: Alignment, return_address: usize) ?[*]u8 {
    const self: *BlockCache = @ptrCast(@alignCast(context));
    const steps = stepsOf(len, alignment);
    if (steps == 0) return self.backing.rawAlloc(len, alignment, return_address);
    const class = &self.classes[steps - 1];
    if (class.first) |block| {
        class.first = block.next;
        class.count -= 1;
        return @ptrCast(block);
    }
    return self.backing.rawAlloc(steps * step_bytes, alignment_max, return_address);
}

fn free(context: *anyopaque, bytes: []u8, alignment: Alignment, return_address: usize) void {
    const self: *BlockCache = @ptrCast(@alignCast(context));
    const steps = stepsOf(bytes.len, alignment);
    if (steps == 0) return self.backing.rawFree(bytes, alignment, return_address);
    const class = &self.classes[steps - 1];
    if (class.count == kept_max) return self.backing.rawFree(bytes.ptr[0 .. steps * step_bytes], alignment_max, return_address);
    const block: *Free = @ptrCast(@alignCast(bytes.ptr));
    block.next = class.first;
    class.first = block;
    class.count += 1;
}

fn resize(context: *anyopaque, bytes: []u8, alignment: Alignment, len: usize, return_address: usize) bool {
    const self: *BlockCache = @ptrCast(@alignCast(context));
    const steps = stepsOf(bytes.len, alignment);
    if (steps != stepsOf(len, alignment)) return false;
    return steps > 0 or self.backing.rawResize(bytes, alignment, len, return_address);
}

fn remap(context: *anyopaque, bytes: []u8, alignment: Alignment, len: usize, return_address: usize) ?[*]u8 {
    const self: *BlockCache = @ptrCast(@alignCast(context));
    const steps = stepsOf(bytes.len, alignment);
    if (steps != stepsOf(len, alignment)) return null;
    return if (steps > 0) bytes.ptr else self.backing.rawRemap(bytes, alignment, len, return_address);
}

const testing = std.testing;

test "blocks are used again, and none is left" {
    var cache: BlockCache = .{ .backing = testing.allocator };
    defer cache.deinit();
    const gpa = cache.allocator();
    const first = try gpa.alloc(u8, 50);
    const address = first.ptr;
    gpa.free(first);
    const second = try gpa.alloc(u8, 64);
    try testing.expectEqual(address, second.ptr);
    const third = try gpa.realloc(second, 400);
    const fourth = try gpa.realloc(third, 4000);
    gpa.free(try gpa.realloc(fourth, 10));
    var blocks: [2 * kept_max][]u8 = undefined;
    for (&blocks) |*block| block.* = try gpa.alloc(u8, 500);
    for (blocks) |block| gpa.free(block);
    try testing.expectEqual(kept_max, cache.classes[classes_count - 1].count);
    gpa.free(try gpa.alignedAlloc(u8, .@"64", 100));
}

test "random lengths keep their content" {
    var cache: BlockCache = .{ .backing = testing.allocator };
    defer cache.deinit();
    const gpa = cache.allocator();
    var prng: std.Random.DefaultPrng = .init(3);
    const random = prng.random();
    var blocks: [50][]u8 = @splat("");
    defer for (blocks) |block| gpa.free(block);
    for (0..20_000) |_| {
        const index = random.uintLessThan(usize, blocks.len);
        const block = &blocks[index];
        for (block.*) |byte| try testing.expectEqual(@as(u8, @intCast(index)), byte);
        if (random.boolean()) {
            gpa.free(block.*);
            block.* = "";
            block.* = try gpa.alloc(u8, random.uintLessThan(usize, 700));
        } else block.* = try gpa.realloc(block.*, random.uintLessThan(usize, 700));
        @memset(block.*, @intCast(index));
    }
}
