//! The op table: every op of every realm, in the order of its index.

const op = @import("op.zig");

/// One area a line.
pub const ops = @import("base.zig").table ++
    @import("encoding.zig").table ++
    @import("compression.zig").table ++
    @import("url.zig").table ++
    @import("network.zig").table ++
    @import("http.zig").table ++
    @import("stream.zig").table ++
    @import("crypto.zig").table ++
    @import("asymmetric.zig").table ++
    @import("lattice.zig").table;

pub const descriptors = blk: {
    var list: [ops.len]op.Descriptor = undefined;
    for (ops, &list) |entry, *item| item.* = entry.descriptor;
    const final = list;
    break :blk final;
};

test "names are unique" {
    const std = @import("std");
    for (ops, 0..) |a, index| for (ops[index + 1 ..]) |b| try std.testing.expect(!std.mem.eql(u8, a.name, b.name));
}
