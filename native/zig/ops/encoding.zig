//! Ops of the Encoding standard and of Infra's base64: a thin mirror of native/zig/encoding.

const std = @import("std");
const op = @import("op.zig");
const encoding = @import("encoding");

const Utf8Decoder = encoding.Utf8Decoder;

/// Bits of `flags`, as src-ts/web/encoding/TextDecoder.ts has them.
const Flags = packed struct(u32) {
    fatal: bool,
    ignore_bom: bool,
    stream: bool,
    _: u29,

    fn options(flags: Flags) Utf8Decoder.Options {
        return .{ .fatal = flags.fatal, .ignore_bom = flags.ignore_bom, .stream = flags.stream };
    }
};

fn decodeUtf8(call: *op.Call, bytes: op.Bytes, flags: u32) op.Error!?op.Str {
    var decoder: Utf8Decoder = .{};
    var options = @as(Flags, @bitCast(flags)).options();
    options.stream = false;
    return decode(call, &decoder, bytes.data, options);
}

fn decodeUtf8Stream(call: *op.Call, bytes: op.Bytes, flags: u32, state: op.BytesMut) op.Error!?op.Str {
    if (state.data.len != Utf8Decoder.state_bytes) {
        return call.fail(.range_error, "the decoder's state must have {d} bytes, got {d}", .{ Utf8Decoder.state_bytes, state.data.len });
    }
    const saved = state.data[0..Utf8Decoder.state_bytes];
    var decoder: Utf8Decoder = .load(saved);
    defer decoder.save(saved);
    return decode(call, &decoder, bytes.data, @as(Flags, @bitCast(flags)).options());
}

/// Null when fatal input is ill-formed.
fn decode(call: *op.Call, decoder: *Utf8Decoder, bytes: []const u8, options: Utf8Decoder.Options) op.Error!?op.Str {
    const text = decoder.decode(call.arena, bytes, options) catch |err| switch (err) {
        error.IllFormed => return null,
        error.OutOfMemory => return error.OutOfMemory,
    };
    return .{ .utf8 = text };
}

fn encodeUtf8(call: *op.Call, text: op.Str) op.Error!op.OwnedBytes {
    return .{ .data = try call.realm.allocator().dupe(u8, text.utf8) };
}

fn encodeUtf8Into(call: *op.Call, text: op.Str, destination: op.BytesMut, result: op.BytesMut) op.Error!void {
    if (result.data.len != 8) return call.fail(.range_error, "the result must have 2 words, got {d} bytes", .{result.data.len});
    const done = encoding.utf8.encodeInto(text.utf8, destination.data);
    std.mem.writeInt(u32, result.data[0..4], std.math.lossyCast(u32, done.read), .little);
    std.mem.writeInt(u32, result.data[4..8], std.math.lossyCast(u32, done.written), .little);
}

fn decodeBase64(call: *op.Call, text: op.Str) op.Error!?op.Str {
    const bytes = try call.arena.alloc(u8, encoding.base64.decodedLenMax(text.utf8.len));
    const len = encoding.base64.decode(text.utf8, bytes) orelse return null;
    const out = try call.arena.alloc(u8, encoding.latin1.utf8Len(bytes[0..len]));
    return .{ .utf8 = out[0..encoding.latin1.toUtf8(bytes[0..len], out)] };
}

fn encodeBase64(call: *op.Call, text: op.Str) op.Error!?op.Str {
    const bytes = try call.arena.alloc(u8, text.utf8.len);
    const len = encoding.latin1.fromUtf8(text.utf8, bytes) orelse return null;
    const out = try call.arena.alloc(u8, encoding.base64.encodedLen(len));
    return .{ .utf8 = out[0..encoding.base64.encode(bytes[0..len], out)] };
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
