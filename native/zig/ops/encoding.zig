//! Ops of the Encoding standard and of Infra's base64: a thin mirror of native/zig/encoding.

const std = @import("std");
const op = @import("op.zig");
const encoding = @import("encoding");

const LegacyDecoder = encoding.LegacyDecoder;
const Utf8Decoder = encoding.Utf8Decoder;

/// Bits of `flags`.
pub const Flags = packed struct(u32) {
    fatal: bool,
    ignore_bom: bool,
    stream: bool,
    _: u29,

    fn options(flags: Flags) Utf8Decoder.Options {
        return .{ .fatal = flags.fatal, .ignore_bom = flags.ignore_bom, .stream = flags.stream };
    }
};

fn decodeUtf8(call: *op.Call, bytes: op.Bytes, flags: u32) op.Error!?op.OwnedStr {
    var decoder: Utf8Decoder = .{};
    var options = @as(Flags, @bitCast(flags)).options();
    options.stream = false;
    return ownedText(call, try decoder.take(call.arena, bytes.data, options), options.fatal);
}

fn decodeUtf8Plain(call: *op.Call, bytes: op.PlainBytes, flags: u32) op.Error!?op.OwnedStr {
    return decodeUtf8(call, .{ .data = bytes.data }, flags);
}

fn decodeUtf8Stream(call: *op.Call, bytes: op.Bytes, flags: u32, state: op.BytesMut) op.Error!?op.OwnedStr {
    const saved = try decoderState(call, state);
    var decoder: Utf8Decoder = .load(saved);
    const options = @as(Flags, @bitCast(flags)).options();
    const text = try ownedText(call, try decoder.take(call.arena, bytes.data, options), options.fatal);
    if (text == null) decoder = .{};
    decoder.save(saved);
    return text;
}

/// From here on a string owns its characters: V8 would copy them into pages that it clears first.
const owned_bytes_min = 64 << 10;

/// Garbage counts against the realm's limit too until V8 collects, which it does for its own heap's sake only: so the
/// second half of the limit is left to that.
fn mayOwn(call: *op.Call, bytes: usize) bool {
    if (bytes < owned_bytes_min) return false;
    const stats = call.realm.account.stats();
    return stats.used_bytes +| bytes <= stats.limit_bytes / 2;
}

/// UTF-8 in the form that V8 keeps it in, converted in one pass. Null when it is ill-formed and that is fatal.
fn ownedText(call: *op.Call, text: []const u8, fatal: bool) op.Error!?op.OwnedStr {
    if (try latin1OfUtf8(call.arena, text)) |latin1| return .{ .borrowed = .{ .latin1 = latin1 } };
    if (!mayOwn(call, text.len * 2)) {
        const out = try call.arena.alloc(u16, text.len);
        return .{ .borrowed = .{ .utf16 = out[0 .. encoding.utf16.fromUtf8(text, out, fatal) catch return null] } };
    }
    const gpa = call.realm.allocator();
    const out = try gpa.alloc(u16, text.len);
    const len = encoding.utf16.fromUtf8(text, out, fatal) catch {
        gpa.free(out);
        return null;
    };
    if (len >= out.len / 2) return .{ .utf16 = .{ .data = out, .len = len } };
    // Nobody should keep so much more than the text needs.
    defer gpa.free(out);
    return .{ .borrowed = .{ .utf16 = try call.arena.dupe(u16, out[0..len]) } };
}

/// Null when there is a character above U+00FF; else `text` itself or memory of `arena`.
fn latin1OfUtf8(arena: std.mem.Allocator, text: []const u8) error{OutOfMemory}!?[]const u8 {
    const ascii_len = encoding.ascii.prefixLen(text);
    if (ascii_len == text.len) return text;
    if (!encoding.latin1.mayBeUtf8OfLatin1(text[ascii_len..])) return null;
    const out = try arena.alloc(u8, text.len);
    return if (encoding.latin1.fromUtf8(text, out)) |len| out[0..len] else null;
}

