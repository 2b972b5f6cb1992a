//! Realms, shards and requests: what runs ops and carries their results back to JavaScript.

pub const value = @import("value.zig");
pub const Value = value.Value;
pub const Failure = value.Failure;
pub const Rejection = value.Rejection;
pub const Str = value.Str;
pub const EngineStr = value.EngineStr;
pub const OwnedStr = value.OwnedStr;
pub const PlainBytes = value.PlainBytes;
pub const PlainBytesMut = value.PlainBytesMut;
pub const Bytes = value.Bytes;
pub const KeptBytes = value.KeptBytes;
pub const BytesMut = value.BytesMut;
pub const OwnedBuffer = value.OwnedBuffer;
pub const OwnedBytes = value.OwnedBytes;

pub const Core = @import("Core.zig");
pub const Shard = @import("Shard.zig");
pub const Realm = @import("Realm.zig");
pub const Request = @import("Request.zig");
pub const Resources = @import("Resources.zig");
pub const Inbox = @import("Inbox.zig");
pub const DeadlineHeap = @import("DeadlineHeap.zig");
pub const clock = @import("clock.zig");
pub const onShard = @import("on_shard.zig").onShard;

test {
    _ = @import("realm_test.zig");
    @import("std").testing.refAllDecls(@This());
}
