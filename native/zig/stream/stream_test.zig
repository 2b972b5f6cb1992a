//! Sources, tee and collecting: examples, and random operations against a model.

const std = @import("std");
const compression = @import("compression");
const encoding = @import("encoding");
const Background = @import("Background.zig");
const ByteQueue = @import("ByteQueue.zig");
const CodecSource = @import("CodecSource.zig");
const Collector = @import("Collector.zig");
const DecodeSource = @import("DecodeSource.zig");
const LentSource = @import("LentSource.zig");
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

/// Work waits until the test does it.
const Later = struct {
    background: Background = .{ .vtable = &.{ .start = start, .destroy = destroy } },
    waits: bool = false,
    is_gone: bool = false,

    fn of(background: *Background) *Later {
        return @fieldParentPtr("background", background);
    }

    fn start(background: *Background) void {
        of(background).waits = true;
    }

    fn destroy(background: *Background) void {
        std.debug.assert(!of(background).waits);
        of(background).is_gone = true;
    }

    fn run(self: *Later) bool {
        if (!self.waits) return false;
        self.background.work(self.background.owner);
        self.waits = false;
        self.background.done(self.background.owner);
        return true;
    }
};

const Collected = struct {
    collector: Collector,
    outcome: ?Collector.Outcome = null,

    fn onDone(collector: *Collector, outcome: Collector.Outcome) void {
        const self: *Collected = @fieldParentPtr("collector", collector);
        self.outcome = outcome;
    }

    fn init(source: *Source, bytes_max: u64) Collected {
        return .{ .collector = .{ .gpa = gpa, .source = source, .onDone = onDone, .bytes_max = bytes_max } };
    }

    fn run(self: *Collected, workers: []const *Later) Collector.Outcome {
        self.outcome = self.collector.start();
        while (self.outcome == null) {
            var any = false;
            for (workers) |worker| any = worker.run() or any;
            std.debug.assert(any);
        }
        return self.outcome.?;
    }
};

test "a codec's source: what was compressed comes back, collected or in pieces" {
    if (!compression.Format.gzip.isSupported()) return error.SkipZigTest;
    for ([_]usize{ 1000, 50_000 }) |chunk_bytes| for ([_]bool{ true, false }) |collects| {
        var memory: MemorySource = .{ .gpa = gpa, .chunk_bytes = chunk_bytes, .left = 1_000_000 };
        var packer: Later = .{};
        var unpacker: Later = .{};
        const packing = try CodecSource.create(gpa, &memory.source, &packer.background, .compress, .gzip, 1);
        const unpacking = try CodecSource.create(gpa, packing, &unpacker.background, .decompress, .gzip, 2);
        var bytes: []u8 = undefined;
        if (collects) {
            var collected: Collected = .init(unpacking, 1 << 30);
            bytes = collected.run(&.{ &packer, &unpacker }).bytes;
        } else {
            var all: std.ArrayList(u8) = .empty;
            var waiter: Source.Waiter = .{ .onReady = ignore };
            while (true) switch (unpacking.take()) {
                .bytes => |piece| {
                    defer gpa.free(piece);
                    try testing.expect(piece.len <= 256 << 10);
                    try all.appendSlice(gpa, piece);
                },
                .nothing => {
                    unpacking.want(&waiter);
                    while (unpacking.waiter != null) try testing.expect(packer.run() or unpacker.run());
                },
                .end => break,
                else => unreachable,
            };
            bytes = try all.toOwnedSlice(gpa);
        }
        defer gpa.free(bytes);
        try testing.expect(packer.is_gone and unpacker.is_gone);
        try testing.expectEqual(1_000_000, bytes.len);
        for (bytes, 0..) |byte, index| try testing.expectEqual(@as(u8, @truncate(index / chunk_bytes)), byte);
    };
}

fn ignore(_: *Source.Waiter) void {}

