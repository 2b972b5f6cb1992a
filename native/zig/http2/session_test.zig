//! A session against frames by hand, cut anywhere, broken anywhere, and without memory at any place. Skipped where the
//! system has no libnghttp2.so.14.

const std = @import("std");
const testing = std.testing;
const nghttp2 = @import("nghttp2.zig");
const FieldList = @import("FieldList.zig");
const HeadLimits = @import("limits.zig").HeadLimits;
const Limits = @import("limits.zig").Limits;
const Session = @import("Session.zig");
const Stream = @import("Stream.zig");

const head_limits: HeadLimits = .{ .header_bytes_max = 200, .header_count_max = 4, .informational_max = 2, .trailer_bytes_max = 20 };

/// A frame (RFC 9113 section 4.1).
inline fn frame(comptime kind: u8, comptime flags: u8, comptime id: u32, comptime payload: []const u8) *const [9 + payload.len]u8 {
    return comptime blk: {
        var head: [9]u8 = undefined;
        std.mem.writeInt(u24, head[0..3], payload.len, .big);
        head[3] = kind;
        head[4] = flags;
        std.mem.writeInt(u32, head[5..9], id, .big);
        const bytes = head ++ payload[0..payload.len].*;
        break :blk &bytes;
    };
}

const end_stream = 1;
const end_headers = 4;
const settings = frame(nghttp2.frame_type.settings, 0, 0, "");
const settings_ack = frame(nghttp2.frame_type.settings, nghttp2.flag_ack, 0, "");
const ping = frame(nghttp2.frame_type.ping, 0, 0, "12345678");
/// ":status: 200", and fields as literals (RFC 7541).
const head_200 = frame(nghttp2.frame_type.headers, end_headers, 1, "\x88" ++ "\x00\x01a\x01b");
const head_103 = frame(nghttp2.frame_type.headers, end_headers, 1, "\x08\x03103");
const body_end = frame(nghttp2.frame_type.data, end_stream, 1, "hello");

const Fixture = struct {
    gpa: std.mem.Allocator,
    session: Session = undefined,
    stream: Stream = undefined,
    fields: FieldList = .{},
    body: std.ArrayList(u8) = .empty,
    sent: std.ArrayList(u8) = .empty,
    is_wanted: bool = true,

    fn init(self: *Fixture, gpa: std.mem.Allocator, limits: Limits) !void {
        if (!Session.isAvailable()) return error.SkipZigTest;
        self.* = .{ .gpa = gpa };
        try self.session.init(gpa, limits, head_limits);
        self.stream = .{ .session = &self.session, .onData = onData, .isWanted = isWanted };
    }

    fn deinit(self: *Fixture) void {
        self.session.drop(&self.stream, .CANCEL);
        self.stream.head.deinit(self.gpa);
        self.fields.deinit(self.gpa);
        self.session.deinit();
        self.body.deinit(self.gpa);
        self.sent.deinit(self.gpa);
    }

    fn onData(stream: *Stream, bytes: []const u8) bool {
        const self: *Fixture = @fieldParentPtr("stream", stream);
        self.body.appendSlice(self.gpa, bytes) catch return false;
        return true;
    }

    fn isWanted(stream: *const Stream) bool {
        const self: *const Fixture = @fieldParentPtr("stream", stream);
        return self.is_wanted;
    }

    fn request(self: *Fixture, sending: Stream.Sending, piece: []const u8) !void {
        try self.fields.reset(self.gpa, 0);
        for ([_][2][]const u8{ .{ ":method", "POST" }, .{ ":scheme", "https" }, .{ ":authority", "a" }, .{ ":path", "/" } }) |field|
            try self.fields.add(self.gpa, field[0], field[1]);
        self.stream.sending = sending;
        self.stream.piece = piece;
        try self.session.submit(&self.stream, &self.fields);
        try self.send();
    }

    fn send(self: *Fixture) !void {
        while (self.session.output()) |bytes| try self.sent.appendSlice(self.gpa, bytes);
    }

    /// Takes all off the list of streams that have something to tell.
    fn settle(self: *Fixture) void {
        while (self.session.nextTouched()) |_| {}
    }

    fn receive(self: *Fixture, bytes: []const u8, step: usize) bool {
        var rest = bytes;
        while (rest.len > 0) {
            const count = @min(step, rest.len);
            if (!self.session.receive(rest[0..count], 0)) return false;
            rest = rest[count..];
        }
        return true;
    }
};

