//! HTTP/2 (RFC 9113): the client's end of a connection without sockets, over the nghttp2 inside Node.

pub const ErrorCode = Session.ErrorCode;
pub const FieldList = @import("FieldList.zig");
pub const HeadLimits = @import("limits.zig").HeadLimits;
pub const Limits = @import("limits.zig").Limits;
pub const ResponseHead = @import("ResponseHead.zig");
pub const Session = @import("Session.zig");
pub const Stream = @import("Stream.zig");

test {
    _ = FieldList;
    _ = ResponseHead;
    _ = Session;
    _ = Stream;
    _ = @import("Uploads.zig");
    _ = @import("WindowGrowth.zig");
    _ = @import("nghttp2.zig");
    _ = @import("session_test.zig");
}
