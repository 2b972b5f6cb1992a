//! The keys that a realm's JavaScript holds, by number (memory/handle_table.zig has threads and ownership).

const std = @import("std");
const memory = @import("memory");
const Key = @import("Key.zig");

pub const KeyTable = memory.HandleTable(Key);

test "a released number never reaches a later key" {
    if (!@import("openssl.zig").load()) return error.SkipZigTest;
    const account = try memory.Account.create(memory.Account.unlimited);
    defer account.release();
    var table: KeyTable = .{ .gpa = std.testing.allocator };
    const first = try table.add(try Key.createSecret(account, .kdf, 0, "a"));
    const held = table.get(first).?;
    table.remove(first);
    table.remove(first);
    try std.testing.expect(table.get(first) == null and table.get(0) == null);
    const second = try table.add(try Key.createSecret(account, .kdf, 0, "b"));
    try std.testing.expect(first != second);
    try std.testing.expect(table.get(first) == null);
    try std.testing.expectEqualStrings("a", held.material.secret);
    held.release();
    table.deinit();
    try std.testing.expectEqual(@as(usize, 0), account.stats().used_bytes);
}
