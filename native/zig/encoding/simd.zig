//! The one vector operation of this folder that Zig has no builtin for.
//!
//! Threads: pure functions, any thread.

const std = @import("std");
const builtin = @import("builtin");

/// What one register of SSE2 or NEON holds.
pub const lanes = 16;
pub const Bytes = @Vector(lanes, u8);

const has_instruction = builtin.zig_backend == .stage2_llvm and switch (builtin.cpu.arch) {
    .x86_64 => builtin.cpu.has(.x86, .ssse3),
    .aarch64 => true,
    else => false,
};

/// `table[index]` in each lane. Indices are 0 to 15.
pub inline fn lookup(table: Bytes, index: Bytes) Bytes {
    if (!has_instruction) return lookupPlain(table, index);
    return switch (builtin.cpu.arch) {
        .x86_64 => asm ("pshufb %[index], %[result]"
            : [result] "=x" (-> Bytes),
            : [table] "0" (table),
              [index] "x" (index),
        ),
        .aarch64 => asm ("tbl %[result].16b, { %[table].16b }, %[index].16b"
            : [result] "=w" (-> Bytes),
            : [table] "w" (table),
              [index] "w" (index),
        ),
        else => comptime unreachable,
    };
}

fn lookupPlain(table: Bytes, index: Bytes) Bytes {
    const from: [lanes]u8 = table;
    const at: [lanes]u8 = index;
    var result: [lanes]u8 = undefined;
    for (&result, at) |*each, position| each.* = from[position];
    return result;
}

test "the instruction does what the loop does" {
    var random_state = std.Random.DefaultPrng.init(16);
    const random = random_state.random();
    for (0..100) |_| {
        var table: [lanes]u8 = undefined;
        var index: [lanes]u8 = undefined;
        random.bytes(&table);
        for (&index) |*each| each.* = random.uintLessThan(u8, lanes);
        try std.testing.expectEqual(@as([lanes]u8, lookupPlain(table, index)), @as([lanes]u8, lookup(table, index)));
    }
}
