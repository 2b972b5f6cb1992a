//! `fuzz-http SEED CASES`: random HTTP responses through the client's parser, and the list of smuggling cases once.
//! Prints a line for each finding, in hexadecimal, and how many streams were accepted. A crash is a finding of its own.

const std = @import("std");
const http = @import("http");

pub fn main(init: std.process.Init) !void {
    const args = try init.minimal.args.toSlice(init.arena.allocator());
    if (args.len != 3) {
        std.debug.print("usage: fuzz-http SEED CASES\n", .{});
        std.process.exit(2);
    }
    var prng: std.Random.DefaultPrng = .init(try std.fmt.parseInt(u64, args[1], 10));
    const count = try std.fmt.parseInt(u64, args[2], 10);
    var room: [4096]u8 = undefined;
    var stdout = std.Io.File.stdout().writer(init.io, &room);
    const out = &stdout.interface;

    for (&http.smuggling.cases) |*case| if (http.smuggling.isAccepted(case))
        try out.print("found smuggling: {s}: {x}\n", .{ case.name, case.stream });
    var random = prng.random();
    var buffer: [http.parser_fuzz.stream_bytes_max]u8 = undefined;
    var accepted: u64 = 0;
    for (0..count) |_| {
        const case = http.parser_fuzz.runCase(&random, &buffer);
        accepted += @intFromBool(case.is_accepted);
        if (case.differing) |differing|
            try out.print("found difference: {x}: whole {any}, cut {any}\n", .{ case.stream, differing.whole, differing.cut });
    }
    try out.print("accepted {d}\n", .{accepted});
    try out.flush();
}