/// Well-formed UTF-8 in the form that V8 keeps it in, in memory of `arena`.
pub fn engineText(arena: std.mem.Allocator, text: []const u8) error{OutOfMemory}!op.EngineStr {
    if (try latin1OfUtf8(arena, text)) |latin1| {
        return .{ .latin1 = if (latin1.ptr == text.ptr) try arena.dupe(u8, latin1) else latin1 };
    }
    const out = try arena.alloc(u16, text.len);
    return .{ .utf16 = out[0 .. encoding.utf16.fromUtf8(text, out, false) catch unreachable] };
}

fn decodeLegacy(call: *op.Call, number: u32, bytes: op.Bytes, flags: u32, state: op.BytesMut) op.Error!?op.EngineStr {
    const which = std.enums.fromInt(encoding.Encoding, number) orelse return call.fail(.range_error, "no encoding has the number {d}", .{number});
    if (which == .utf_8) return call.fail(.range_error, "UTF-8 is text_decode's", .{});
    const saved = try decoderState(call, state);
    var decoder: LegacyDecoder = .restore(saved);
    defer saved.* = decoder.save();
    if (LegacyDecoder.isAsciiCompatible(which) and decoder.isNew() and encoding.ascii.isAscii(bytes.data)) return .{ .latin1 = bytes.data };
    const out = try call.arena.alloc(u16, bytes.data.len + LegacyDecoder.pending_bytes_max);
    const text = decoder.decode(which, bytes.data, out, @as(Flags, @bitCast(flags)).options()) catch return null;
    return .{ .utf16 = text };
}

fn decoderState(call: *op.Call, state: op.BytesMut) op.Error!*[Utf8Decoder.state_bytes]u8 {
    if (state.data.len != Utf8Decoder.state_bytes) {
        return call.fail(.range_error, "the decoder's state must have {d} bytes, got {d}", .{ Utf8Decoder.state_bytes, state.data.len });
    }
    return state.data[0..Utf8Decoder.state_bytes];
}

comptime {
    std.debug.assert(LegacyDecoder.state_bytes == Utf8Decoder.state_bytes);
}

fn encodeUtf8(call: *op.Call, text: op.EngineStr) op.Error!op.OwnedBytes {
    const gpa = call.realm.allocator();
    const out = try gpa.alloc(u8, switch (text) {
        .latin1 => |bytes| encoding.latin1.utf8Len(bytes),
        .utf16 => |units| encoding.utf16.utf8Len(units),
    });
    _ = switch (text) {
        .latin1 => |bytes| encoding.latin1.toUtf8(bytes, out),
        .utf16 => |units| encoding.utf16.toUtf8(units, out, .scratch),
    };
    return .{ .data = out };
}

/// How many code units text_encode_into takes at once: its result is exact then.
const into_units_max = 1 << 21;
const into_read_factor = 1 << 23;

fn encodeUtf8Into(call: *op.Call, text: op.EngineStr, destination: op.PlainBytesMut) op.Error!f64 {
    const done = switch (text) {
        .latin1 => |bytes| encoding.latin1.toUtf8(bytes[0..try checkedUnits(call, bytes.len)], destination.data),
        .utf16 => |units| encoding.utf16.toUtf8(units[0..try checkedUnits(call, units.len)], destination.data, .kept),
    };
    // Of ASCII: a small integer, which V8 need not allocate.
    return @floatFromInt(if (done.read == done.written) done.written else done.read * into_read_factor + done.written);
}

fn checkedUnits(call: *op.Call, len: usize) op.Error!usize {
    if (len > into_units_max) return call.fail(.range_error, "text_encode_into takes {d} code units at most, got {d}", .{ into_units_max, len });
    return len;
}

fn decodeBase64(call: *op.Call, text: op.EngineStr) op.Error!?op.OwnedStr {
    const characters = try latin1Of(call, text) orelse return null;
    const room = encoding.base64.decodedLenMax(characters.len);
    if (!mayOwn(call, room)) {
        const bytes = try call.arena.alloc(u8, room);
        const len = encoding.base64.decode(characters, bytes) orelse return null;
        return .{ .borrowed = .{ .latin1 = bytes[0..len] } };
    }
    const gpa = call.realm.allocator();
    const bytes = try gpa.alloc(u8, room);
    if (encoding.base64.decode(characters, bytes)) |len| return .{ .latin1 = .{ .data = bytes, .len = len } };
    gpa.free(bytes);
    return null;
}

