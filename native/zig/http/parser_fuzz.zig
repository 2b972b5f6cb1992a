//! Random and mutated response streams, cut at random places: the parser and the body decoder never crash, never use more
//! than they were given, and say the same as when fed whole. Here is one case; the test runs some, and the executable
//! (`npm run fuzz -- http SECONDS`) as many as there is time for. Pure.

const std = @import("std");
const ResponseParser = @import("ResponseParser.zig");
const BodyDecoder = @import("BodyDecoder.zig");
const Limits = @import("limits.zig").Limits;

const limits: Limits = .{
    .status_line_bytes_max = 64,
    .header_bytes_max = 512,
    .header_count_max = 8,
    .chunk_extension_bytes_max = 32,
    .trailer_bytes_max = 64,
};

pub const Outcome = struct {
    err: ?anyerror = null,
    status: u16 = 0,
    framing: ?ResponseParser.Framing = null,
    keep_alive: bool = false,
    headers_hash: u64 = 0,
    body_hash: u64 = 0,
    done: bool = false,
    used: usize = 0,
};

/// Feeds `stream` as a connection does: a growing buffer for the head, then the rest to the decoder.
pub fn run(stream: []const u8, cuts: ?*std.Random, head_request: bool) Outcome {
    var outcome: Outcome = .{};
    var parser: ResponseParser = .init(limits);
    var decoder: ?BodyDecoder = null;
    var body_hash: std.hash.Wyhash = .init(0);
    var available: usize = 0;
    var used: usize = 0;
    while (available < stream.len) {
        available += if (cuts) |random| random.intRangeAtMost(usize, 1, stream.len - available) else stream.len;
        if (decoder == null) {
            const head = parser.feed(stream[0..available], head_request) catch |err| {
                outcome.err = err;
                return outcome;
            } orelse continue;
            outcome.status = head.status;
            outcome.framing = head.framing;
            outcome.keep_alive = head.keep_alive;
            var it = head.iterate();
            var hash: std.hash.Wyhash = .init(0);
            var count: u32 = 0;
            while (it.next()) |header| : (count += 1) {
                hash.update(header.name);
                hash.update(header.value);
            }
            std.debug.assert(count == head.header_count);
            outcome.headers_hash = hash.final();
            used = head.bytes;
            decoder = .init(head.framing, limits);
        }
        while (used < available and !decoder.?.isDone()) {
            const step = decoder.?.next(stream[used..available]) catch |err| {
                outcome.err = err;
                return outcome;
            };
            std.debug.assert(step.consumed > 0 and step.consumed <= available - used);
            body_hash.update(step.data);
            used += step.consumed;
        }
        if (decoder.?.isDone()) break;
    }
    if (decoder) |*d| outcome.done = d.finishAtClose();
    outcome.used = used;
    outcome.body_hash = body_hash.final();
    return outcome;
}

const samples = [_][]const u8{
    "HTTP/1.1 200 OK\r\nContent-Length: 11\r\nX-Test: abc\r\n\r\nhello world",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;ext=1\r\n world\r\n0\r\nT: v\r\n\r\n",
    "HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\nuntil the end",
    "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok",
    "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\nContent-Length: 12\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 3, 3\r\nKeep-Alive: timeout=5\r\n\r\nabc",
};

const spice = [_][]const u8{ "\r", "\n", "\r\n", " ", "\t", ":", ";", "\x00", "0", "f", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", ",", "\xff", "\r\n\r\n", "1" };

fn mutate(random: std.Random, buffer: []u8) []u8 {
    const sample = samples[random.uintLessThan(usize, samples.len)];
    @memcpy(buffer[0..sample.len], sample);
    var len = sample.len;
    for (0..random.uintLessThan(usize, 6)) |_| {
        const at = random.uintLessThan(usize, len);
        switch (random.uintLessThan(u8, 4)) {
            0 => buffer[at] = random.int(u8),
            1 => {
                std.mem.copyForwards(u8, buffer[at .. len - 1], buffer[at + 1 .. len]);
                len = @max(1, len - 1);
            },
            2, 3 => {
                const piece = spice[random.uintLessThan(usize, spice.len)];
                if (len + piece.len > buffer.len) continue;
                std.mem.copyBackwards(u8, buffer[at + piece.len .. len + piece.len], buffer[at..len]);
                @memcpy(buffer[at..][0..piece.len], piece);
                len += piece.len;
            },
            else => unreachable,
        }
    }
    return buffer[0..len];
}

/// The case's bytes, in `buffer`.
fn makeStream(random: std.Random, buffer: *[stream_bytes_max]u8) []u8 {
    if (random.uintLessThan(u8, 4) > 0) return mutate(random, buffer);
    const text = buffer[0..random.intRangeAtMost(usize, 1, 200)];
    // Mostly from the alphabet of HTTP, so that the states behind the first line are reached.
    for (text) |*c| c.* = if (random.boolean()) random.int(u8) else "HTTP/1.1 200\r\n:;abc5"[random.uintLessThan(usize, 20)];
    if (random.boolean() and text.len > 20) @memcpy(text[0..17], "HTTP/1.1 200 OK\r\n");
    return text;
}

pub const stream_bytes_max = 1024;

pub const Case = struct {
    stream: []const u8,
    /// Null: all cuts gave the same.
    differing: ?struct { whole: Outcome, cut: Outcome },
    is_accepted: bool,
};

/// Makes a stream, and feeds it whole and cut.
pub fn runCase(random: *std.Random, buffer: *[stream_bytes_max]u8) Case {
    const stream = makeStream(random.*, buffer);
    const head_request = random.uintLessThan(u8, 8) == 0;
    const whole = run(stream, null, head_request);
    const is_accepted = whole.err == null and whole.done;
    for (0..3) |_| {
        const cut = run(stream, random, head_request);
        if (!std.meta.eql(whole, cut)) return .{ .stream = stream, .differing = .{ .whole = whole, .cut = cut }, .is_accepted = is_accepted };
    }
    return .{ .stream = stream, .differing = null, .is_accepted = is_accepted };
}

test "any cut gives the same outcome" {
    const seed: u64 = 0x6e616e6f;
    var prng: std.Random.DefaultPrng = .init(seed);
    var random = prng.random();
    var buffer: [stream_bytes_max]u8 = undefined;
    var accepted: usize = 0;
    for (0..30_000) |_| {
        const case = runCase(&random, &buffer);
        if (case.differing) |differing| {
            std.debug.print("stream {x}\n", .{case.stream});
            try std.testing.expectEqual(differing.whole, differing.cut);
        }
        accepted += @intFromBool(case.is_accepted);
    }
    // The mutations must not be so wild that only refusals are tested.
    try std.testing.expect(accepted > 1000);
}
