//! Sources, tee and collecting: examples, and random operations against a model.

const std = @import("std");
const compression = @import("compression");
const ByteQueue = @import("ByteQueue.zig");
const CodecSource = @import("CodecSource.zig");
const Collector = @import("Collector.zig");
const MemorySource = @import("MemorySource.zig");
const Source = @import("Source.zig");

const testing = std.testing;
const gpa = testing.allocator;

fn queueOf(source: *Source) *ByteQueue {
    const branch: *ByteQueue.Branch = @fieldParentPtr("source", source);
    return branch.queue;
}

fn expectBytes(taken: Source.Taken, byte: u8, count: usize) !void {
    defer gpa.free(taken.bytes);
    try testing.expectEqual(count, taken.bytes.len);
    for (taken.bytes) |each| try testing.expectEqual(byte, each);
}

test "branches are independent, the last one gets the memory itself" {
    var memory: MemorySource = .{ .gpa = gpa, .chunk_bytes = 10, .left = 25 };
    const a, const b = try ByteQueue.tee(gpa, &memory.source, 1000);
    try expectBytes(a.take(), 0, 10);
    try expectBytes(a.take(), 1, 10);
    const queue = queueOf(b);
    const shared = queue.chunks.items[queue.first].memory.ptr;
    const taken = b.take();
    try testing.expectEqual(shared, taken.bytes.ptr);
    try expectBytes(taken, 0, 10);
    queue.verifyIntegrity();
    try expectBytes(a.take(), 2, 5);
    try testing.expectEqual(Source.Taken.end, a.take());
    try expectBytes(b.take(), 1, 10);
    try expectBytes(b.take(), 2, 5);
    try testing.expectEqual(Source.Taken.end, b.take());
}

test "a canceled branch holds nothing, the last one cancels the source" {
    var memory: MemorySource = .{ .gpa = gpa, .chunk_bytes = 10, .left = 100 };
    const a, const b = try ByteQueue.tee(gpa, &memory.source, 1000);
    const c = (try ByteQueue.tee(gpa, b, 1000))[1];
    try expectBytes(a.take(), 0, 10);
    try expectBytes(a.take(), 1, 10);
    try expectBytes(c.take(), 0, 10);
    const queue = queueOf(b);
    try testing.expectEqual(20, queue.bytes);
    b.cancel();
    queue.verifyIntegrity();
    try testing.expectEqual(10, queue.bytes);
    a.cancel();
    try testing.expect(!memory.over);
    c.cancel();
    try testing.expect(memory.over);
}

const Reader = struct {
    source: *Source,
    waiter: Source.Waiter = .{ .onReady = onReady },
    chunks: usize = 0,
    over: bool = false,

    fn onReady(waiter: *Source.Waiter) void {
        const self: *Reader = @fieldParentPtr("waiter", waiter);
        self.read();
    }

    /// All that is there.
    fn read(self: *Reader) void {
        while (true) switch (self.source.take()) {
            .bytes => |bytes| {
                self.chunks += 1;
                gpa.free(bytes);
            },
            .nothing => return self.source.want(&self.waiter),
            .whole => unreachable,
            .end, .failure => {
                self.over = true;
                return;
            },
        };
    }
};

test "a stalled branch stops the others at the bound, and reading it lets them go on" {
    var memory: MemorySource = .{ .gpa = gpa, .chunk_bytes = 10, .left = 1000 };
    const a, const b = try ByteQueue.tee(gpa, &memory.source, 100);
    var fast: Reader = .{ .source = a };
    fast.read();
    try testing.expectEqual(10, fast.chunks);
    const queue = queueOf(b);
    try testing.expectEqual(100, queue.bytes);
    try expectBytes(b.take(), 0, 10);
    try testing.expectEqual(11, fast.chunks);
    queue.verifyIntegrity();
    b.cancel();
    try testing.expect(fast.over);
    try testing.expectEqual(100, fast.chunks);
}

test "a branch that collects is not stopped" {
    var memory: MemorySource = .{ .gpa = gpa, .chunk_bytes = 10, .left = 1000, .is_slow = true };
    const a, const b = try ByteQueue.tee(gpa, &memory.source, 100);
    const Done = struct {
        var outcome: ?Collector.Outcome = null;
        fn on(_: *Collector, given: Collector.Outcome) void {
            outcome = given;
        }
    };
    var collector: Collector = .{ .gpa = gpa, .source = a, .onDone = Done.on, .bytes_max = 1 << 20 };
    try testing.expectEqual(null, collector.start());
    while (!memory.over) memory.deliver();
    try testing.expectEqual(1000, Done.outcome.?.bytes.len);
    gpa.free(Done.outcome.?.bytes);
    try testing.expectEqual(1000, queueOf(b).bytes);
    var second: Collector = .{ .gpa = gpa, .source = b, .onDone = Done.on, .bytes_max = 1 << 20 };
    const outcome = second.start().?;
    try testing.expectEqual(1000, outcome.bytes.len);
    gpa.free(outcome.bytes);
}