test "a codec's source: corrupt input, a source that fails, too much, cancelled in the middle" {
    if (!compression.Format.gzip.isSupported()) return error.SkipZigTest;
    var worker: Later = .{};
    var plain: MemorySource = .{ .gpa = gpa, .chunk_bytes = 10, .left = 100 };
    var collected: Collected = .init(try CodecSource.create(gpa, &plain.source, &worker.background, .decompress, .gzip, 7), 99);
    const corrupt = collected.run(&.{}).failure;
    try testing.expectEqual(7, corrupt.transform);
    try testing.expectEqualStrings("DecompressionStream: the input is not valid gzip", corrupt.message);
    try testing.expectEqualStrings("incorrect header check", corrupt.detail);
    var failing: MemorySource = .{ .gpa = gpa, .chunk_bytes = 10, .left = 0, .fails = true };
    collected = .init(try CodecSource.create(gpa, &failing.source, &worker.background, .decompress, .gzip, 1), 99);
    try testing.expectEqualStrings("made to fail", collected.run(&.{}).failure.message);
    var large: MemorySource = .{ .gpa = gpa, .chunk_bytes = 100_000, .left = 1_000_000 };
    collected = .init(try CodecSource.create(gpa, &large.source, &worker.background, .compress, .gzip, 1), 99);
    try testing.expectEqualStrings(Collector.too_large.code, collected.run(&.{&worker}).failure.code);
    var slow: MemorySource = .{ .gpa = gpa, .chunk_bytes = 10, .left = 100, .is_slow = true };
    var source = try CodecSource.create(gpa, &slow.source, &worker.background, .compress, .gzip, 1);
    var reader: Reader = .{ .source = source };
    reader.read();
    slow.deliver();
    source.cancel();
    try testing.expect(slow.over and worker.is_gone);
    // While a step is under way.
    worker.is_gone = false;
    var other: MemorySource = .{ .gpa = gpa, .chunk_bytes = 100_000, .left = 1_000_000 };
    source = try CodecSource.create(gpa, &other.source, &worker.background, .compress, .gzip, 1);
    reader = .{ .source = source };
    reader.read();
    source.cancel();
    try testing.expect(other.over and !worker.is_gone);
    try testing.expect(worker.run());
    try testing.expect(worker.is_gone);
}

var given_back: usize = 0;
fn giveBack(_: *anyopaque) callconv(.c) void {
    given_back += 1;
}

test "lent memory: in pieces, as a whole, canceled; each piece is given back once" {
    const text = "0123456789" ** 40_000;
    var loan: u8 = 0;
    for (0..3) |round| {
        given_back = 0;
        const lent = try LentSource.create(gpa, giveBack);
        lent.lend(text, &loan);
        lent.lend("", &loan);
        lent.lend("abc", null);
        try testing.expectEqual(1, given_back);
        switch (round) {
            0 => {
                var sum: usize = 0;
                while (true) switch (lent.source.take()) {
                    .bytes => |bytes| {
                        try testing.expect(bytes.len <= 256 << 10);
                        sum += bytes.len;
                        gpa.free(bytes);
                    },
                    .end => break,
                    else => unreachable,
                };
                try testing.expectEqual(text.len + 3, sum);
            },
            1 => {
                gpa.free(lent.source.take().bytes);
                var collected: Collected = .init(&lent.source, 1 << 20);
                const rest = collected.run(&.{}).bytes;
                defer gpa.free(rest);
                try testing.expectEqualStrings(text[256 << 10 ..] ++ "abc", rest);
            },
            else => lent.source.cancel(),
        }
        try testing.expectEqual(2, given_back);
    }
}

fn decoded(bytes: []const u8, chunk_bytes: usize, which: encoding.Encoding, fatal: bool) !Collector.Outcome {
    const lent = try LentSource.create(gpa, giveBack);
    var rest = bytes;
    while (rest.len > 0) : (rest = rest[@min(rest.len, chunk_bytes)..]) lent.lend(rest[0..@min(rest.len, chunk_bytes)], null);
    var collected: Collected = .init(try DecodeSource.create(gpa, &lent.source, which, .{ .fatal = fatal }, 3), 1 << 20);
    return collected.run(&.{});
}

