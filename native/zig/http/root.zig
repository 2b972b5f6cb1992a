//! An HTTP client: connections, pool, HTTP/1.1 (parser, request writer) and what joins HTTP/2 to it.

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
/// Whether this process has what HTTP/2 takes.
pub const isHttp2Available = @import("http2").Session.isAvailable;

test {
    _ = Client;
    _ = Exchange;
    _ = @import("Connection.zig");
    _ = @import("Multiplex.zig");
    _ = @import("MultiplexStream.zig");
    _ = @import("Pool.zig");
    _ = @import("request_fields.zig");
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
    _ = @import("proxy_tls_test.zig");
}
