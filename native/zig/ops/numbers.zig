//! Numbers that the web layer shares with the core and with the bridge: generate.zig writes them for it
//! (src-ts/internal/numbers.gen.ts), and those of the bridge for C++ too (core.gen.h).

const asymmetric = @import("asymmetric.zig");
const compression = @import("compression");
const crypto = @import("crypto");
const encoding_ops = @import("encoding.zig");
const http_ops = @import("http.zig");
const url = @import("url");

/// The internal slot that an object has, as the bridge's `classify` tells.
pub const ObjectKind = enum(i32) {
    ordinary,
    date,
    reg_exp,
    map,
    set,
    weak_map,
    weak_set,
    weak_ref,
    map_iterator,
    set_iterator,
    promise,
    proxy,
    array_buffer,
    shared_array_buffer,
    typed_array,
    data_view,
    native_error,
    arguments,
    boolean_object,
    number_object,
    string_object,
    symbol_object,
    big_int_object,
    generator_object,
    module_namespace,
    async_function,
    generator_function,
    async_generator_function,
    function,
    array,
    external,
    wasm_object,
};

/// How the bridge's `cloneShape` lets structuredClone take an object.
pub const CloneShape = enum(i32) {
    /// Has an internal slot, is callable or exotic.
    other,
    /// An ordinary object, perhaps of a class.
    object,
    /// Its enumerable string keys are all indices.
    array,
    array_with_names,
};

/// How a host function ended that a script called (native/v8-bridge/host_calls.h).
pub const HostAnswer = enum(i32) {
    /// With a result.
    value,
    /// It threw a value that is no error.
    thrown,
    /// It threw an error.
    failed,
};

const Enumeration = struct { name: []const u8, type: type, doc: []const u8 };

pub const enumerations = [_]Enumeration{
    .{ .name = "ObjectKind", .type = ObjectKind, .doc = "The internal slot that an object has." },
    .{ .name = "CloneShape", .type = CloneShape, .doc = "How structuredClone may take an object." },
    .{ .name = "HostAnswer", .type = HostAnswer, .doc = "How a host function ended: with a result, with a thrown value that is no error, with an error." },
    .{ .name = "UrlScheme", .type = url.Scheme, .doc = "The special schemes." },
    .{ .name = "UrlMember", .type = url.Member, .doc = "What url_set changes." },
    .{ .name = "Compression", .type = compression.Format, .doc = "Formats of compressed data." },
    .{ .name = "Hash", .type = crypto.Hash, .doc = "Hash functions; among SHA-2 a stronger one has a higher number." },
    .{ .name = "KeyPurpose", .type = crypto.Key.Purpose, .doc = "What a key is for." },
    .{ .name = "CipherMode", .type = crypto.cipher.Mode, .doc = "Ciphers; of AES its mode." },
    .{ .name = "Curve", .type = crypto.ec.Curve, .doc = "NIST's curves." },
    .{ .name = "KeyEncoding", .type = asymmetric.Encoding, .doc = "DER of a public key and of a private one." },
    .{ .name = "SignatureScheme", .type = asymmetric.Scheme, .doc = "How a key pair signs." },
    .{ .name = "RsaNumber", .type = crypto.rsa.Number, .doc = "A key's numbers, as a JWK has them." },
};

const Bits = struct { name: []const u8, type: type, doc: []const u8 };

/// Packed structs of booleans: one number, the sum of what holds.
pub const bits = [_]Bits{
    .{ .name = "DecodeFlags", .type = encoding_ops.Flags, .doc = "How bytes become text." },
    .{ .name = "FetchFlags", .type = http_ops.Flags, .doc = "How http_fetch sends." },
};

const Limit = struct { name: []const u8, value: u32, doc: []const u8 };

pub const limits = [_]Limit{
    .{ .name = "rsa_modulus_bits_max", .value = crypto.rsa.modulus_bits_max, .doc = "Of a key that is made here." },
    .{ .name = "lattice_context_bytes_max", .value = crypto.lattice.context_bytes_max, .doc = "FIPS 204, algorithm 2." },
};
