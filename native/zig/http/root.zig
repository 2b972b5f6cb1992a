//! An HTTP/1.1 client: parser, request writer, connections, pool.

pub const Client = @import("Client.zig");
pub const Exchange = @import("Exchange.zig");
pub const Route = @import("Route.zig").Route;
pub const Proxy = @import("Route.zig").Proxy;
pub const Failure = @import("Failure.zig");
pub const BodyDecoder = @import("BodyDecoder.zig");
pub const ContentDecoder = @import("ContentDecoder.zig");
pub const ResponseParser = @import("ResponseParser.zig");
pub const parser_fuzz = @import("parser_fuzz.zig");
pub const smuggling = @import("smuggling.zig");
pub const limits = @import("limits.zig");
pub const request_writer = @import("request_writer.zig");
pub const syntax = @import("syntax.zig");

test {
    _ = Client;
    _ = Exchange;
    _ = @import("Connection.zig");
    _ = @import("Pool.zig");
    _ = @import("Route.zig");
    _ = @import("Sender.zig");
    _ = @import("Transport.zig");
    _ = @import("BodyBuffer.zig");
    _ = BodyDecoder;
    _ = ContentDecoder;
    _ = ResponseParser;
    _ = request_writer;
    _ = syntax;
    _ = parser_fuzz;
    _ = smuggling;
    _ = @import("client_test.zig");
    _ = @import("tls_test.zig");
    _ = @import("proxy_test.zig");
}
