//! Runs a module's tests inside of Node, where they meet the libraries that nano runs on in place of the system's
//! (native/zig/process_library): OpenSSL 3.5 and later has algorithms that Debian 12's 3.0 has not.
//!
//! The tests are linked as an addon, which Node loads: scripts/test-in-node.mjs. Ends the process; its exit code is 0 when no
//! test failed and none leaked.

const std = @import("std");
const builtin = @import("builtin");

const testing = std.testing;

/// Node's entry into an addon.
export fn napi_register_module_v1(_: ?*anyopaque, _: ?*anyopaque) ?*anyopaque {
    // On a thread of its own: not in the middle of Node's loading, and trace_lines.zig notices it.
    const thread = std.Thread.spawn(.{}, runAll, .{}) catch @panic("no thread for the tests");
    thread.join();
    unreachable;
}

fn runAll() noreturn {
    var passed: usize = 0;
    var skipped: usize = 0;
    var failed: usize = 0;
    for (builtin.test_functions) |each| {
        testing.allocator_instance = .{};
        testing.log_level = .warn;
        var outcome: []const u8 = "OK";
        if (each.func()) |_| {
            passed += 1;
        } else |err| switch (err) {
            error.SkipZigTest => {
                skipped += 1;
                outcome = "SKIP";
            },
            else => {
                failed += 1;
                outcome = @errorName(err);
                if (@errorReturnTrace()) |trace| std.debug.dumpErrorReturnTrace(trace);
            },
        }
        if (testing.allocator_instance.deinit() == .leak) {
            failed += 1;
            outcome = "leaked";
        }
        std.debug.print("{s}...{s}\n", .{ each.name, outcome });
    }
    std.debug.print("{d} passed; {d} skipped; {d} failed.\n", .{ passed, skipped, failed });
    std.c._exit(@intFromBool(failed > 0));
}
