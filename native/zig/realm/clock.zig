//! The clock that timers run on.

const std = @import("std");

/// CLOCK_MONOTONIC in milliseconds. Any thread.
pub fn monotonicMs() f64 {
    var now: std.os.linux.timespec = undefined;
    _ = std.os.linux.clock_gettime(.MONOTONIC, &now);
    return @as(f64, @floatFromInt(now.sec)) * 1e3 + @as(f64, @floatFromInt(now.nsec)) / 1e6;
}

/// CLOCK_REALTIME in milliseconds since the epoch. Any thread.
pub fn realtimeMs() f64 {
    var now: std.os.linux.timespec = undefined;
    _ = std.os.linux.clock_gettime(.REALTIME, &now);
    return @as(f64, @floatFromInt(now.sec)) * 1e3 + @as(f64, @floatFromInt(now.nsec)) / 1e6;
}

test monotonicMs {
    const before = monotonicMs();
    try std.testing.expect(monotonicMs() >= before);
}