fn encodeBase64(call: *op.Call, text: op.EngineStr) op.Error!?op.OwnedStr {
    const bytes = try latin1Of(call, text) orelse return null;
    const len = encoding.base64.encodedLen(bytes.len);
    if (!mayOwn(call, len)) {
        const out = try call.arena.alloc(u8, len);
        return .{ .borrowed = .{ .latin1 = out[0..encoding.base64.encode(bytes, out)] } };
    }
    const out = try call.realm.allocator().alloc(u8, len);
    return .{ .latin1 = .{ .data = out, .len = encoding.base64.encode(bytes, out) } };
}

/// Null when there is a character above U+00FF.
fn latin1Of(call: *op.Call, text: op.EngineStr) op.Error!?[]const u8 {
    switch (text) {
        .latin1 => |bytes| return bytes,
        .utf16 => |units| {
            const bytes = try call.arena.alloc(u8, units.len);
            return if (encoding.latin1.fromUtf16(units, bytes)) bytes else null;
        },
    }
}

pub const table = [_]op.Op{
    op.sync("text_decode", decodeUtf8, .{
        .args = &.{ "bytes", "flags" },
        .doc = "UTF-8 to text at once. Flags: DecodeFlags. Null when fatal input is ill-formed.",
    }),
    op.sync("text_decode_plain", decodeUtf8Plain, .{
        .args = &.{ "bytes", "flags" },
        .doc = "As text_decode, of a Uint8Array whose memory is neither shared nor resizable; undefined with anything else.",
    }),
    op.sync("text_decode_stream", decodeUtf8Stream, .{
        .args = &.{ "bytes", "flags", "state" },
        .doc = "UTF-8 to text, a piece at a time. Flags as text_decode's, Stream when more follows; state is 8 bytes, zero at first.",
    }),
    op.sync("text_decode_legacy", decodeLegacy, .{
        .args = &.{ "encoding", "bytes", "flags", "state" },
        .doc = "Bytes of another encoding (its number in labels.gen.ts) to text. Flags and state as text_decode_stream's. Null when fatal input is ill-formed.",
    }),
    op.sync("text_encode", encodeUtf8, .{ .args = &.{"text"}, .doc = "Text to UTF-8." }),
    op.sync("text_encode_into", encodeUtf8Into, .{
        .args = &.{ "text", "destination" },
        .doc = "At most 2^21 code units as UTF-8 into a Uint8Array whose memory is neither shared nor resizable: code units read times 2^23 plus bytes written, or just these when they are as many; undefined with anything else.",
    }),
    op.sync("base64_decode", decodeBase64, .{
        .args = &.{"text"},
        .doc = "Forgiving-base64 decode: each byte as the character with its number, or null for failure.",
    }),
    op.sync("base64_encode", encodeBase64, .{
        .args = &.{"text"},
        .doc = "Base64 of text whose characters stand for bytes; null when one is above U+00FF.",
    }),
};

const TestRealm = @import("test_realm.zig");
const testing = std.testing;

const fatal_bit: u32 = 1;
const ignore_bom_bit: u32 = 2;
const stream_bit: u32 = 4;

fn utf16(comptime text: []const u8) []const u16 {
    return std.unicode.utf8ToUtf16LeStringLiteral(text);
}

test "UTF-8 to text: in V8's narrow form where it fits; byte order marks; what is ill-formed" {
    var realm: TestRealm = undefined;
    try realm.init(.{});
    defer realm.deinit();
    inline for (.{ "text_decode", "text_decode_plain" }) |name| {
        try testing.expectEqualStrings("abc", (try realm.call(name, .{ "abc", 0 })).text);
        try testing.expectEqualStrings("\u{e9}\u{ff}", (try realm.call(name, .{ "\u{e9}\u{ff}", 0 })).text);
        try testing.expectEqualSlices(u16, utf16("\u{20ac}\u{1f600}"), (try realm.call(name, .{ "\u{20ac}\u{1f600}", 0 })).utf16);
        try testing.expectEqualStrings("a", (try realm.call(name, .{ "\u{feff}a", 0 })).text);
        try testing.expectEqualSlices(u16, utf16("\u{feff}a"), (try realm.call(name, .{ "\u{feff}a", ignore_bom_bit })).utf16);
        try testing.expectEqualSlices(u16, utf16("a\u{fffd}"), (try realm.call(name, .{ "a\xe2\x82", 0 })).utf16);
        try testing.expectEqual(.null, try realm.call(name, .{ "a\xe2\x82", fatal_bit }));
        // A call of its own is no stream.
        try testing.expectEqual(.null, try realm.call(name, .{ "a\xe2\x82", fatal_bit | stream_bit }));
    }
}

