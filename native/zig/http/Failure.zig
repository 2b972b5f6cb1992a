//! Why an exchange failed: what a script sees as `error.cause`. All texts are static.

const http2 = @import("http2");
const net = @import("net");
const BodyDecoder = @import("BodyDecoder.zig");
const ResponseParser = @import("ResponseParser.zig");
const request_writer = @import("request_writer.zig");
const tls = @import("tls");

const Failure = @This();

/// "ECONNREFUSED" and other names of the system, or one of ours: "ERR_HTTP_…".
code: []const u8,
phase: Phase,
message: []const u8,
/// Where it was to go, if that is known.
address: ?net.Address = null,
/// Of a proxy's answer to CONNECT.
status: ?u16 = null,
/// The policy's part in it.
denial: ?net.Policy.Denial = null,
/// The realm's memory limit: not the network's fault.
out_of_memory: bool = false,

/// `proxy-tls` and `tls`: TLS with the proxy, and with the origin.
pub const Phase = enum { dns, connect, @"proxy-tls", proxy, tls, send, headers, body };

pub fn system(phase: Phase, code: net.Code) Failure {
    return .{ .code = @tagName(code), .phase = phase, .message = code.describe() };
}

pub fn ofConnector(phase: Phase, failure: net.Connector.Result.Failure) Failure {
    var self = system(phase, failure.code);
    self.address = failure.address;
    return self;
}

pub fn denied(denial: net.Policy.Denial) Failure {
    return .{
        .code = "ERR_NET_DENIED",
        .phase = .connect,
        .message = switch (denial.list) {
            .deny => "the network policy denies it",
            .allow => "the network policy does not allow it",
        },
        .address = denial.address,
        .denial = denial,
    };
}

pub fn invalidHead(err: ResponseParser.Error) Failure {
    return .{
        .code = switch (err) {
            error.StatusLineTooLong, error.HeadersTooLarge, error.TooManyHeaders => "ERR_HTTP_HEADERS_TOO_LARGE",
            else => "ERR_HTTP_INVALID_RESPONSE",
        },
        .phase = .headers,
        .message = ResponseParser.describe(err),
    };
}

pub fn invalidBody(err: BodyDecoder.Error) Failure {
    return .{ .code = "ERR_HTTP_INVALID_RESPONSE", .phase = .body, .message = BodyDecoder.describe(err) };
}

pub fn invalidRequest(err: request_writer.Error) Failure {
    if (err == error.OutOfMemory) return outOfMemory(.send);
    return .{ .code = "ERR_HTTP_INVALID_REQUEST", .phase = .send, .message = request_writer.describe(err) };
}

pub fn ofTls(phase: Phase, failure: tls.Failure) Failure {
    return .{ .code = failure.code, .phase = phase, .message = failure.message, .out_of_memory = failure.out_of_memory };
}

pub fn outOfMemory(phase: Phase) Failure {
    return .{ .code = "ENOMEM", .phase = phase, .message = "the realm's memory limit is reached", .out_of_memory = true };
}

/// The server ended one stream of HTTP/2.
pub fn streamReset(code: http2.ErrorCode, phase: Phase) Failure {
    return .{ .code = "ERR_HTTP2_STREAM_RESET", .phase = phase, .message = switch (code) {
        inline else => |known| "the server reset the stream (" ++ @tagName(known) ++ ")",
        _ => "the server reset the stream with an unknown code",
    } };
}

/// The server ended the connection of HTTP/2.
pub fn goAway(code: http2.ErrorCode) Failure {
    return .{ .code = "ERR_HTTP2_GOAWAY", .phase = .headers, .message = switch (code) {
        inline else => |known| "the server ended the connection (" ++ @tagName(known) ++ ")",
        _ => "the server ended the connection with an unknown code",
    } };
}

pub fn streamRefused(phase: Phase) Failure {
    return .{ .code = "ERR_HTTP2_STREAM_REFUSED", .phase = phase, .message = "the server refused the request without looking at it (REFUSED_STREAM or GOAWAY)" };
}

/// A response in HTTP/2 that is none.
pub fn malformedResponse(phase: Phase) Failure {
    return .{ .code = "ERR_HTTP_INVALID_RESPONSE", .phase = phase, .message = "the response breaks the rules of HTTP/2: its fields, its length or the order of its frames" };
}

pub fn beyondBound(bound: http2.Stream.End.Bound, phase: Phase) Failure {
    return switch (bound) {
        .header_bytes_max => invalidHead(error.HeadersTooLarge),
        .header_count_max => invalidHead(error.TooManyHeaders),
        .informational_max => too_many_informational,
        .trailer_bytes_max => .{ .code = "ERR_HTTP_INVALID_RESPONSE", .phase = phase, .message = BodyDecoder.describe(error.TrailersTooLong) },
    };
}

