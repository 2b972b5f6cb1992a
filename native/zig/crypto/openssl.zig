//! OpenSSL's libcrypto, as the Node process exports it: everything this project calls, and nothing else.
//!
//! `load` looks every function up in the running process, once: one object file then serves OpenSSL 3.0
//! (Node 20) and 3.5 (Node 22 and later), and programs without libcrypto (the generator of the op table,
//! the other modules' tests) still link. Calls through `api` cost what calls into a shared library do.
//!
//! This module's tests load the system's libcrypto.so.3 where there is one and are skipped elsewhere.
//!
//! Threads: OpenSSL's objects may move between threads, a context is used by one at a time; the error queue
//! is per thread, and every failure path clears it (`clearErrors`).

const std = @import("std");
const ProcessLibrary = @import("process_library").ProcessLibrary;

pub const Md = opaque {};
pub const MdContext = opaque {};
pub const Cipher = opaque {};
pub const CipherContext = opaque {};
pub const Kdf = opaque {};
pub const KdfContext = opaque {};
pub const Pkey = opaque {};
pub const PkeyContext = opaque {};
pub const Bignum = opaque {};
pub const Pkcs8 = opaque {};
pub const LibraryContext = opaque {};
pub const Engine = opaque {};

/// OSSL_PARAM (openssl/core.h).
pub const Param = extern struct {
    key: ?[*:0]const u8,
    data_type: c_uint,
    data: ?*anyopaque,
    data_size: usize,
    return_size: usize = std.math.maxInt(usize),

    const type_integer = 1;
    const type_unsigned_integer = 2;
    const type_utf8_string = 4;
    const type_octet_string = 5;

    pub const end: Param = .{ .key = null, .data_type = 0, .data = null, .data_size = 0, .return_size = 0 };

    pub fn utf8(key: [*:0]const u8, text: [:0]const u8) Param {
        return .{ .key = key, .data_type = type_utf8_string, .data = @constCast(text.ptr), .data_size = text.len };
    }

    pub fn octets(key: [*:0]const u8, bytes: []const u8) Param {
        // A null pointer means "absent" to some providers, also when the length is 0.
        const address = if (bytes.len == 0) "" else bytes.ptr;
        return .{ .key = key, .data_type = type_octet_string, .data = @constCast(address), .data_size = bytes.len };
    }

    /// A number in native byte order: little-endian on every machine we build for.
    pub fn number(key: [*:0]const u8, little_endian: []const u8) Param {
        return .{ .key = key, .data_type = type_unsigned_integer, .data = @constCast(little_endian.ptr), .data_size = little_endian.len };
    }

    pub fn unsigned(key: [*:0]const u8, value: *const u64) Param {
        return number(key, std.mem.asBytes(value));
    }

    pub fn integer(key: [*:0]const u8, value: *const c_int) Param {
        return .{ .key = key, .data_type = type_integer, .data = @constCast(value), .data_size = @sizeOf(c_int) };
    }
};

// EVP_CIPHER_CTX_ctrl.
pub const ctrl_aead_set_iv_len = 0x9;
pub const ctrl_aead_get_tag = 0x10;
pub const ctrl_aead_set_tag = 0x11;
/// EVP_CIPHER_CTX_FLAG_WRAP_ALLOW
pub const cipher_flag_wrap_allow = 0x1;

/// OpenSSL_version: such as "3.5.9".
pub const version_string = 6;

// EVP_PKEY selections (openssl/evp.h).
pub const selection_public = 0x86; // EVP_PKEY_PUBLIC_KEY: parameters and public key
pub const selection_pair = 0x87; // EVP_PKEY_KEYPAIR