test "a stream of UTF-8: a character in two pieces; failure begins anew; a state of the wrong size" {
    var realm: TestRealm = undefined;
    try realm.init(.{});
    defer realm.deinit();
    var state: [8]u8 = @splat(0);
    try testing.expectEqualStrings("a", (try realm.call("text_decode_stream", .{ "\u{feff}a\xe2\x82", fatal_bit | stream_bit, &state })).text);
    try testing.expectEqualSlices(u16, utf16("\u{20ac}"), (try realm.call("text_decode_stream", .{ "\xac", fatal_bit | stream_bit, &state })).utf16);
    try testing.expectEqual(.null, try realm.call("text_decode_stream", .{ "\xff", fatal_bit | stream_bit, &state }));
    // A mark at the beginning is none of the text: it begins again.
    try testing.expectEqualStrings("b", (try realm.call("text_decode_stream", .{ "\u{feff}b", fatal_bit, &state })).text);
    const failure = try realm.expectFailure("RangeError", "text_decode_stream", .{ "a", 0, state[0..7] });
    try testing.expectEqualStrings("the decoder's state must have 8 bytes, got 7", failure.message);
}

test "other encodings: by number, with a state, fatal or not" {
    var realm: TestRealm = undefined;
    try realm.init(.{});
    defer realm.deinit();
    var state: [8]u8 = @splat(0);
    const Encoding = encoding.Encoding;
    try testing.expectEqualStrings("abc", (try realm.call("text_decode_legacy", .{ Encoding.shift_jis, "abc", 0, &state })).text);
    try testing.expectEqualSlices(u16, &.{}, (try realm.call("text_decode_legacy", .{ Encoding.shift_jis, "\x82", stream_bit, &state })).utf16);
    try testing.expectEqualSlices(u16, utf16("\u{3042}"), (try realm.call("text_decode_legacy", .{ Encoding.shift_jis, "\xa0", 0, &state })).utf16);
    try testing.expectEqual(.null, try realm.call("text_decode_legacy", .{ Encoding.shift_jis, "\x82", fatal_bit, &state }));
    const unknown = try realm.expectFailure("RangeError", "text_decode_legacy", .{ 999, "a", 0, &state });
    try testing.expectEqualStrings("no encoding has the number 999", unknown.message);
    _ = try realm.expectFailure("RangeError", "text_decode_legacy", .{ Encoding.utf_8, "a", 0, &state });
    _ = try realm.expectFailure("RangeError", "text_decode_legacy", .{ Encoding.shift_jis, "a", 0, "" });
}

test "text to UTF-8, into memory of its own or into what there is" {
    var realm: TestRealm = undefined;
    try realm.init(.{});
    defer realm.deinit();
    try testing.expectEqualStrings("\u{e9}a", (try realm.call("text_encode", .{"\xe9a"})).bytes);
    try testing.expectEqualStrings("\u{20ac}\u{fffd}", (try realm.call("text_encode", .{@as([]const u16, &.{ 0x20ac, 0xd800 })})).bytes);
    try testing.expectEqualStrings("", (try realm.call("text_encode", .{""})).bytes);

    var room: [4]u8 = @splat('.');
    // ASCII: as many read as written.
    try testing.expectEqual(3, (try realm.call("text_encode_into", .{ "abc", &room })).number);
    try testing.expectEqualStrings("abc.", &room);
    // Characters are not cut: two code units were read and four bytes written, then one of three bytes did not fit.
    const given = (try realm.call("text_encode_into", .{ @as([]const u16, &.{ 0xd83d, 0xde00, 0x20ac }), &room })).number;
    try testing.expectEqual(2 * into_read_factor + 4, given);
    try testing.expectEqualStrings("\u{1f600}", &room);
    try testing.expectEqual(1 * into_read_factor + 2, (try realm.call("text_encode_into", .{ "\xe9\xe9", room[0..3] })).number);
    const long = try testing.allocator.alloc(u8, into_units_max + 1);
    defer testing.allocator.free(long);
    @memset(long, 'a');
    _ = try realm.expectFailure("RangeError", "text_encode_into", .{ long, &room });
    try testing.expectEqual(4, (try realm.call("text_encode_into", .{ long[1..], &room })).number);
}

