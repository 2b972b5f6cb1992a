//! The clock that timers run on. Through libc: its vDSO costs no system call, std.os.linux makes one.

const std = @import("std");

/// CLOCK_MONOTONIC in milliseconds. Any thread.
pub fn monotonicMs() f64 {
    var now: std.c.timespec = undefined;
    _ = std.c.clock_gettime(.MONOTONIC, &now);
    return @as(f64, @floatFromInt(now.sec)) * 1e3 + @as(f64, @floatFromInt(now.nsec)) / 1e6;
}

/// CLOCK_REALTIME in milliseconds since the epoch. Any thread.
pub fn realtimeMs() f64 {
    var now: std.c.timespec = undefined;
    _ = std.c.clock_gettime(.REALTIME, &now);
    return @as(f64, @floatFromInt(now.sec)) * 1e3 + @as(f64, @floatFromInt(now.nsec)) / 1e6;
}

test monotonicMs {
    const before = monotonicMs();
    try std.testing.expect(monotonicMs() >= before);
}
