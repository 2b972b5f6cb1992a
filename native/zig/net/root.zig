//! Names and TCP connections on the event loop.

pub const Address = @import("Address.zig");
pub const AddressCache = @import("AddressCache.zig");
pub const AddressList = @import("AddressList.zig");
pub const Bypass = @import("Bypass.zig");
pub const Code = @import("code.zig").Code;
pub const Connector = @import("Connector.zig");
pub const Policy = @import("Policy.zig");
pub const Resolver = @import("Resolver.zig");
pub const Race = @import("Race.zig");
pub const socket = @import("socket.zig");

test {
    _ = Address;
    _ = AddressCache;
    _ = AddressList;
    _ = @import("code.zig");
    _ = Bypass;
    _ = Connector;
    _ = Policy;
    _ = Race;
    _ = Resolver;
    _ = socket;
    _ = @import("unix.zig");
    _ = @import("net_test.zig");
}
