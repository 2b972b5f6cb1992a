//! Long initialization vectors for AES-GCM: OpenSSL takes up to 128 bytes, the standard any length.
//!
//! GCM hashes an iv that has not 12 bytes into its first counter block (SP 800-38D, section 7.1). The hash is
//! a polynomial in H, the cipher's image of zero, so for every long iv there is one of 16 bytes with the same
//! counter block, and this computes it. It takes some 0.1 ms and no branch or index depends on a secret.
//! Threads: any.

const std = @import("std");
const openssl = @import("openssl.zig");
const Error = @import("error.zig").Error;

pub const native_bytes_max = 128;
pub const equivalent_bytes = 16;

/// `hash_key` is H.
pub fn equivalent(hash_key: [16]u8, iv: []const u8) [equivalent_bytes]u8 {
    const h = std.mem.readInt(u128, &hash_key, .big);
    var state: u128 = 0;
    var position: usize = 0;
    while (position < iv.len) : (position += 16) {
        var block: [16]u8 = @splat(0);
        const part = iv[position..@min(position + 16, iv.len)];
        @memcpy(block[0..part.len], part);
        state = multiply(state ^ std.mem.readInt(u128, &block, .big), h);
    }
    const counter_block = multiply(state ^ (@as(u128, iv.len) * 8), h);
    // counter_block = (x * H + 128) * H, solved for x.
    const inverse = invert(h);
    const x = multiply(multiply(counter_block, inverse) ^ (equivalent_bytes * 8), inverse);
    var out: [equivalent_bytes]u8 = undefined;
    std.mem.writeInt(u128, &out, x, .big);
    return out;
}

/// In GCM's field, whose bits count from the most significant one (SP 800-38D, section 6.3).
fn multiply(a: u128, b: u128) u128 {
    const reduction: u128 = 0xe1 << 120;
    var product: u128 = 0;
    var shifted = b;
    var bits = a;
    for (0..128) |_| {
        product ^= shifted & (0 -% (bits >> 127));
        shifted = (shifted >> 1) ^ (reduction & (0 -% (shifted & 1)));
        bits <<= 1;
    }
    return product;
}

/// a^(2^128 - 2)
fn invert(a: u128) u128 {
    var result: u128 = 1 << 127;
    var square = a;
    for (1..128) |_| {
        square = multiply(square, square);
        result = multiply(result, square);
    }
    return result;
}

test "a number times its inverse is one" {
    var random: std.Random.DefaultPrng = .init(5);
    for (0..20) |_| {
        const a = random.random().int(u128) | 1;
        try std.testing.expectEqual(@as(u128, 1 << 127), multiply(a, invert(a)));
    }
}
