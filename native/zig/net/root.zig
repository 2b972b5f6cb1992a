//! Names and TCP connections on the event loop.

pub const AddressCache = @import("AddressCache.zig");
pub const AddressList = @import("AddressList.zig");
pub const Code = @import("code.zig").Code;
pub const Connector = @import("Connector.zig");
pub const Resolver = @import("Resolver.zig");
pub const socket = @import("socket.zig");

test {
    _ = AddressCache;
    _ = AddressList;
    _ = @import("code.zig");
    _ = Connector;
    _ = Resolver;
    _ = socket;
    _ = @import("net_test.zig");
}
