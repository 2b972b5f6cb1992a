//! Ops of the Encoding standard and of Infra's base64: a thin mirror of native/zig/encoding.

const std = @import("std");
const op = @import("op.zig");
const encoding = @import("encoding");

const LegacyDecoder = encoding.LegacyDecoder;
const Utf8Decoder = encoding.Utf8Decoder;

/// Bits of `flags`, as src-ts/web/encoding/decoders.ts has them.
const Flags = packed struct(u32) {
    fatal: bool,
    ignore_bom: bool,
    stream: bool,
    _: u29,

    fn options(flags: Flags) Utf8Decoder.Options {
        return .{ .fatal = flags.fatal, .ignore_bom = flags.ignore_bom, .stream = flags.stream };
    }
};

fn decodeUtf8(call: *op.Call, bytes: op.Bytes, flags: u32) op.Error!?op.EngineStr {
    var decoder: Utf8Decoder = .{};
    var options = @as(Flags, @bitCast(flags)).options();
    options.stream = false;
    return engineText(call, try decoder.take(call.arena, bytes.data, options), options.fatal);
}

fn decodeUtf8Stream(call: *op.Call, bytes: op.Bytes, flags: u32, state: op.BytesMut) op.Error!?op.EngineStr {
    const saved = try decoderState(call, state);
    var decoder: Utf8Decoder = .load(saved);
    const options = @as(Flags, @bitCast(flags)).options();
    const text = try engineText(call, try decoder.take(call.arena, bytes.data, options), options.fatal);
    if (text == null) decoder = .{};
    decoder.save(saved);
    return text;
}

/// UTF-8 in the form that V8 keeps it in, converted in one pass. Null when it is ill-formed and that is fatal.
fn engineText(call: *op.Call, text: []const u8, fatal: bool) op.Error!?op.EngineStr {
    const ascii_len = encoding.ascii.prefixLen(text);
    if (ascii_len == text.len) return .{ .latin1 = text };
    if (encoding.latin1.mayBeUtf8OfLatin1(text[ascii_len..])) {
        const out = try call.arena.alloc(u8, text.len);
        if (encoding.latin1.fromUtf8(text, out)) |len| return .{ .latin1 = out[0..len] };
    }
    const out = try call.arena.alloc(u16, text.len);
    return .{ .utf16 = out[0 .. encoding.utf16.fromUtf8(text, out, fatal) catch return null] };
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

fn encodeUtf8Into(call: *op.Call, text: op.EngineStr, destination: op.BytesMut, result: op.BytesMut) op.Error!void {
    if (result.data.len != 8) return call.fail(.range_error, "the result must have 2 words, got {d} bytes", .{result.data.len});
    const done = switch (text) {
        .latin1 => |bytes| encoding.latin1.toUtf8(bytes, destination.data),
        .utf16 => |units| encoding.utf16.toUtf8(units, destination.data, .kept),
    };
    std.mem.writeInt(u32, result.data[0..4], std.math.lossyCast(u32, done.read), .little);
    std.mem.writeInt(u32, result.data[4..8], std.math.lossyCast(u32, done.written), .little);
}

fn decodeBase64(call: *op.Call, text: op.EngineStr) op.Error!?op.EngineStr {
    const characters = try latin1Of(call, text) orelse return null;
    const bytes = try call.arena.alloc(u8, encoding.base64.decodedLenMax(characters.len));
    const len = encoding.base64.decode(characters, bytes) orelse return null;
    return .{ .latin1 = bytes[0..len] };
}

fn encodeBase64(call: *op.Call, text: op.EngineStr) op.Error!?op.EngineStr {
    const bytes = try latin1Of(call, text) orelse return null;
    const out = try call.arena.alloc(u8, encoding.base64.encodedLen(bytes.len));
    return .{ .latin1 = out[0..encoding.base64.encode(bytes, out)] };
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
        .doc = "UTF-8 to text at once. Flags: 1 fatal, 2 ignore BOM. Null when fatal input is ill-formed.",
    }),
    op.sync("text_decode_stream", decodeUtf8Stream, .{
        .args = &.{ "bytes", "flags", "state" },
        .doc = "UTF-8 to text, a piece at a time. Flags as text_decode's, 4 when more follows; state is 8 bytes, zero at first.",
    }),
    op.sync("text_decode_legacy", decodeLegacy, .{
        .args = &.{ "encoding", "bytes", "flags", "state" },
        .doc = "Bytes of another encoding (its number in labels.gen.ts) to text. Flags and state as text_decode_stream's. Null when fatal input is ill-formed.",
    }),
    op.sync("text_encode", encodeUtf8, .{ .args = &.{"text"}, .doc = "Text to UTF-8." }),
    op.sync("text_encode_into", encodeUtf8Into, .{
        .args = &.{ "text", "destination", "result" },
        .doc = "Text to UTF-8 in given memory; result's two words: UTF-16 code units read, bytes written.",
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