test "a response, however it is cut" {
    for ([_]usize{ 1, 2, 7, 1000 }) |step| {
        var fixture: Fixture = undefined;
        try fixture.init(testing.allocator, .{});
        defer fixture.deinit();
        try fixture.request(.none, "");
        try testing.expect(std.mem.startsWith(u8, fixture.sent.items, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
        try testing.expectEqual(1, fixture.session.open_streams);
        try testing.expect(fixture.receive(settings ++ head_103 ++ head_200 ++ body_end, step));
        try testing.expect(fixture.session.nextTouched() == &fixture.stream and fixture.session.nextTouched() == null);
        try testing.expect(fixture.stream.has_head and fixture.stream.is_complete and fixture.stream.end == null);
        try testing.expectEqual(1, fixture.stream.informational);
        try testing.expectEqualStrings("a: b\r\n", fixture.stream.head.lines.items);
        try testing.expectEqualStrings("hello", fixture.body.items);
        try testing.expectEqual(0, fixture.session.open_streams);
        try testing.expectEqual(256, fixture.session.room());
    }
}

test "a body is asked for piece by piece" {
    var fixture: Fixture = undefined;
    try fixture.init(testing.allocator, .{});
    defer fixture.deinit();
    try fixture.request(.piece, "first");
    for ([_][]const u8{ "second", "third" }) |piece| {
        try testing.expect(fixture.session.nextTouched() == &fixture.stream and fixture.stream.sending == .hungry);
        fixture.stream.piece = piece;
        fixture.stream.sending = .piece;
        fixture.session.resumeSending(&fixture.stream);
        try fixture.send();
    }
    fixture.settle();
    fixture.stream.sending = .last;
    fixture.session.resumeSending(&fixture.stream);
    try fixture.send();
    try testing.expect(std.mem.endsWith(u8, fixture.sent.items, frame(nghttp2.frame_type.data, 0, 1, "third") ++ frame(nghttp2.frame_type.data, end_stream, 1, "")));
    fixture.settle();
}

test "what a server may not do, and how it ends" {
    const cases = [_]struct { []const u8, Stream.End }{
        .{ frame(nghttp2.frame_type.reset, 0, 1, "\x00\x00\x00\x0b"), .{ .reset = .ENHANCE_YOUR_CALM } },
        .{ frame(nghttp2.frame_type.reset, 0, 1, "\x00\x00\x00\x07"), .refused },
        .{ frame(nghttp2.frame_type.goaway, 0, 0, "\x00\x00\x00\x00" ++ "\x00\x00\x00\x00"), .unprocessed },
        .{ frame(nghttp2.frame_type.headers, end_headers, 1, "\x88" ++ "\x00\x01A\x01b"), .malformed },
        .{ frame(nghttp2.frame_type.headers, end_headers, 1, "\x88" ++ "\x00\x01a\x03b\r\n"), .malformed },
        .{ frame(nghttp2.frame_type.headers, end_headers, 1, "\x00\x01a\x01b"), .malformed },
        .{ frame(nghttp2.frame_type.headers, end_headers, 1, "\x88" ++ "\x00\x01a\x01b" ** 5), .{ .beyond = .header_count_max } },
        .{ frame(nghttp2.frame_type.headers, end_headers, 1, "\x88" ++ "\x00\x01a\x7d" ++ "b" ** 125 ++ "\x00\x01a\x7d" ++ "b" ** 125), .{ .beyond = .header_bytes_max } },
        .{ head_103 ++ head_103 ++ head_103, .{ .beyond = .informational_max } },
        .{ head_200 ++ frame(nghttp2.frame_type.headers, end_headers | end_stream, 1, "\x00\x01a\x7d" ++ "b" ** 125), .{ .beyond = .trailer_bytes_max } },
    };
    for (cases) |case| for ([_]usize{ 1, 1000 }) |step| {
        var fixture: Fixture = undefined;
        try fixture.init(testing.allocator, .{});
        defer fixture.deinit();
        try fixture.request(.none, "");
        _ = fixture.receive(settings, step);
        _ = fixture.receive(case[0], step);
        fixture.settle();
        try testing.expectEqual(case[1], fixture.stream.end.?);
        try testing.expect(!fixture.stream.is_complete);
        fixture.session.drop(&fixture.stream, .CANCEL);
        try fixture.send();
        try testing.expectEqual(0, fixture.session.open_streams);
    };
}

test "floods end the connection" {
    const cases = [_]struct { []const u8, Session.Violation }{
        .{ ping ** 30, .idle_frames_per_second_max },
        .{ settings ** 30, .idle_frames_per_second_max },
        .{ head_200 ++ frame(nghttp2.frame_type.data, 0, 1, "") ** 30, .idle_frames_per_second_max },
        .{ ping ** 12, .answers_unsent_max },
        .{ frame(nghttp2.frame_type.settings, 0, 0, "\x00\x03\x00\x00\x00\x64" ** 5), .settings_entries_max },
        .{ frame(nghttp2.frame_type.headers, 0, 1, "\x88") ++ frame(nghttp2.frame_type.continuation, 0, 1, "") ** 4, .continuations_max },
        .{ frame(nghttp2.frame_type.push_promise, end_headers, 1, "\x00\x00\x00\x02\x82"), .protocol },
    };
    for (cases, 0..) |case, index| {
        var fixture: Fixture = undefined;
        try fixture.init(testing.allocator, .{
            .idle_frames_per_second_max = 20,
            .answers_unsent_max = if (index == 3) 10 else 100,
            .settings_entries_max = 4,
            .continuations_max = 3,
        });
        defer fixture.deinit();
        try fixture.request(.none, "");
        try testing.expect(fixture.receive(settings, 1000));
        try testing.expect(!fixture.receive(case[0], 1000));
        try testing.expectEqual(case[1], fixture.session.violation.?);
        // The server is told.
        const before = fixture.sent.items.len;
        try fixture.send();
        try testing.expect(fixture.sent.items.len > before);
        fixture.settle();
    }
}

test "bodies take turns, the oldest first" {
    const body_bytes = 40_000;
    const limits: Limits = .{ .uploads_at_once_max = 2, .upload_turn_bytes_max = 20_000 };
    var fixture: Fixture = undefined;
    try fixture.init(testing.allocator, limits);
    defer fixture.deinit();
    const body = try testing.allocator.alloc(u8, body_bytes);
    defer testing.allocator.free(body);
    @memset(body, 'x');
    try fixture.request(.last, body);
    var others: [4]Stream = @splat(fixture.stream);
    for (&others) |*other| {
        other.* = .{ .session = &fixture.session, .onData = Fixture.onData, .isWanted = Fixture.isWanted, .sending = .last, .piece = body };
        try fixture.session.submit(other, &fixture.fields);
    }
    defer for (&others) |*other| fixture.session.drop(other, .CANCEL);
    // 65,535 bytes are allowed on the connection: the first was alone, two have the rest. How they share it is nghttp2's to say.
    try fixture.send();
    fixture.settle();
    try testing.expectEqual(0, fixture.stream.piece.len);
    try testing.expect(others[0].piece.len + others[1].piece.len < 2 * body_bytes);
    for (others[2..]) |*other| try testing.expectEqual(body_bytes, other.piece.len);
    // More for the connection: all get on, the last one when the first one has had its turn.
    const more = frame(nghttp2.frame_type.window_update, 0, 0, "\x00\x00\x80\x00");
    try testing.expect(fixture.receive(settings, 1000));
    for (0..20) |_| {
        try testing.expect(fixture.receive(more, 1000));
        try fixture.send();
        fixture.settle();
        if (others[3].piece.len < body_bytes) try testing.expect(others[0].piece.len <= body_bytes - limits.upload_turn_bytes_max);
        if (others[3].piece.len == 0) try testing.expectEqual(0, others[0].piece.len);
    }
    for (&others) |*other| try testing.expectEqual(0, other.piece.len);
    try testing.expectEqual(0, fixture.session.uploads.active);
}

test "a request after a good-bye was not looked at, whether it was sent or not" {
    var fixture: Fixture = undefined;
    try fixture.init(testing.allocator, .{});
    defer fixture.deinit();
    try fixture.request(.none, "");
    var others: [2]Stream = @splat(.{ .session = &fixture.session, .onData = Fixture.onData, .isWanted = Fixture.isWanted });
    defer for (&others) |*other| fixture.session.drop(other, .CANCEL);
    try fixture.session.submit(&others[0], &fixture.fields);
    try fixture.send();
    try fixture.session.submit(&others[1], &fixture.fields);
    // The first is the last one.
    try testing.expect(fixture.receive(settings ++ frame(nghttp2.frame_type.goaway, 0, 0, "\x00\x00\x00\x01" ++ "\x00\x00\x00\x00"), 1000));
    try testing.expectEqual(0, fixture.session.room());
    try fixture.send();
    fixture.settle();
    for (&others) |*other| try testing.expectEqual(Stream.End.unprocessed, other.end.?);
    try testing.expectEqual(1, fixture.session.open_streams);
    try testing.expect(!fixture.session.isOver());
    try testing.expect(fixture.receive(head_200 ++ body_end, 1000));
    fixture.settle();
    try testing.expect(fixture.stream.is_complete and fixture.session.isOver());
}

test "after many cancelled requests there is no room" {
    var fixture: Fixture = undefined;
    try fixture.init(testing.allocator, .{ .resets_per_connection_max = 3 });
    defer fixture.deinit();
    for (0..3) |_| {
        try testing.expect(fixture.session.isUsable());
        try fixture.request(.none, "");
        fixture.session.drop(&fixture.stream, .CANCEL);
    }
    try testing.expectEqual(0, fixture.session.room());
    try testing.expect(!fixture.session.isUsable() and !fixture.session.is_leaving);
}

test "a server may acknowledge a body in small pieces, and no more than that" {
    const increment = 1024;
    const updates = frame(nghttp2.frame_type.window_update, 0, 0, "\x00\x00\x04\x00") ++ frame(nghttp2.frame_type.window_update, 0, 1, "\x00\x00\x04\x00");
    var fixture: Fixture = undefined;
    try fixture.init(testing.allocator, .{ .idle_frames_per_second_max = 20 });
    defer fixture.deinit();
    const body = try testing.allocator.alloc(u8, 1024 * 1024);
    defer testing.allocator.free(body);
    @memset(body, 'x');
    try fixture.request(.last, body);
    try testing.expect(fixture.receive(settings, 1000));
    var acknowledged: usize = 0;
    while (fixture.stream.piece.len > 0) {
        try testing.expect(acknowledged < body.len);
        try testing.expect(fixture.receive(updates, 1000));
        acknowledged += increment;
        fixture.settle();
        try fixture.send();
    }
    // Not more often than that.
    const flood = frame(nghttp2.frame_type.window_update, 0, 0, "\x00\x00\x00\x01") ** 100;
    var count: usize = 0;
    while (fixture.receive(flood, 10_000)) count += 100;
    try testing.expectEqual(Session.Violation.idle_frames_per_second_max, fixture.session.violation.?);
    try testing.expect(count <= 2 * body.len / fixture.session.limits.window_update_bytes_min + body.len / 1000);
    try fixture.send();
    fixture.settle();
}

/// A server that sends what the window allows, and hears of the client's frames a round trip later.
const Download = struct {
    fixture: *Fixture,
    /// May be sent now.
    allowed: usize,
    left: usize,
    widest: usize = 0,
    pings: usize = 0,
    /// What it sends at most in one round trip.
    rate: usize = std.math.maxInt(usize),
    heard: usize,

    fn start(fixture: *Fixture, bytes: usize) !Download {
        try fixture.request(.none, "");
        try testing.expect(fixture.receive(settings ++ settings_ack ++ head_200, 1000));
        try fixture.send();
        fixture.settle();
        return .{ .fixture = fixture, .allowed = fixture.session.limits.stream_window_bytes, .left = bytes, .heard = fixture.sent.items.len };
    }

    /// One round trip, in which the reader takes `part` of what comes.
    fn go(self: *Download, part: f32) !void {
        try self.burst(part);
        try self.hear();
    }

    fn burst(self: *Download, part: f32) !void {
        const fixture = self.fixture;
        self.widest = @max(self.widest, self.allowed);
        const payload: [16 * 1024]u8 = @splat('x');
        var bytes: [head_bytes + payload.len]u8 = undefined;
        var rest = @min(self.left, self.allowed, self.rate);
        while (rest > 0) {
            const count = @min(rest, payload.len);
            rest -= count;
            std.mem.writeInt(u24, bytes[0..3], @intCast(count), .big);
            bytes[3..head_bytes].* = "\x00\x00\x00\x00\x00\x01".*;
            @memcpy(bytes[head_bytes..][0..count], payload[0..count]);
            try testing.expect(fixture.receive(bytes[0 .. head_bytes + count], 100_000));
            self.allowed -= count;
            self.left -= count;
            const taken: usize = @intFromFloat(@as(f32, @floatFromInt(count)) * part);
            if (taken < count) fixture.is_wanted = false;
            fixture.session.consume(&fixture.stream, taken);
            try fixture.send();
        }
        fixture.settle();
        fixture.body.clearRetainingCapacity();
    }

    const head_bytes = 9;

    fn hear(self: *Download) !void {
        const fixture = self.fixture;
        var bytes: [100]u8 = undefined;
        const sent = fixture.sent.items[self.heard..];
        self.heard = fixture.sent.items.len;
        var at: usize = 0;
        while (at < sent.len) {
            const payload_bytes = std.mem.readInt(u24, sent[at..][0..3], .big);
            const content = sent[at + head_bytes ..][0..payload_bytes];
            if (sent[at + 3] == nghttp2.frame_type.window_update and sent[at + 8] == 1) self.allowed += std.mem.readInt(u32, content[0..4], .big);
            if (sent[at + 3] == nghttp2.frame_type.ping) {
                self.pings += 1;
                @memcpy(bytes[0 .. head_bytes + payload_bytes], sent[at..][0 .. head_bytes + payload_bytes]);
                bytes[4] = nghttp2.flag_ack;
                try testing.expect(fixture.receive(bytes[0 .. head_bytes + payload_bytes], 1000));
            }
            at += head_bytes + payload_bytes;
        }
        try fixture.send();
    }
};

test "the window of a reader who keeps up grows, to its bound" {
    const bytes = 64 << 20;
    var fixture: Fixture = undefined;
    try fixture.init(testing.allocator, .{});
    defer fixture.deinit();
    var download: Download = try .start(&fixture, bytes);
    var round_trips: usize = 0;
    while (download.left > 0) : (round_trips += 1) try download.go(1);
    try testing.expectEqual(fixture.session.limits.reader_window_bytes_max, download.widest);
    // As it was it would be 256.
    try testing.expect(round_trips < 32);
    try testing.expectEqual(download.widest - fixture.session.limits.stream_window_bytes, fixture.session.growth.grown_bytes);
    fixture.session.drop(&fixture.stream, .CANCEL);
    try testing.expectEqual(0, fixture.session.growth.grown_bytes);
    try fixture.send();
}

test "no window grows for a reader who stops, is slow, or is about to have all" {
    const Case = struct { part: f32 = 1, is_wanted: bool = true, length: ?u64 = null, limits: Limits = .{} };
    const cases = [_]Case{
        .{ .part = 0 },
        .{ .part = 0.2 },
        .{ .is_wanted = false },
        .{ .length = 320 * 1024 },
        .{ .limits = .{ .grown_windows_bytes_max = 0 } },
        .{ .limits = .{ .reader_window_bytes_max = 256 * 1024 } },
    };
    for (cases) |case| {
        var fixture: Fixture = undefined;
        try fixture.init(testing.allocator, case.limits);
        defer fixture.deinit();
        fixture.is_wanted = case.is_wanted;
        var download: Download = try .start(&fixture, case.length orelse 8 << 20);
        fixture.stream.head.content_length = case.length;
        for (0..24) |_| try download.go(case.part);
        try testing.expect(download.widest <= case.limits.stream_window_bytes);
        try testing.expectEqual(0, fixture.session.growth.grown_bytes);
    }
}

test "a window that suffices is asked about less and less often, and none when its stream is gone" {
    var fixture: Fixture = undefined;
    try fixture.init(testing.allocator, .{});
    defer fixture.deinit();
    var download: Download = try .start(&fixture, 64 << 20);
    download.rate = 150_000;
    while (download.left > 0) try download.go(1);
    try testing.expect(download.pings > 2 and download.pings < 16);
    try testing.expectEqual(0, fixture.session.growth.grown_bytes);
    // A PING is under way while its stream ends.
    fixture.stream.window.ask_at = 0;
    download.left = 8 << 20;
    download.rate = 20_000;
    while (!fixture.session.growth.is_asking) try download.burst(1);
    try testing.expect(fixture.session.growth.is_asking);
    fixture.session.drop(&fixture.stream, .CANCEL);
    try fixture.send();
    try testing.expect(fixture.receive(comptime frame(nghttp2.frame_type.ping, nghttp2.flag_ack, 0, "a window"), 1000));
    try testing.expect(!fixture.session.growth.is_asking);
    try fixture.send();
}

test "a request that is dropped before it was sent" {
    var fixture: Fixture = undefined;
    try fixture.init(testing.allocator, .{});
    defer fixture.deinit();
    try fixture.fields.reset(testing.allocator, 0);
    for ([_][2][]const u8{ .{ ":method", "GET" }, .{ ":scheme", "https" }, .{ ":authority", "a" }, .{ ":path", "/" } }) |field|
        try fixture.fields.add(testing.allocator, field[0], field[1]);
    for (0..10) |_| {
        try fixture.session.submit(&fixture.stream, &fixture.fields);
        fixture.session.drop(&fixture.stream, .CANCEL);
    }
    try fixture.send();
    try testing.expectEqual(0, fixture.session.open_streams);
}

test "no memory, at any place" {
    if (!Session.isAvailable()) return error.SkipZigTest;
    try testing.checkAllAllocationFailures(testing.allocator, struct {
        fn run(gpa: std.mem.Allocator) !void {
            var fixture: Fixture = undefined;
            try fixture.init(gpa, .{});
            defer fixture.deinit();
            try fixture.request(.last, "body");
            const is_well = fixture.receive(settings ++ head_103 ++ head_200 ++ body_end, 1000);
            fixture.settle();
            try fixture.send();
            // Whatever failed within nghttp2 shows on the stream or on the session.
            if (!is_well or fixture.session.is_broken or !fixture.stream.is_complete) return error.OutOfMemory;
        }
    }.run, .{});
}

test "random frames, mutated and cut, neither crash nor leak" {
    var prng: std.Random.DefaultPrng = .init(20261129);
    const random = prng.random();
    const whole = settings ++ head_103 ++ head_200 ++ ping ++ frame(nghttp2.frame_type.data, 0, 1, "some") ++
        frame(nghttp2.frame_type.window_update, 0, 1, "\x00\x00\x10\x00") ++ body_end ++ frame(nghttp2.frame_type.goaway, 0, 0, "\x00\x00\x00\x01" ++ "\x00\x00\x00\x00");
    for (0..4000) |round| {
        var fixture: Fixture = undefined;
        try fixture.init(testing.allocator, .{});
        defer fixture.deinit();
        try fixture.request(if (round % 2 == 0) .none else .last, "body");
        var bytes: [whole.len]u8 = whole[0..whole.len].*;
        for (0..random.uintAtMost(usize, 4)) |_| bytes[random.uintLessThan(usize, bytes.len)] = random.int(u8);
        var at: usize = 0;
        while (at < bytes.len) {
            const count = 1 + random.uintLessThan(usize, @min(40, bytes.len - at));
            const is_well = fixture.session.receive(bytes[at..][0..count], round);
            at += count;
            fixture.settle();
            try testing.expect(!(fixture.stream.is_complete and fixture.stream.end != null));
            try testing.expect(fixture.session.open_streams <= 1);
            if (random.uintLessThan(u8, 8) == 0) fixture.session.drop(&fixture.stream, .CANCEL);
            try fixture.send();
            if (!is_well) break;
        }
    }
}