test "base64: bytes as characters; failures; characters that are no bytes" {
    var realm: TestRealm = undefined;
    try realm.init(.{});
    defer realm.deinit();
    try testing.expectEqualStrings("/+8A", (try realm.call("base64_encode", .{"\xff\xef\x00"})).text);
    try testing.expectEqualStrings("/w==", (try realm.call("base64_encode", .{@as([]const u16, &.{0xff})})).text);
    try testing.expectEqual(.null, try realm.call("base64_encode", .{@as([]const u16, &.{0x100})}));
    try testing.expectEqualStrings("\u{ff}\u{ef}\x00", (try realm.call("base64_decode", .{" /+8\tA"})).text);
    try testing.expectEqualStrings("a", (try realm.call("base64_decode", .{utf16("YQ")})).text);
    try testing.expectEqual(.null, try realm.call("base64_decode", .{"Y"}));
    try testing.expectEqual(.null, try realm.call("base64_decode", .{utf16("\u{20ac}")}));
}

test "long text owns its characters, unless it needs far fewer or half of the limit is used; nothing stays" {
    var realm: TestRealm = undefined;
    try realm.init(.{});
    defer realm.deinit();
    const bytes = try testing.allocator.alloc(u8, 300_000);
    defer testing.allocator.free(bytes);
    // U+20AC, 100,000 times: a third as many code units as bytes, so a copy of what is needed.
    for (0..100_000) |index| bytes[3 * index ..][0..3].* = "\u{20ac}".*;
    try testing.expectEqual(100_000, (try realm.call("text_decode", .{ bytes, 0 })).utf16.len);
    try testing.expectEqual(0, realm.account.stats().used_bytes);
    // Nearly all ASCII: owned.
    @memset(bytes, 'a');
    bytes[0..3].* = "\u{20ac}".*;
    try testing.expectEqual(299_998, (try realm.call("text_decode", .{ bytes, 0 })).utf16.len);
    bytes[299_999] = 0xff;
    try testing.expectEqual(.null, try realm.call("text_decode", .{ bytes, fatal_bit }));
    @memset(bytes, 'A');
    try testing.expectEqual(225_000, (try realm.call("base64_decode", .{bytes})).text.len);
    bytes[299_999] = '*';
    try testing.expectEqual(.null, try realm.call("base64_decode", .{bytes}));
    try testing.expectEqual(400_000, (try realm.call("base64_encode", .{bytes})).text.len);
    try testing.expectEqual(0, realm.account.stats().used_bytes);
}

test "at its memory limit converting throws a RangeError, and then works again" {
    var realm: TestRealm = undefined;
    try realm.init(.{});
    defer realm.deinit();
    const wide = "\u{20ac}a" ** 20_000;
    try testing.expectEqual(40_000, (try realm.callWithLittleMemory("text_decode", .{ wide, 0 })).utf16.len);
    var state: [8]u8 = @splat(0);
    try testing.expectEqual(40_000, (try realm.callWithLittleMemory("text_decode_stream", .{ wide, 0, &state })).utf16.len);
    @memset(&state, 0);
    try testing.expectEqual(40_000, (try realm.callWithLittleMemory("text_decode_legacy", .{ encoding.Encoding.windows_1252, "\x80a" ** 20_000, 0, &state })).utf16.len);
    try testing.expectEqual(100_000, (try realm.callWithLittleMemory("text_encode", .{"a" ** 100_000})).bytes.len);
    try testing.expectEqual(100_000, (try realm.callWithLittleMemory("base64_encode", .{"a" ** 75_000})).text.len);
    try testing.expectEqual(75_000, (try realm.callWithLittleMemory("base64_decode", .{"AAAA" ** 25_000})).text.len);
}
