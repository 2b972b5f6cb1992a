//! crypto: what Web Cryptography needs, on the OpenSSL inside Node. Table of contents.
//!
//! `openssl.load()` must have returned true before anything else here is called.

pub const openssl = @import("openssl.zig");
pub const Error = @import("error.zig").Error;
pub const Hash = hash.Hash;
pub const Key = @import("Key.zig");
pub const KeyTable = @import("KeyTable.zig").KeyTable;
pub const cipher = @import("cipher.zig");
pub const ec = @import("ec.zig");
pub const hash = @import("hash.zig");
pub const hmac = @import("hmac.zig");
pub const kdf = @import("kdf.zig");
pub const lattice = @import("lattice.zig");
pub const okp = @import("okp.zig");
pub const pkey = @import("pkey.zig");
pub const random = @import("random.zig");
pub const rsa = @import("rsa.zig");

test {
    _ = Key;
    _ = @import("KeyTable.zig");
    _ = cipher;
    _ = @import("gcm_iv.zig");
    _ = hash;
    _ = hmac;
    _ = kdf;
    _ = lattice;
    _ = ec;
    _ = okp;
    _ = pkey;
    _ = random;
    _ = rsa;
    _ = @import("stash.zig");
}
