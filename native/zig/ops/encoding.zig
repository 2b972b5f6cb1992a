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
    if (encoding.ascii.isAscii(bytes.data)) return .{ .latin1 = bytes.data };
    var decoder: Utf8Decoder = .{};
    var options = @as(Flags, @bitCast(flags)).options();
    options.stream = false;
    return decode(call, &decoder, bytes.data, options);
}

fn decodeUtf8Stream(call: *op.Call, bytes: op.Bytes, flags: u32, state: op.BytesMut) op.Error!?op.EngineStr {
    const saved = try decoderState(call, state);
    var decoder: Utf8Decoder = .load(saved);
    defer decoder.save(saved);
    return decode(call, &decoder, bytes.data, @as(Flags, @bitCast(flags)).options());
}

/// Null when fatal input is ill-formed.
fn decode(call: *op.Call, decoder: *Utf8Decoder, bytes: []const u8, options: Utf8Decoder.Options) op.Error!?op.EngineStr {
    const text = decoder.decode(call.arena, bytes, options) catch |err| switch (err) {
        error.IllFormed => return null,
        error.OutOfMemory => return error.OutOfMemory,
    };
    return try engineText(call, text);
}

/// Well-formed UTF-8 in the form that V8 keeps it in: V8's own conversion takes a character at a time.
fn engineText(call: *op.Call, text: []const u8) op.Error!op.EngineStr {
    const len = encoding.utf8.utf16Len(text);
    if (encoding.latin1.isUtf8OfLatin1(text)) {
        if (len == text.len) return .{ .latin1 = text };
        const out = try call.arena.alloc(u8, len);
        return .{ .latin1 = out[0..encoding.latin1.fromUtf8(text, out).?] };
    }
    const out = try call.arena.alloc(u16, len);
    return .{ .utf16 = out[0..encoding.utf16.fromUtf8(text, out)] };
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

fn encodeUtf8(call: *op.Call, text: op.Str) op.Error!op.OwnedBytes {
    return .{ .data = try call.realm.allocator().dupe(u8, text.utf8) };
}

fn encodeUtf8Into(call: *op.Call, text: op.Str, destination: op.BytesMut, result: op.BytesMut) op.Error!void {
    if (result.data.len != 8) return call.fail(.range_error, "the result must have 2 words, got {d} bytes", .{result.data.len});
    const fits = text.utf8.len <= destination.data.len;
    if (fits) @memcpy(destination.data[0..text.utf8.len], text.utf8);
    const done: encoding.utf8.EncodeIntoResult = if (fits)
        .{ .read = std.math.maxInt(u32), .written = text.utf8.len }
    else
        encoding.utf8.encodeInto(text.utf8, destination.data);
    std.mem.writeInt(u32, result.data[0..4], std.math.lossyCast(u32, done.read), .little);
    std.mem.writeInt(u32, result.data[4..8], std.math.lossyCast(u32, done.written), .little);
}

fn decodeBase64(call: *op.Call, text: op.Str) op.Error!?op.EngineStr {
    const bytes = try call.arena.alloc(u8, encoding.base64.decodedLenMax(text.utf8.len));
    const len = encoding.base64.decode(text.utf8, bytes) orelse return null;
    return .{ .latin1 = bytes[0..len] };
}

fn encodeBase64(call: *op.Call, text: op.Str) op.Error!?op.EngineStr {
    const bytes = try call.arena.alloc(u8, text.utf8.len);
    const len = encoding.latin1.fromUtf8(text.utf8, bytes) orelse return null;
    const out = try call.arena.alloc(u8, encoding.base64.encodedLen(len));
    return .{ .latin1 = out[0..encoding.base64.encode(bytes[0..len], out)] };
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
        .doc = "Text to UTF-8 in given memory; result's two words: UTF-16 code units read (0xFFFFFFFF: all of them), bytes written.",
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