test "collecting: too large, a failure, cancel" {
    const never = struct {
        fn on(_: *Collector, _: Collector.Outcome) void {
            unreachable;
        }
    }.on;
    var large: MemorySource = .{ .gpa = gpa, .chunk_bytes = 10, .left = 1000 };
    var collector: Collector = .{ .gpa = gpa, .source = &large.source, .onDone = never, .bytes_max = 99 };
    try testing.expectEqualStrings(Collector.too_large.code, collector.start().?.failure.code);
    try testing.expect(large.over);
    var failing: MemorySource = .{ .gpa = gpa, .chunk_bytes = 10, .left = 50, .fails = true };
    collector = .{ .gpa = gpa, .source = &failing.source, .onDone = never, .bytes_max = 99 };
    try testing.expectEqualStrings("made to fail", collector.start().?.failure.message);
    var slow: MemorySource = .{ .gpa = gpa, .chunk_bytes = 10, .left = 50, .is_slow = true, .is_due = true };
    collector = .{ .gpa = gpa, .source = &slow.source, .onDone = never, .bytes_max = 99 };
    try testing.expectEqual(null, collector.start());
    collector.cancel();
    try testing.expect(slow.over);
}

test "a codec's source: what was compressed comes back, and says when it is wrong" {
    if (!compression.Format.gzip.isSupported()) return error.SkipZigTest;
    const never = struct {
        fn on(_: *Collector, _: Collector.Outcome) void {
            unreachable;
        }
    }.on;
    var memory: MemorySource = .{ .gpa = gpa, .chunk_bytes = 1000, .left = 1_000_000 };
    const packing = try CodecSource.create(gpa, &memory.source, .compress, .gzip);
    const unpacking = try CodecSource.create(gpa, packing, .decompress, .gzip);
    var collector: Collector = .{ .gpa = gpa, .source = unpacking, .onDone = never, .bytes_max = 1 << 30 };
    const bytes = collector.start().?.bytes;
    defer gpa.free(bytes);
    try testing.expectEqual(1_000_000, bytes.len);
    for (bytes, 0..) |byte, index| try testing.expectEqual(@as(u8, @truncate(index / 1000)), byte);
    // Corrupt, failing, canceled in the middle.
    var plain: MemorySource = .{ .gpa = gpa, .chunk_bytes = 10, .left = 100 };
    collector = .{ .gpa = gpa, .source = try CodecSource.create(gpa, &plain.source, .decompress, .gzip), .onDone = never, .bytes_max = 99 };
    try testing.expect(collector.start().?.failure.is_type_error);
    var failing: MemorySource = .{ .gpa = gpa, .chunk_bytes = 10, .left = 0, .fails = true };
    collector = .{ .gpa = gpa, .source = try CodecSource.create(gpa, &failing.source, .decompress, .gzip), .onDone = never, .bytes_max = 99 };
    try testing.expectEqualStrings("made to fail", collector.start().?.failure.message);
    var slow: MemorySource = .{ .gpa = gpa, .chunk_bytes = 10, .left = 100, .is_slow = true };
    const source = try CodecSource.create(gpa, &slow.source, .compress, .gzip);
    var reader: Reader = .{ .source = source };
    reader.read();
    slow.deliver();
    source.cancel();
    try testing.expect(slow.over);
}

/// A branch as the model sees it: the numbers of the chunks that it is to get, in order.
const Model = struct {
    source: *Source,
    next: u32 = 0,
    waits: bool = false,
    waiter: Source.Waiter = .{ .onReady = onReady },

    fn onReady(waiter: *Source.Waiter) void {
        const self: *Model = @fieldParentPtr("waiter", waiter);
        self.waits = false;
    }
};

test "random operations: each branch gets every chunk once and in order, held bytes stay within the bound" {
    for (0..300) |seed| {
        var prng: std.Random.DefaultPrng = .init(seed);
        const random = prng.random();
        const chunk_bytes = 1 + random.uintLessThan(usize, 50);
        const chunk_count = random.uintLessThan(u32, 60);
        const drift_bytes_max = 1 + random.uintLessThan(usize, 1000);
        var memory: MemorySource = .{
            .gpa = gpa,
            .chunk_bytes = chunk_bytes,
            .left = chunk_count * chunk_bytes,
            .is_slow = random.boolean(),
            .fails = random.boolean(),
        };
        var models: std.ArrayList(*Model) = .empty;
        defer models.deinit(gpa);
        const pair = try ByteQueue.tee(gpa, &memory.source, drift_bytes_max);
        for (pair) |source| {
            const model = try gpa.create(Model);
            model.* = .{ .source = source };
            try models.append(gpa, model);
        }
        const queue = queueOf(pair[0]);
        while (models.items.len > 0) {
            queue.verifyIntegrity();
            try testing.expect(queue.bytes < drift_bytes_max + chunk_bytes);
            memory.deliver();
            const index = random.uintLessThan(usize, models.items.len);
            const model = models.items[index];
            var over = false;
            switch (random.uintLessThan(u32, 20)) {
                0 => {
                    model.source.cancel();
                    over = true;
                },
                1 => if (models.items.len < 6) {
                    const second = (try ByteQueue.tee(gpa, model.source, 0))[1];
                    const other = try gpa.create(Model);
                    other.* = .{ .source = second, .next = model.next };
                    try models.append(gpa, other);
                },
                else => if (!model.waits) switch (model.source.take()) {
                    .bytes => |bytes| {
                        try testing.expect(model.next < chunk_count);
                        try expectBytes(.{ .bytes = bytes }, @truncate(model.next), chunk_bytes);
                        model.next += 1;
                    },
                    .nothing => {
                        model.waits = true;
                        model.source.want(&model.waiter);
                    },
                    .whole => unreachable,
                    .end, .failure => {
                        try testing.expectEqual(chunk_count, model.next);
                        over = true;
                    },
                },
            }
            if (over) {
                gpa.destroy(model);
                _ = models.swapRemove(index);
            }
        }
        try testing.expect(memory.over);
    }
}