/// A field a function, named as in OpenSSL. Optional: only newer versions have it.
pub const Api = struct {
    OpenSSL_version: *const fn (c_int) callconv(.c) [*:0]const u8,
    ERR_clear_error: *const fn () callconv(.c) void,
    ERR_peek_last_error: *const fn () callconv(.c) c_ulong,
    OPENSSL_cleanse: *const fn ([*]u8, usize) callconv(.c) void,
    CRYPTO_memcmp: *const fn ([*]const u8, [*]const u8, usize) callconv(.c) c_int,
    CRYPTO_free: *const fn (?*anyopaque, [*:0]const u8, c_int) callconv(.c) void,
    CRYPTO_clear_free: *const fn (?*anyopaque, usize, [*:0]const u8, c_int) callconv(.c) void,
    RAND_bytes: *const fn ([*]u8, c_int) callconv(.c) c_int,
    EVP_MD_fetch: *const fn (?*LibraryContext, [*:0]const u8, ?[*:0]const u8) callconv(.c) ?*Md,
    EVP_MD_CTX_new: *const fn () callconv(.c) ?*MdContext,
    EVP_MD_CTX_free: *const fn (?*MdContext) callconv(.c) void,
    EVP_DigestInit_ex: *const fn (*MdContext, ?*const Md, ?*Engine) callconv(.c) c_int,
    EVP_DigestUpdate: *const fn (*MdContext, [*]const u8, usize) callconv(.c) c_int,
    EVP_DigestFinal_ex: *const fn (*MdContext, [*]u8, ?*c_uint) callconv(.c) c_int,
    // The hash functions without EVP, whose state is a plain structure. Deprecated: a later OpenSSL may not have them.
    SHA1_Init: ?*const fn (*anyopaque) callconv(.c) c_int,
    SHA1_Update: ?*const fn (*anyopaque, [*]const u8, usize) callconv(.c) c_int,
    SHA1_Final: ?*const fn ([*]u8, *anyopaque) callconv(.c) c_int,
    SHA256_Init: ?*const fn (*anyopaque) callconv(.c) c_int,
    SHA256_Update: ?*const fn (*anyopaque, [*]const u8, usize) callconv(.c) c_int,
    SHA256_Final: ?*const fn ([*]u8, *anyopaque) callconv(.c) c_int,
    SHA384_Init: ?*const fn (*anyopaque) callconv(.c) c_int,
    SHA384_Update: ?*const fn (*anyopaque, [*]const u8, usize) callconv(.c) c_int,
    SHA384_Final: ?*const fn ([*]u8, *anyopaque) callconv(.c) c_int,
    SHA512_Init: ?*const fn (*anyopaque) callconv(.c) c_int,
    SHA512_Update: ?*const fn (*anyopaque, [*]const u8, usize) callconv(.c) c_int,
    SHA512_Final: ?*const fn ([*]u8, *anyopaque) callconv(.c) c_int,
    EVP_CIPHER_fetch: *const fn (?*LibraryContext, [*:0]const u8, ?[*:0]const u8) callconv(.c) ?*Cipher,
    EVP_CIPHER_CTX_new: *const fn () callconv(.c) ?*CipherContext,
    EVP_CIPHER_CTX_free: *const fn (?*CipherContext) callconv(.c) void,
    EVP_CIPHER_CTX_ctrl: *const fn (*CipherContext, c_int, c_int, ?*anyopaque) callconv(.c) c_int,
    EVP_CIPHER_CTX_set_flags: *const fn (*CipherContext, c_int) callconv(.c) void,
    EVP_CipherInit_ex: *const fn (*CipherContext, ?*const Cipher, ?*Engine, ?[*]const u8, ?[*]const u8, c_int) callconv(.c) c_int,
    EVP_CipherUpdate: *const fn (*CipherContext, ?[*]u8, *c_int, [*]const u8, c_int) callconv(.c) c_int,
    EVP_CipherFinal_ex: *const fn (*CipherContext, [*]u8, *c_int) callconv(.c) c_int,
    EVP_KDF_fetch: *const fn (?*LibraryContext, [*:0]const u8, ?[*:0]const u8) callconv(.c) ?*Kdf,
    EVP_KDF_CTX_new: *const fn (*Kdf) callconv(.c) ?*KdfContext,
    EVP_KDF_CTX_free: *const fn (?*KdfContext) callconv(.c) void,
    EVP_KDF_derive: *const fn (*KdfContext, [*]u8, usize, [*]const Param) callconv(.c) c_int,
    EVP_PKEY_free: *const fn (?*Pkey) callconv(.c) void,
    EVP_PKEY_is_a: *const fn (*const Pkey, [*:0]const u8) callconv(.c) c_int,
    EVP_PKEY_get_bits: *const fn (*const Pkey) callconv(.c) c_int,
    EVP_PKEY_get_size: *const fn (*const Pkey) callconv(.c) c_int,
    EVP_PKEY_get_bn_param: *const fn (*const Pkey, [*:0]const u8, *?*Bignum) callconv(.c) c_int,
    EVP_PKEY_get_octet_string_param: *const fn (*const Pkey, [*:0]const u8, ?[*]u8, usize, ?*usize) callconv(.c) c_int,
    EVP_PKEY_get_utf8_string_param: *const fn (*const Pkey, [*:0]const u8, [*]u8, usize, ?*usize) callconv(.c) c_int,
    EVP_PKEY_new_raw_private_key_ex: *const fn (?*LibraryContext, [*:0]const u8, ?[*:0]const u8, [*]const u8, usize) callconv(.c) ?*Pkey,
    EVP_PKEY_new_raw_public_key_ex: *const fn (?*LibraryContext, [*:0]const u8, ?[*:0]const u8, [*]const u8, usize) callconv(.c) ?*Pkey,
    EVP_PKEY_get_raw_private_key: *const fn (*const Pkey, ?[*]u8, *usize) callconv(.c) c_int,
    EVP_PKEY_get_raw_public_key: *const fn (*const Pkey, ?[*]u8, *usize) callconv(.c) c_int,
    EVP_PKEY_CTX_new_from_name: *const fn (?*LibraryContext, [*:0]const u8, ?[*:0]const u8) callconv(.c) ?*PkeyContext,
    EVP_PKEY_CTX_new_from_pkey: *const fn (?*LibraryContext, *Pkey, ?[*:0]const u8) callconv(.c) ?*PkeyContext,
    EVP_PKEY_CTX_free: *const fn (?*PkeyContext) callconv(.c) void,
    EVP_PKEY_CTX_set_params: *const fn (*PkeyContext, [*]const Param) callconv(.c) c_int,
    EVP_PKEY_CTX_set_cb: *const fn (*PkeyContext, ?*const fn (*PkeyContext) callconv(.c) c_int) callconv(.c) void,
    EVP_PKEY_CTX_set_app_data: *const fn (*PkeyContext, ?*anyopaque) callconv(.c) void,
    EVP_PKEY_CTX_get_app_data: *const fn (*PkeyContext) callconv(.c) ?*anyopaque,
    EVP_PKEY_fromdata_init: *const fn (*PkeyContext) callconv(.c) c_int,
    EVP_PKEY_fromdata: *const fn (*PkeyContext, *?*Pkey, c_int, [*]const Param) callconv(.c) c_int,
    EVP_PKEY_keygen_init: *const fn (*PkeyContext) callconv(.c) c_int,
    EVP_PKEY_generate: *const fn (*PkeyContext, *?*Pkey) callconv(.c) c_int,
    EVP_PKEY_public_check_quick: *const fn (*PkeyContext) callconv(.c) c_int,
    EVP_PKEY_pairwise_check: *const fn (*PkeyContext) callconv(.c) c_int,
    EVP_PKEY_sign_init_ex: *const fn (*PkeyContext, ?[*]const Param) callconv(.c) c_int,
    EVP_PKEY_sign: *const fn (*PkeyContext, ?[*]u8, *usize, [*]const u8, usize) callconv(.c) c_int,
    EVP_PKEY_verify_init_ex: *const fn (*PkeyContext, ?[*]const Param) callconv(.c) c_int,
    EVP_PKEY_verify: *const fn (*PkeyContext, [*]const u8, usize, [*]const u8, usize) callconv(.c) c_int,
    EVP_PKEY_encrypt_init_ex: *const fn (*PkeyContext, ?[*]const Param) callconv(.c) c_int,
    EVP_PKEY_encrypt: *const fn (*PkeyContext, ?[*]u8, *usize, [*]const u8, usize) callconv(.c) c_int,
    EVP_PKEY_decrypt_init_ex: *const fn (*PkeyContext, ?[*]const Param) callconv(.c) c_int,
    EVP_PKEY_decrypt: *const fn (*PkeyContext, ?[*]u8, *usize, [*]const u8, usize) callconv(.c) c_int,
    EVP_PKEY_derive_init: *const fn (*PkeyContext) callconv(.c) c_int,
    EVP_PKEY_derive_set_peer: *const fn (*PkeyContext, *Pkey) callconv(.c) c_int,
    EVP_PKEY_derive: *const fn (*PkeyContext, ?[*]u8, *usize) callconv(.c) c_int,
    EVP_PKEY_encapsulate_init: *const fn (*PkeyContext, ?[*]const Param) callconv(.c) c_int,
    EVP_PKEY_encapsulate: *const fn (*PkeyContext, ?[*]u8, ?*usize, ?[*]u8, ?*usize) callconv(.c) c_int,
    EVP_PKEY_decapsulate_init: *const fn (*PkeyContext, ?[*]const Param) callconv(.c) c_int,
    EVP_PKEY_decapsulate: *const fn (*PkeyContext, ?[*]u8, *usize, [*]const u8, usize) callconv(.c) c_int,
    EVP_DigestSignInit_ex: *const fn (*MdContext, ?*?*PkeyContext, ?[*:0]const u8, ?*LibraryContext, ?[*:0]const u8, *Pkey, ?[*]const Param) callconv(.c) c_int,
    EVP_DigestSign: *const fn (*MdContext, ?[*]u8, *usize, [*]const u8, usize) callconv(.c) c_int,
    EVP_DigestVerifyInit_ex: *const fn (*MdContext, ?*?*PkeyContext, ?[*:0]const u8, ?*LibraryContext, ?[*:0]const u8, *Pkey, ?[*]const Param) callconv(.c) c_int,
    EVP_DigestVerify: *const fn (*MdContext, [*]const u8, usize, [*]const u8, usize) callconv(.c) c_int,
    d2i_PUBKEY: *const fn (?*?*Pkey, *[*]const u8, c_long) callconv(.c) ?*Pkey,
    i2d_PUBKEY: *const fn (*const Pkey, *?[*]u8) callconv(.c) c_int,
    d2i_PKCS8_PRIV_KEY_INFO: *const fn (?*?*Pkcs8, *[*]const u8, c_long) callconv(.c) ?*Pkcs8,
    i2d_PKCS8_PRIV_KEY_INFO: *const fn (*const Pkcs8, *?[*]u8) callconv(.c) c_int,
    PKCS8_PRIV_KEY_INFO_free: *const fn (?*Pkcs8) callconv(.c) void,
    EVP_PKCS82PKEY: *const fn (*const Pkcs8) callconv(.c) ?*Pkey,
    EVP_PKEY2PKCS8: *const fn (*const Pkey) callconv(.c) ?*Pkcs8,
    BN_free: *const fn (?*Bignum) callconv(.c) void,
    BN_clear_free: *const fn (?*Bignum) callconv(.c) void,
    BN_num_bits: *const fn (*const Bignum) callconv(.c) c_int,
    BN_bn2binpad: *const fn (*const Bignum, [*]u8, c_int) callconv(.c) c_int,
};

const library = ProcessLibrary(Api, &.{"libcrypto.so.3"});

/// Valid once `load` has returned true.
pub const api = &library.table;

/// False when the process has no OpenSSL 3. Any thread, before anything else here.
pub const load = library.load;

/// After every failure: what one operation left in the thread's queue must not show in another's.
pub fn clearErrors() void {
    @branchHint(.cold);
    api.ERR_clear_error();
}

/// For bytes that were secret.
pub fn wipe(bytes: []u8) void {
    if (bytes.len > 0) api.OPENSSL_cleanse(bytes.ptr, bytes.len);
}

/// In time that depends on the lengths only.
pub fn equal(a: []const u8, b: []const u8) bool {
    return a.len == b.len and api.CRYPTO_memcmp(a.ptr, b.ptr, a.len) == 0;
}
