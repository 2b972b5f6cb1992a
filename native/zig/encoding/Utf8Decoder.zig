//! The streaming UTF-8 decoder of TextDecoder (https://encoding.spec.whatwg.org/#interface-textdecoder).
//!
//! The state is 8 plain bytes, so that its owner can keep it wherever it likes (an op keeps it in a
//! Uint8Array that belongs to the JS object).
//! Threads: one at a time for one decoder. Ownership: input is borrowed, see `decode`.
//! Invariant: `pending[0..pending_len]` is the beginning of a well-formed sequence.

const Utf8Decoder = @This();

const std = @import("std");
const utf8 = @import("utf8.zig");

pending: [3]u8 = @splat(0),
pending_len: u8 = 0,
/// "BOM seen": something was decoded already, a BOM from here on is text.
bom_seen: bool = false,

/// How many bytes `save` and `load` use.
pub const state_bytes = 8;

pub const Options = struct {
    /// Ill-formed input is an error instead of U+FFFD.
    fatal: bool = false,
    /// A BOM at the start is text.
    ignore_bom: bool = false,
    /// More input follows: an incomplete sequence at the end waits for it.
    stream: bool = false,
};

/// Takes the next piece. Returns the bytes to decode now, without BOM and without the beginning of a sequence that
/// waits for more: part of `input` or memory of `arena`. After the last piece (`stream` false) the decoder is as new;
/// when the bytes turn out to be ill-formed and that is fatal, its owner must reset it.
pub fn take(decoder: *Utf8Decoder, arena: std.mem.Allocator, input: []const u8, options: Options) error{OutOfMemory}![]const u8 {
    var bytes = input;
    if (decoder.pending_len > 0) {
        bytes = try std.mem.concat(arena, u8, &.{ decoder.pending[0..decoder.pending_len], input });
        decoder.pending_len = 0;
    }
    var text = bytes;
    if (options.stream) {
        const waiting = utf8.incompleteSuffixLen(bytes);
        text = bytes[0 .. bytes.len - waiting];
        @memcpy(decoder.pending[0..waiting], bytes[text.len..]);
        decoder.pending_len = @intCast(waiting);
    }
    if (!decoder.bom_seen and text.len > 0) {
        decoder.bom_seen = true;
        if (!options.ignore_bom and std.mem.startsWith(u8, text, utf8.bom)) text = text[utf8.bom.len..];
    }
    if (!options.stream) decoder.* = .{};
    return text;
}

/// Reads a decoder out of its owner's memory. Whatever the bytes are, the result is a usable decoder.
pub fn load(state: *const [state_bytes]u8) Utf8Decoder {
    return .{ .pending = state[0..3].*, .pending_len = @min(state[3], 3), .bom_seen = state[4] != 0 };
}

/// Writes a decoder into its owner's memory.
pub fn save(decoder: Utf8Decoder, state: *[state_bytes]u8) void {
    state.* = @splat(0);
    state[0..3].* = decoder.pending;
    state[3] = decoder.pending_len;
    state[4] = @intFromBool(decoder.bom_seen);
}

const testing = std.testing;

test "sequences and the BOM may be split anywhere" {
    var arena_state = std.heap.ArenaAllocator.init(testing.allocator);
    defer arena_state.deinit();
    const arena = arena_state.allocator();
    const texts = [_][]const u8{ "\xEF\xBB\xBFa\u{20ac}\u{1f600}z", "\xF0\x9F\xE2\x82\xACx\xFF\xEF\xBB\xBF\xEF\xBB", "\xEF\xBB", "\xEF\xBBx" };
    for (texts) |text| {
        for ([_]bool{ false, true }) |ignore_bom| {
            var whole: Utf8Decoder = .{};
            const expected = try utf8.decodeWithReplacement(arena, try whole.take(arena, text, .{ .ignore_bom = ignore_bom }));
            for (0..text.len + 1) |first| for (first..text.len + 1) |second| {
                var decoder: Utf8Decoder = .{};
                var out: std.ArrayList(u8) = .empty;
                for ([_][]const u8{ text[0..first], text[first..second], text[second..] }) |piece| {
                    var state: [state_bytes]u8 = undefined;
                    decoder.save(&state);
                    decoder = load(&state);
                    const now = try decoder.take(arena, piece, .{ .ignore_bom = ignore_bom, .stream = true });
                    try out.appendSlice(arena, try utf8.decodeWithReplacement(arena, now));
                }
                const rest = try decoder.take(arena, "", .{ .ignore_bom = ignore_bom });
                try out.appendSlice(arena, try utf8.decodeWithReplacement(arena, rest));
                try testing.expectEqualStrings(expected, out.items);
                try testing.expectEqual(Utf8Decoder{}, decoder);
            };
        }
    }
}

test "an incomplete end waits only when more follows" {
    var arena_state = std.heap.ArenaAllocator.init(testing.allocator);
    defer arena_state.deinit();
    const arena = arena_state.allocator();
    var decoder: Utf8Decoder = .{};
    try testing.expectEqualStrings("a", try decoder.take(arena, "a\xE2", .{ .stream = true }));
    try testing.expectEqualStrings("\u{20ac}", try decoder.take(arena, "\x82\xAC", .{ .stream = true }));
    _ = try decoder.take(arena, "\xE2", .{ .stream = true });
    try testing.expectEqualStrings("\xE2", try decoder.take(arena, "", .{}));
    try testing.expectEqualStrings("", try decoder.take(arena, "\xEF\xBB\xBF", .{}));
    try testing.expectEqualStrings("\u{feff}", try decoder.take(arena, "\xEF\xBB\xBF", .{ .ignore_bom = true }));
}
