//! Bytes that somebody else keeps in memory, as a source: a blob's.
//!
//! All pieces are lent before the first `take`. Each stays in place and does not change until it is given back, which is when
//! all of it was taken, or the source goes. One thread. Who takes gets copies, at most `chunk_bytes` at a time, unless it
//! collects. Frees itself at the end or when it is cancelled.

const std = @import("std");
const memory_bytes = @import("memory").bytes;
const Source = @import("Source.zig");

const LentSource = @This();

source: Source = .{ .vtable = &vtable },
gpa: std.mem.Allocator,
giveBack: GiveBack,
pieces: std.ArrayList(Piece) = .empty,
/// Of the piece that is next.
index: usize = 0,
/// Within it.
offset: usize = 0,
/// There was no memory for a piece.
failed: bool = false,
collects: bool = false,

/// Not empty. Without a loan the bytes are this source's.
const Piece = struct { bytes: []const u8, loan: ?*anyopaque };

/// Any thread may call it.
pub const GiveBack = *const fn (loan: *anyopaque) callconv(.c) void;

/// What one hop to another thread is worth, in the host realm.
const chunk_bytes = 256 << 10;
const vtable: Source.VTable = .{ .take = takeSource, .want = wantSource, .cancel = cancelSource, .collect = collectSource };

pub fn create(gpa: std.mem.Allocator, giveBack: GiveBack) error{OutOfMemory}!*LentSource {
    const self = try gpa.create(LentSource);
    self.* = .{ .gpa = gpa, .giveBack = giveBack };
    return self;
}

/// Of the next bytes. Without a loan they are copied. What there is no memory for fails the source.
pub fn lend(self: *LentSource, bytes: []const u8, loan: ?*anyopaque) void {
    if (bytes.len > 0 and !self.failed) {
        if (self.add(bytes, loan)) return else |_| self.failed = true;
    }
    if (loan) |given| self.giveBack(given);
}

fn add(self: *LentSource, bytes: []const u8, loan: ?*anyopaque) error{OutOfMemory}!void {
    try self.pieces.ensureUnusedCapacity(self.gpa, 1);
    const kept = if (loan == null) try memory_bytes.dupe(self.gpa, bytes) else bytes;
    self.pieces.appendAssumeCapacity(.{ .bytes = kept, .loan = loan });
}

pub fn of(source: *Source) *LentSource {
    std.debug.assert(source.vtable == &vtable);
    return @fieldParentPtr("source", source);
}

fn destroy(self: *LentSource) void {
    for (self.pieces.items[self.index..]) |piece| self.drop(piece);
    self.pieces.deinit(self.gpa);
    self.gpa.destroy(self);
}

fn drop(self: *LentSource, piece: Piece) void {
    if (piece.loan) |loan| self.giveBack(loan) else memory_bytes.free(self.gpa, @constCast(piece.bytes));
}

fn fail(self: *LentSource) Source.Taken {
    self.destroy();
    return .{ .failure = .out_of_memory_failure };
}

fn takeSource(source: *Source) Source.Taken {
    const self = of(source);
    if (self.failed) return self.fail();
    if (self.collects) return self.takeAll();
    if (self.index == self.pieces.items.len) {
        self.destroy();
        return .end;
    }
    const piece = self.pieces.items[self.index];
    const rest = piece.bytes[self.offset..];
    const chunk = memory_bytes.dupe(self.gpa, rest[0..@min(rest.len, chunk_bytes)]) catch return self.fail();
    self.offset += chunk.len;
    if (self.offset == piece.bytes.len) {
        self.drop(piece);
        self.index += 1;
        self.offset = 0;
    }
    return .{ .bytes = chunk };
}

fn takeAll(self: *LentSource) Source.Taken {
    const all = memory_bytes.alloc(self.gpa, self.left()) catch return self.fail();
    var len: usize = 0;
    for (self.pieces.items[self.index..], 0..) |piece, index| {
        const rest = piece.bytes[if (index == 0) self.offset else 0..];
        @memcpy(all[len..][0..rest.len], rest);
        len += rest.len;
    }
    self.destroy();
    return .{ .whole = all };
}

fn left(self: *const LentSource) usize {
    var sum: usize = 0;
    for (self.pieces.items[self.index..]) |piece| sum += piece.bytes.len;
    return sum - self.offset;
}

fn wantSource(_: *Source) void {
    // There is always something to take.
    unreachable;
}

fn cancelSource(source: *Source) void {
    of(source).destroy();
}

fn collectSource(source: *Source, bytes_max: u64) bool {
    const self = of(source);
    self.collects = self.left() <= bytes_max;
    return self.collects;
}
