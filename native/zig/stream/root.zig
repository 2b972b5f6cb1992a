//! Byte streams of the core: sources, the queue behind tee, and what reads to the end.

pub const ByteQueue = @import("ByteQueue.zig");
pub const CodecSource = @import("CodecSource.zig");
pub const Collector = @import("Collector.zig");
pub const MemorySource = @import("MemorySource.zig");
pub const Source = @import("Source.zig");

test {
    _ = ByteQueue;
    _ = CodecSource;
    _ = Collector;
    _ = MemorySource;
    _ = Source;
    _ = @import("stream_test.zig");
}
