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
