//! Byte streams of the core: sources, what changes bytes on their way, the queue behind tee, and what reads to the end.

pub const Background = @import("Background.zig");
pub const ByteQueue = @import("ByteQueue.zig");
pub const CodecSource = @import("CodecSource.zig");
pub const Collector = @import("Collector.zig");
pub const DecodeSource = @import("DecodeSource.zig");
pub const LentSource = @import("LentSource.zig");
pub const MemorySource = @import("MemorySource.zig");
pub const Source = @import("Source.zig");

test {
    _ = ByteQueue;
    _ = CodecSource;
    _ = Collector;
    _ = DecodeSource;
    _ = LentSource;
    _ = MemorySource;
    _ = Source;
    _ = @import("stream_test.zig");
}