/// The server broke off a connection of HTTP/2, by what it sent.
pub fn ofViolation(violation: http2.Session.Violation) Failure {
    return .{
        .code = "ERR_HTTP_INVALID_RESPONSE",
        .phase = .headers,
        .message = switch (violation) {
            .protocol => "the server broke the rules of HTTP/2",
            .idle_frames_per_second_max => "the server sent more frames that move nothing on than the limit idle_frames_per_second_max (2000)",
            .continuations_max => "the server sent more CONTINUATION frames for one head than the limit continuations_max (8)",
            .settings_entries_max => "the server sent a SETTINGS frame with more entries than the limit settings_entries_max (32)",
            .answers_unsent_max => "the server does not take the answers to its SETTINGS and PING frames: more wait than the limit answers_unsent_max (2500)",
            .out_of_memory => return outOfMemory(.headers),
        },
    };
}

/// The proxy's answer is not that of a proxy.
pub fn ofProxy(failure: Failure) Failure {
    return .{ .code = failure.code, .phase = .proxy, .message = failure.message, .out_of_memory = failure.out_of_memory };
}

pub fn proxyRefused(status: u16) Failure {
    return .{
        .code = "ERR_PROXY_REFUSED",
        .phase = .proxy,
        .message = if (status == 407) "the proxy wants a user name and password, or others" else "the proxy refuses to connect to it",
        .status = status,
    };
}

pub const proxy_closed: Failure = .{ .code = "ECONNRESET", .phase = .proxy, .message = "the proxy closed the connection" };
pub const proxy_timeout: Failure = .{ .code = "ETIMEDOUT", .phase = .proxy, .message = "the proxy has not connected within the connect timeout" };
pub const proxy_early_data: Failure = .{ .code = "ERR_PROXY_INVALID_RESPONSE", .phase = .proxy, .message = "the proxy sent something before TLS began" };
pub const connect_timeout: Failure = .{ .code = "ETIMEDOUT", .phase = .connect, .message = "no connection within the connect timeout" };
pub const handshake_timeout: Failure = .{ .code = "ETIMEDOUT", .phase = .tls, .message = "the TLS handshake was not over within the connect timeout" };
pub const proxy_handshake_timeout: Failure = .{ .code = "ETIMEDOUT", .phase = .@"proxy-tls", .message = "the TLS handshake with the proxy was not over within the connect timeout" };
pub const headers_timeout: Failure = .{ .code = "ERR_HTTP_HEADERS_TIMEOUT", .phase = .headers, .message = "no response within the headers timeout" };
pub const body_timeout: Failure = .{ .code = "ERR_HTTP_BODY_TIMEOUT", .phase = .body, .message = "no further part of the body within the body timeout" };
pub const total_timeout: Failure = .{ .code = "ERR_HTTP_TOTAL_TIMEOUT", .phase = .headers, .message = "the request and its response were not over within the total timeout" };
pub const no_response: Failure = .{ .code = "ECONNRESET", .phase = .headers, .message = "the server closed the connection before the response was complete" };
pub const truncated: Failure = .{ .code = "ERR_HTTP_BODY_TRUNCATED", .phase = .body, .message = "the server closed the connection before the body was complete" };
pub const ping_timeout: Failure = .{ .code = "ETIMEDOUT", .phase = .headers, .message = "the server has not answered an HTTP/2 PING in time" };
pub const request_head_too_large: Failure = .{ .code = "ERR_HTTP_INVALID_REQUEST", .phase = .send, .message = "the request's URL and headers are longer than the limit request_header_bytes_max (1 MiB) of HTTP/2" };
pub const too_many_informational: Failure = .{ .code = "ERR_HTTP_INVALID_RESPONSE", .phase = .headers, .message = "more interim responses than the limit informational_max (16)" };
pub const unexpected_upgrade: Failure = .{ .code = "ERR_HTTP_INVALID_RESPONSE", .phase = .headers, .message = "the server switched protocols although nobody asked" };
pub const body_too_large: Failure = .{ .code = "ERR_HTTP_BODY_TOO_LARGE", .phase = .body, .message = "the body is larger than allowed" };
pub const content_corrupt: Failure = .{ .code = "ERR_HTTP_CONTENT_DECODING", .phase = .body, .message = "the body is not what its Content-Encoding says" };
pub const content_codings: Failure = .{ .code = "ERR_HTTP_CONTENT_DECODING", .phase = .body, .message = "the body has more Content-Encodings than the limit content_codings_max (5)" };
pub const content_truncated: Failure = .{ .code = "ERR_HTTP_CONTENT_DECODING", .phase = .body, .message = "the body ends in the middle of its Content-Encoding" };
pub const content_ratio: Failure = .{ .code = "ERR_HTTP_CONTENT_RATIO", .phase = .body, .message = "the body decodes to more than the limit: above 32 MiB at most ratio_max (250) times what was received" };
pub const source_failed: Failure = .{ .code = "ERR_HTTP_REQUEST_BODY", .phase = .send, .message = "the request's body could not be read" };
pub const source_length: Failure = .{ .code = "ERR_HTTP_REQUEST_BODY", .phase = .send, .message = "the Content-Length header differs from the length of the body" };
pub const too_many_waiting: Failure = .{ .code = "ERR_HTTP_QUEUE_FULL", .phase = .connect, .message = "more requests wait for a connection than the limit requests_waiting_max" };
