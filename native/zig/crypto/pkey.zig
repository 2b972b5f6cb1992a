//! What the asymmetric families share: SPKI and PKCS #8, numbers, contexts.
//!
//! Results come from the account's allocator; secrets that pass through OpenSSL's memory are wiped there.
//! Threads: any.

const std = @import("std");
const memory = @import("memory");
const openssl = @import("openssl.zig");
const Error = @import("error.zig").Error;

const ssl = openssl.api;
const Pkey = openssl.Pkey;

/// A DER SubjectPublicKeyInfo and nothing after it, of this key type.
pub fn fromSpki(name: [*:0]const u8, der: []const u8) Error!*Pkey {
    errdefer openssl.clearErrors();
    var position = der.ptr;
    const pkey = ssl.d2i_PUBKEY(null, &position, std.math.cast(c_long, der.len) orelse return error.InvalidKeyData) orelse
        return error.InvalidKeyData;
    errdefer ssl.EVP_PKEY_free(pkey);
    if (position != der.ptr + der.len or ssl.EVP_PKEY_is_a(pkey, name) != 1) return error.InvalidKeyData;
    return pkey;
}

/// A DER PrivateKeyInfo and nothing after it, of this key type.
pub fn fromPkcs8(name: [*:0]const u8, der: []const u8) Error!*Pkey {
    errdefer openssl.clearErrors();
    var position = der.ptr;
    const info = ssl.d2i_PKCS8_PRIV_KEY_INFO(null, &position, std.math.cast(c_long, der.len) orelse return error.InvalidKeyData) orelse
        return error.InvalidKeyData;
    defer ssl.PKCS8_PRIV_KEY_INFO_free(info);
    if (position != der.ptr + der.len) return error.InvalidKeyData;
    const pkey = ssl.EVP_PKCS82PKEY(info) orelse return error.InvalidKeyData;
    errdefer ssl.EVP_PKEY_free(pkey);
    if (ssl.EVP_PKEY_is_a(pkey, name) != 1) return error.InvalidKeyData;
    return pkey;
}

pub fn toSpki(account: *memory.Account, pkey: *const Pkey) Error![]u8 {
    var der: ?[*]u8 = null;
    const len = ssl.i2d_PUBKEY(pkey, &der);
    return takeDer(account, der, len);
}

pub fn toPkcs8(account: *memory.Account, pkey: *const Pkey) Error![]u8 {
    const info = ssl.EVP_PKEY2PKCS8(pkey) orelse {
        openssl.clearErrors();
        return error.OperationFailed;
    };
    defer ssl.PKCS8_PRIV_KEY_INFO_free(info);
    var der: ?[*]u8 = null;
    const len = ssl.i2d_PKCS8_PRIV_KEY_INFO(info, &der);
    return takeDer(account, der, len);
}

fn takeDer(account: *memory.Account, der: ?[*]u8, len: c_int) Error![]u8 {
    if (len <= 0) {
        openssl.clearErrors();
        return error.OperationFailed;
    }
    const size: usize = @intCast(len);
    defer ssl.CRYPTO_clear_free(der, size, "", 0);
    return account.allocator().dupe(u8, der.?[0..size]);
}

/// A key of its parts. Failure means that they do not fit together.
pub fn fromData(name: [*:0]const u8, selection: c_int, params: []const openssl.Param) Error!*Pkey {
    std.debug.assert(params[params.len - 1].key == null);
    const context = ssl.EVP_PKEY_CTX_new_from_name(null, name, null) orelse {
        openssl.clearErrors();
        return error.NotSupported;
    };
    defer ssl.EVP_PKEY_CTX_free(context);
    errdefer openssl.clearErrors();
    if (ssl.EVP_PKEY_fromdata_init(context) != 1) return error.NotSupported;
    var pkey: ?*Pkey = null;
    if (ssl.EVP_PKEY_fromdata(context, &pkey, selection, params.ptr) != 1) return error.InvalidKeyData;
    return pkey orelse error.InvalidKeyData;
}

/// Set by another thread when nobody wants the result any more.
pub const Cancelled = std.atomic.Value(bool);