test "text: characters split anywhere, a byte order mark, ill-formed input" {
    for (1..9) |size| {
        const cases = [_]struct { encoding.Encoding, []const u8, []const u8 }{
            .{ .utf_8, "\xEF\xBB\xBFa\u{20ac}\u{1f600}z\xFF!\xE2\x82", "a\u{20ac}\u{1f600}z\u{fffd}!\u{fffd}" },
            .{ .utf_16le, "\xFF\xFEa\x00\x3D\xD8\x00\xDE\x3D", "a\u{1f600}\u{fffd}" },
            .{ .shift_jis, "a\x82\xA0\x82", "a\u{3042}\u{fffd}" },
            .{ .windows_1252, "", "" },
        };
        for (cases) |case| {
            const text = (try decoded(case[1], size, case[0], false)).bytes;
            defer gpa.free(text);
            try testing.expectEqualStrings(case[2], text);
        }
        const failure = (try decoded(cases[2][1], size, .shift_jis, true)).failure;
        try testing.expectEqual(3, failure.transform);
        try testing.expectEqualStrings("TextDecoderStream: the input is not well-formed shift_jis", failure.message);
        try testing.expectEqualStrings("TextDecoderStream: the input is not well-formed utf-8", (try decoded("\xC0", size, .utf_8, true)).failure.message);
    }
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

/// Gives what it was told to, in order, and says `nothing` in between until `deliver`.
const ScriptedSource = struct {
    source: Source = .{ .vtable = &vtable },
    allocator: std.mem.Allocator,
    script: []const Step,
    /// `end`, a failure or a cancellation.
    over: bool = false,

    const Step = union(enum) { bytes: []const u8, nothing, end, failure: Source.Failure };
    const vtable: Source.VTable = .{ .take = take, .want = want, .cancel = cancel };

    fn take(source: *Source) Source.Taken {
        const self: *ScriptedSource = @fieldParentPtr("source", source);
        std.debug.assert(!self.over);
        const step = self.script[0];
        if (step == .nothing) return .nothing;
        self.script = self.script[1..];
        switch (step) {
            .bytes => |bytes| return .{ .bytes = self.allocator.dupe(u8, bytes) catch {
                self.over = true;
                return .{ .failure = .out_of_memory_failure };
            } },
            .nothing => unreachable,
            .end => {
                self.over = true;
                return .end;
            },
            .failure => |failure| {
                self.over = true;
                return .{ .failure = failure };
            },
        }
    }

    fn want(source: *Source) void {
        const self: *ScriptedSource = @fieldParentPtr("source", source);
        std.debug.assert(self.script[0] == .nothing);
    }

    fn cancel(source: *Source) void {
        const self: *ScriptedSource = @fieldParentPtr("source", source);
        std.debug.assert(!self.over);
        self.over = true;
    }

    fn deliver(self: *ScriptedSource) void {
        self.script = self.script[1..];
        self.source.ready();
    }
};

/// Reads to the end, comparing; the failure if there is one.
fn expectText(allocator: std.mem.Allocator, source: *Source, expected: []const u8) !?Source.Failure {
    var rest = expected;
    while (true) switch (source.take()) {
        .bytes => |bytes| {
            defer allocator.free(bytes);
            try testing.expect(std.mem.startsWith(u8, rest, bytes));
            rest = rest[bytes.len..];
        },
        .end => {
            try testing.expectEqualStrings("", rest);
            return null;
        },
        .failure => |failure| return failure,
        .whole, .nothing => return error.TestUnexpectedResult,
    };
}

test "decoding: a wait of the inner source is passed on; its failure is the outer one's; a cancellation reaches it" {
    var inner: ScriptedSource = .{ .allocator = gpa, .script = &.{ .nothing, .{ .bytes = "\xe2\x82" }, .nothing, .{ .bytes = "\xac" }, .{ .failure = .{ .code = "ECONNRESET", .phase = "body" } } } };
    const text = try DecodeSource.create(gpa, &inner.source, .utf_8, .{ .fatal = true }, 3);
    var reader: struct {
        waiter: Source.Waiter = .{ .onReady = onReady },
        calls: u32 = 0,

        fn onReady(waiter: *Source.Waiter) void {
            const self: *@This() = @fieldParentPtr("waiter", waiter);
            self.calls += 1;
        }
    } = .{};
    for (1..3) |calls| {
        // Half a character is nothing yet.
        try testing.expectEqual(.nothing, text.take());
        text.want(&reader.waiter);
        inner.deliver();
        try testing.expectEqual(calls, reader.calls);
    }
    const taken = text.take();
    defer gpa.free(taken.bytes);
    try testing.expectEqualStrings("\u{20ac}", taken.bytes);
    try testing.expectEqualStrings("ECONNRESET", text.take().failure.code);

    var endless: ScriptedSource = .{ .allocator = gpa, .script = &.{.nothing} };
    const other = try DecodeSource.create(gpa, &endless.source, .shift_jis, .{}, 0);
    try testing.expectEqual(.nothing, other.take());
    other.want(&reader.waiter);
    other.cancel();
    try testing.expect(endless.over);
    try testing.expectEqual(2, reader.calls);
}

test "decoding what is ill-formed and fatal: the encoding's name as JavaScript has it; the inner source is cancelled" {
    inline for (.{ .{ .utf_8, "\xff", "utf-8" }, .{ .shift_jis, "\x80\x82\xff", "shift_jis" }, .{ .euc_jp, "\xff", "euc-jp" } }) |case| {
        var inner: ScriptedSource = .{ .allocator = gpa, .script = &.{ .{ .bytes = case[1] }, .end } };
        const text = try DecodeSource.create(gpa, &inner.source, case[0], .{ .fatal = true }, 7);
        const failure = text.take().failure;
        try testing.expectEqual(7, failure.transform);
        try testing.expectEqualStrings("TextDecoderStream: the input is not well-formed " ++ case[2], failure.message);
        try testing.expect(inner.over);
        // Cut off at the end.
        var cut: ScriptedSource = .{ .allocator = gpa, .script = &.{ .{ .bytes = "\xe2" }, .end } };
        const end = try DecodeSource.create(gpa, &cut.source, case[0], .{ .fatal = true }, 7);
        try testing.expectEqual(7, end.take().failure.transform);
    }
}

/// What `path` makes of a source that is made with an allocator that fails is either all of it or a failure that says why.
fn expectWholeOrOutOfMemory(allocator: std.mem.Allocator, path: *const fn (allocator: std.mem.Allocator) anyerror!?Source.Failure) !void {
    const failure = try path(allocator) orelse return;
    try testing.expect(failure.out_of_memory);
    return error.OutOfMemory;
}

fn neverGivenBack(_: *anyopaque) callconv(.c) void {
    unreachable;
}

fn lentSource(allocator: std.mem.Allocator, pieces: []const []const u8) !*Source {
    const source = try LentSource.create(allocator, neverGivenBack);
    for (pieces) |piece| source.lend(piece, null);
    return &source.source;
}

test "memory that ends at any allocation: all of it or a failure, and nothing stays" {
    const paths = struct {
        fn read(allocator: std.mem.Allocator) !?Source.Failure {
            return expectText(allocator, try lentSource(allocator, &.{ "ab", "", "c" }), "abc");
        }

        fn decode(allocator: std.mem.Allocator) !?Source.Failure {
            const source = try lentSource(allocator, &.{ "\xe2\x82", "\xac\xff", "a\xe2" });
            const text = DecodeSource.create(allocator, source, .utf_8, .{}, 0) catch |err| {
                source.cancel();
                return err;
            };
            return expectText(allocator, text, "\u{20ac}\u{fffd}a\u{fffd}");
        }

        fn decodeLegacy(allocator: std.mem.Allocator) !?Source.Failure {
            const source = try lentSource(allocator, &.{ "\x82", "\xa0a" });
            const text = DecodeSource.create(allocator, source, .shift_jis, .{}, 0) catch |err| {
                source.cancel();
                return err;
            };
            return expectText(allocator, text, "\u{3042}a");
        }

        fn tee(allocator: std.mem.Allocator) !?Source.Failure {
            const source = try lentSource(allocator, &.{ "ab", "c" });
            const first, const second = ByteQueue.tee(allocator, source, 1000) catch |err| {
                source.cancel();
                return err;
            };
            const third = (ByteQueue.tee(allocator, second, 1000) catch |err| {
                first.cancel();
                second.cancel();
                return err;
            })[1];
            second.cancel();
            // One branch's failure for want of memory is not the other's.
            const one = expectText(allocator, first, "abc");
            const other = try expectText(allocator, third, "abc");
            return try one orelse other;
        }

        fn collect(allocator: std.mem.Allocator) !?Source.Failure {
            const source = try lentSource(allocator, &.{ "ab", "c" });
            const first, const second = ByteQueue.tee(allocator, source, 1000) catch |err| {
                source.cancel();
                return err;
            };
            second.cancel();
            var collector: Collector = .{ .gpa = allocator, .source = first, .onDone = undefined, .bytes_max = 3 };
            switch (collector.start().?) {
                .failure => |failure| return failure,
                .bytes => |bytes| {
                    defer allocator.free(bytes);
                    try testing.expectEqualStrings("abc", bytes);
                    return null;
                },
            }
        }

        fn collectLent(allocator: std.mem.Allocator) !?Source.Failure {
            var collector: Collector = .{ .gpa = allocator, .source = try lentSource(allocator, &.{ "ab", "c" }), .onDone = undefined, .bytes_max = 3 };
            switch (collector.start().?) {
                .failure => |failure| return failure,
                .bytes => |bytes| {
                    defer allocator.free(bytes);
                    try testing.expectEqualStrings("abc", bytes);
                    return null;
                },
            }
        }
    };
    inline for (.{ paths.read, paths.decode, paths.decodeLegacy, paths.tee, paths.collect, paths.collectLent }) |path| {
        try testing.checkAllAllocationFailures(gpa, expectWholeOrOutOfMemory, .{@as(*const fn (std.mem.Allocator) anyerror!?Source.Failure, path)});
    }
}

test "a loan is given back at once when there is no memory to note it, and the source then fails" {
    given_back = 0;
    var failing: testing.FailingAllocator = .init(gpa, .{ .fail_index = 1 });
    const source = try LentSource.create(failing.allocator(), giveBack);
    var loan: u8 = 0;
    source.lend("bytes", &loan);
    try testing.expectEqual(1, given_back);
    // What comes after it is not wanted any more.
    source.lend("more", &loan);
    source.lend("", &loan);
    try testing.expectEqual(3, given_back);
    try testing.expect(source.source.take().failure.out_of_memory);
}
