//! The received part of a response body that its reader has not taken yet.
//!
//! Two forms: a queue of chunks, taken one by one (`takeChunk`), or, after `collect`, one growing block,
//! taken as a whole. Bytes are received straight into it (`writable`, then `commit`), and leave by
//! handing over the memory. Belongs to one exchange; loop's thread only.
//! Invariant: `bytes` is the sum of what is held; only the last chunk has room.

const std = @import("std");
const memory = @import("memory");

const BodyBuffer = @This();

gpa: std.mem.Allocator,
chunks: std.ArrayList(Chunk) = .empty,
/// Chunks before it were taken.
first: usize = 0,
bytes: usize = 0,
collected: ?memory.bytes.List = null,

const Chunk = struct { memory: []u8, len: usize };

/// What a chunk holds at most, and so what one read returns at most.
pub const chunk_bytes = 64 * 1024;
/// Less room than this is not worth a system call.
const room_bytes_min = 4 * 1024;

pub fn deinit(self: *BodyBuffer) void {
    for (self.chunks.items[self.first..]) |chunk| memory.bytes.free(self.gpa, chunk.memory);
    self.chunks.deinit(self.gpa);
    if (self.collected) |*list| list.deinit(self.gpa);
    self.* = undefined;
}

/// Room for the next bytes; `expected` is the number that may still come, if that is known. At least one
/// byte; more than `expected` only if that is 0.
pub fn writable(self: *BodyBuffer, expected: ?u64, reserve_max: usize) error{OutOfMemory}![]u8 {
    const wanted: usize = @intCast(@max(1, @min(expected orelse chunk_bytes, std.math.maxInt(u32))));
    if (self.collected) |*list| {
        if (list.unused().len == 0) {
            if (expected != null and wanted <= reserve_max) {
                try list.reserve(self.gpa, list.len + wanted);
            } else try list.reserveMore(self.gpa, chunk_bytes);
        }
        return list.unused();
    }
    if (self.chunks.items.len > self.first) {
        const last = self.chunks.items[self.chunks.items.len - 1];
        const room = last.memory[last.len..];
        if (room.len >= @min(room_bytes_min, wanted)) return room;
    }
    try self.chunks.ensureUnusedCapacity(self.gpa, 1);
    const block = try memory.bytes.alloc(self.gpa, @min(chunk_bytes, wanted));
    self.chunks.appendAssumeCapacity(.{ .memory = block, .len = 0 });
    return block;
}

/// `count` bytes were written to what `writable` returned.
pub fn commit(self: *BodyBuffer, count: usize) void {
    self.bytes += count;
    if (self.collected) |*list| {
        list.len += count;
    } else {
        self.chunks.items[self.chunks.items.len - 1].len += count;
    }
}

pub fn append(self: *BodyBuffer, data: []const u8, expected: ?u64, reserve_max: usize) error{OutOfMemory}!void {
    var rest = data;
    while (rest.len > 0) {
        const hint: ?u64 = if (expected) |count| @max(count, rest.len) else if (rest.len > chunk_bytes) rest.len else null;
        const room = try self.writable(hint, reserve_max);
        const count = @min(room.len, rest.len);
        @memcpy(room[0..count], rest[0..count]);
        self.commit(count);
        rest = rest[count..];
    }
}

/// The oldest chunk, now the caller's (allocated with `gpa`, exactly of this length); null when empty.
pub fn takeChunk(self: *BodyBuffer) error{OutOfMemory}!?[]u8 {
    std.debug.assert(self.collected == null);
    while (self.first < self.chunks.items.len) {
        const chunk = self.chunks.items[self.first];
        if (chunk.len == 0) {
            memory.bytes.free(self.gpa, chunk.memory);
            self.dropFirst();
            continue;
        }
        const data = try self.fit(chunk);
        self.dropFirst();
        self.bytes -= data.len;
        return data;
    }
    return null;
}

/// From now on everything goes into one block.
pub fn collect(self: *BodyBuffer, expected: ?u64, reserve_max: usize) error{OutOfMemory}!void {
    std.debug.assert(self.collected == null);
    var list: memory.bytes.List = .{};
    const more: u64 = if (expected) |count| @min(count, reserve_max) else 0;
    try list.reserve(self.gpa, self.bytes + @as(usize, @intCast(more)));
    for (self.chunks.items[self.first..]) |chunk| {
        @memcpy(list.unused()[0..chunk.len], chunk.memory[0..chunk.len]);
        list.len += chunk.len;
        memory.bytes.free(self.gpa, chunk.memory);
    }
    self.chunks.clearAndFree(self.gpa);
    self.first = 0;
    self.collected = list;
}

/// The collected block, now the caller's.
pub fn takeCollected(self: *BodyBuffer) error{OutOfMemory}![]u8 {
    const data = try self.collected.?.toOwned(self.gpa);
    self.collected = null;
    self.bytes = 0;
    return data;
}

fn dropFirst(self: *BodyBuffer) void {
    self.first += 1;
    if (self.first == self.chunks.items.len) {
        self.chunks.clearRetainingCapacity();
        self.first = 0;
    }
}

fn fit(self: *BodyBuffer, chunk: Chunk) error{OutOfMemory}![]u8 {
    return memory.bytes.resize(self.gpa, chunk.memory, chunk.len);
}

pub fn verifyIntegrity(self: *const BodyBuffer) void {
    var sum: usize = 0;
    for (self.chunks.items[self.first..]) |chunk| {
        std.debug.assert(chunk.len <= chunk.memory.len);
        sum += chunk.len;
    }
    if (self.collected) |list| {
        std.debug.assert(self.chunks.items.len == 0);
        sum += list.len;
    }
    std.debug.assert(sum == self.bytes);
}

const testing = std.testing;

test "chunks come out in order and are handed over" {
    var body: BodyBuffer = .{ .gpa = testing.allocator };
    defer body.deinit();
    var prng: std.Random.DefaultPrng = .init(7);
    const random = prng.random();
    var in: u8 = 0;
    var out: u8 = 0;
    var piece: [100_000]u8 = undefined;
    for (0..300) |_| {
        const count = random.uintLessThan(usize, if (random.boolean()) 200 else piece.len);
        for (piece[0..count]) |*c| {
            c.* = in;
            in +%= 1;
        }
        try body.append(piece[0..count], null, 1 << 20);
        body.verifyIntegrity();
        if (random.boolean()) while (try body.takeChunk()) |data| {
            defer testing.allocator.free(data);
            try testing.expect(data.len > 0 and data.len <= piece.len);
            for (data) |c| {
                try testing.expectEqual(out, c);
                out +%= 1;
            }
        };
        body.verifyIntegrity();
    }
}

test "collect keeps what came before" {
    for ([_]?u64{ null, 10, 1 << 30 }) |expected| {
        var body: BodyBuffer = .{ .gpa = testing.allocator };
        defer body.deinit();
        try body.append("hello ", null, 1 << 20);
        try body.collect(expected, 64);
        try body.append("world", if (expected) |count| count - 6 else null, 64);
        body.verifyIntegrity();
        const data = try body.takeCollected();
        defer testing.allocator.free(data);
        try testing.expectEqualStrings("hello world", data);
    }
}