pub fn generate(name: [*:0]const u8, params: []const openssl.Param) Error!*Pkey {
    return generateUnless(null, name, params);
}

/// As `generate`. OpenSSL asks between the steps of a search for primes, which takes minutes for the longest RSA keys.
pub fn generateUnless(cancelled: ?*const Cancelled, name: [*:0]const u8, params: []const openssl.Param) Error!*Pkey {
    std.debug.assert(params[params.len - 1].key == null);
    const context = ssl.EVP_PKEY_CTX_new_from_name(null, name, null) orelse {
        openssl.clearErrors();
        return error.NotSupported;
    };
    defer ssl.EVP_PKEY_CTX_free(context);
    errdefer openssl.clearErrors();
    if (ssl.EVP_PKEY_keygen_init(context) != 1) return error.NotSupported;
    if (params.len > 1 and ssl.EVP_PKEY_CTX_set_params(context, params.ptr) != 1) return error.OperationFailed;
    if (cancelled) |flag| {
        ssl.EVP_PKEY_CTX_set_app_data(context, @constCast(flag));
        ssl.EVP_PKEY_CTX_set_cb(context, shallGoOn);
    }
    var pkey: ?*Pkey = null;
    if (ssl.EVP_PKEY_generate(context, &pkey) != 1) {
        if (cancelled) |flag| if (flag.load(.monotonic)) return error.Cancelled;
        return error.OperationFailed;
    }
    return pkey orelse error.OperationFailed;
}

fn shallGoOn(context: *openssl.PkeyContext) callconv(.c) c_int {
    const flag: *const Cancelled = @ptrCast(@alignCast(ssl.EVP_PKEY_CTX_get_app_data(context).?));
    return @intFromBool(!flag.load(.monotonic));
}

/// The caller frees it.
pub fn newContext(pkey: *Pkey) Error!*openssl.PkeyContext {
    return ssl.EVP_PKEY_CTX_new_from_pkey(null, pkey, null) orelse {
        openssl.clearErrors();
        return error.OutOfMemory;
    };
}

pub const Check = enum { public, pair };

/// Whether the point is a usable one, or the private key is the public one's.
pub fn check(pkey: *Pkey, what: Check) Error!void {
    const context = try newContext(pkey);
    defer ssl.EVP_PKEY_CTX_free(context);
    const result = switch (what) {
        .public => ssl.EVP_PKEY_public_check_quick(context),
        .pair => ssl.EVP_PKEY_pairwise_check(context),
    };
    if (result == 1) return;
    openssl.clearErrors();
    return error.InvalidKeyData;
}

/// The key's number, big-endian: in `len` bytes, or with null in as few as it takes. Null: it has none.
pub fn number(account: *memory.Account, pkey: *const Pkey, name: [*:0]const u8, len: ?usize) Error!?[]u8 {
    var value: ?*openssl.Bignum = null;
    if (ssl.EVP_PKEY_get_bn_param(pkey, name, &value) != 1) {
        openssl.clearErrors();
        return null;
    }
    defer ssl.BN_clear_free(value);
    const bits: usize = @intCast(ssl.BN_num_bits(value.?));
    const size = len orelse @max(1, (bits + 7) / 8);
    const out = (try memory.HeapBuffer.init(account, size)).bytes;
    errdefer account.allocator().free(out);
    if (ssl.BN_bn2binpad(value.?, out.ptr, @intCast(size)) < 0) {
        openssl.clearErrors();
        return error.OperationFailed;
    }
    return out;
}

/// Big-endian to the little-endian that OSSL_PARAM wants; leading zeros go. `storage` holds the result.
pub fn littleEndian(storage: []u8, big_endian: []const u8) Error![]const u8 {
    const trimmed = std.mem.trimStart(u8, big_endian, &.{0});
    if (trimmed.len > storage.len) return error.InvalidKeyData;
    const out = storage[0..@max(1, trimmed.len)];
    out[0] = 0;
    for (trimmed, 0..) |byte, index| out[trimmed.len - 1 - index] = byte;
    return out;
}
