//! TLS for the HTTP client, by the OpenSSL of the Node process: contexts, the engine, sessions. No sockets.

pub const Context = @import("Context.zig");
pub const Engine = @import("Engine.zig");
pub const Failure = @import("Failure.zig");
pub const Roots = @import("Roots.zig");
pub const SessionCache = @import("SessionCache.zig");
/// For the tests of modules above.
pub const TestPeer = @import("test_peer.zig");

test {
    _ = Context;
    _ = Engine;
    _ = Failure;
    _ = Roots;
    _ = SessionCache;
    _ = @import("openssl.zig");
    _ = @import("certificates.zig");
    _ = @import("engine_test.zig");
}
