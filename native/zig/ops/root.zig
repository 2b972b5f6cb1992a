//! The core's surface: the op table and the C ABI. Root of the static library.

pub const abi = @import("abi.zig");
pub const op = @import("op.zig");
pub const table = @import("table.zig");

comptime {
    _ = abi;
}

test {
    _ = abi;
    _ = op;
    _ = table;
    _ = @import("base.zig");
    _ = @import("compression.zig");
    _ = @import("encoding.zig");
    _ = @import("lattice.zig");
    _ = @import("url.zig");
    _ = @import("http.zig");
    _ = @import("network.zig");
    _ = @import("crypto_test.zig");
    _ = @import("asymmetric_test.zig");
    _ = @import("stream_test.zig");
    _ = @import("http_test.zig");
    _ = @import("memory_test.zig");
}
