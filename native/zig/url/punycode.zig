//! Punycode (RFC 3492) in O(n log n), so that a long label costs what its length says.
//!
//! Encoder and decoder count positions with a Fenwick tree instead of moving code points about.
//! Threads: pure functions, any thread. Results and scratch memory are the arena's.

const std = @import("std");

const Allocator = std.mem.Allocator;

// RFC 3492, section 5.
const base = 36;
const t_min = 1;
const t_max = 26;
const skew = 38;
const damp = 700;
const initial_bias = 72;
const initial_n = 0x80;

const Error = error{ InvalidPunycode, OutOfMemory };

/// Section 6.1.
fn adapt(delta_in: u64, point_count: u64, first: bool) u64 {
    var delta = if (first) delta_in / damp else delta_in / 2;
    delta += delta / point_count;
    var k: u64 = 0;
    while (delta > (base - t_min) * t_max / 2) : (k += base) delta /= base - t_min;
    return k + (base - t_min + 1) * delta / (delta + skew);
}

fn threshold(k: u64, bias: u64) u64 {
    return std.math.clamp(k -| bias, t_min, t_max);
}

/// Counts of marked positions: mark, count before a position, find the n-th.
const Fenwick = struct {
    /// One-based partial sums.
    sums: []u32,

    fn init(arena: Allocator, len: usize, marked: bool) Allocator.Error!Fenwick {
        const sums = try arena.alloc(u32, len + 1);
        for (sums, 0..) |*sum, index| sum.* = if (marked) @intCast(lowestBit(index)) else 0;
        return .{ .sums = sums };
    }

    fn lowestBit(index: usize) usize {
        return index & (~index +% 1);
    }

    fn add(tree: Fenwick, position: usize, delta: i2) void {
        var index = position + 1;
        while (index < tree.sums.len) : (index += lowestBit(index)) {
            tree.sums[index] = if (delta > 0) tree.sums[index] + 1 else tree.sums[index] - 1;
        }
    }

    /// How many positions below `position` are marked.
    fn countBefore(tree: Fenwick, position: usize) usize {
        var count: usize = 0;
        var index = position;
        while (index > 0) : (index -= lowestBit(index)) count += tree.sums[index];
        return count;
    }

    /// The marked position that has `rank` marked ones before it.
    fn find(tree: Fenwick, rank: usize) usize {
        var index: usize = 0;
        var remaining = rank;
        var step = std.math.floorPowerOfTwo(usize, @max(1, tree.sums.len - 1));
        while (step > 0) : (step /= 2) {
            const candidate = index + step;
            if (candidate < tree.sums.len and tree.sums[candidate] <= remaining) {
                index = candidate;
                remaining -= tree.sums[candidate];
            }
        }
        return index;
    }
};

/// Section 6.2: decodes what follows "xn--".
pub fn decode(arena: Allocator, input: []const u8) Error![]u32 {
    const delimiter = std.mem.lastIndexOfScalar(u8, input, '-') orelse 0;
    const basic = input[0..delimiter];
    var rest = input[if (delimiter > 0) delimiter + 1 else 0..];

    const Insertion = struct { index: u32, code_point: u32 };
    var insertions: std.ArrayList(Insertion) = .empty;
    var n: u64 = initial_n;
    var i: u64 = 0;
    var bias: u64 = initial_bias;
    while (rest.len > 0) {
        const old_i = i;
        var weight: u64 = 1;
        var k: u64 = base;
        while (true) : (k += base) {
            if (rest.len == 0) return error.InvalidPunycode;
            const digit: u64 = switch (rest[0]) {
                'a'...'z' => |byte| byte - 'a',
                'A'...'Z' => |byte| byte - 'A',
                '0'...'9' => |byte| byte - '0' + 26,
                else => return error.InvalidPunycode,
            };
            rest = rest[1..];
            i += digit * weight;
            if (i > std.math.maxInt(u32)) return error.InvalidPunycode;
            const t = threshold(k, bias);
            if (digit < t) break;
            weight *= base - t;
            if (weight > std.math.maxInt(u32)) return error.InvalidPunycode;
        }
        const count = basic.len + insertions.items.len + 1;
        bias = adapt(i - old_i, count, old_i == 0);
        n += i / count;
        i %= count;
        if (n > 0x10FFFF or (n >= 0xD800 and n <= 0xDFFF)) return error.InvalidPunycode;
        try insertions.append(arena, .{ .index = @intCast(i), .code_point = @intCast(n) });
        i += 1;
    }

    // The last insertion stands where it says; each one before it, among the places that are left.
    const output = try arena.alloc(u32, basic.len + insertions.items.len);
    @memset(output, 0);
    const free = try Fenwick.init(arena, output.len, true);
    while (insertions.pop()) |insertion| {
        const position = free.find(insertion.index);
        output[position] = insertion.code_point;
        free.add(position, -1);
    }
    var basic_index: usize = 0;
    for (output) |*code_point| if (code_point.* == 0) {
        code_point.* = basic[basic_index];
        basic_index += 1;
    };
    return output;
}

/// Section 6.3: appends the encoding of a label that has a code point above 0x7F, without "xn--".
pub fn encode(arena: Allocator, label: []const u32, out: *std.ArrayList(u8)) Allocator.Error!void {
    var inserted = try Fenwick.init(arena, label.len, false);
    const Later = struct {
        code_point: u32,
        position: u32,

        fn lessThan(_: void, a: @This(), b: @This()) bool {
            return if (a.code_point == b.code_point) a.position < b.position else a.code_point < b.code_point;
        }
    };
    var later: std.ArrayList(Later) = .empty;
    var count: u64 = 0;
    for (label, 0..) |code_point, position| {
        if (code_point < 0x80) {
            try out.append(arena, @intCast(code_point));
            inserted.add(position, 1);
            count += 1;
        } else {
            try later.append(arena, .{ .code_point = code_point, .position = @intCast(position) });
        }
    }
    if (count > 0) try out.append(arena, '-');
    std.mem.sort(Later, later.items, {}, Later.lessThan);

    // The decoder's state is the number n * (count + 1) + i; each delta moves it on to the next insertion.
    var n: u64 = initial_n;
    var i: u64 = 0;
    var bias: u64 = initial_bias;
    for (later.items, 0..) |item, index| {
        const target = inserted.countBefore(item.position);
        const delta = (item.code_point - n) * (count + 1) + target - i;
        var q = delta;
        var k: u64 = base;
        while (true) : (k += base) {
            const t = threshold(k, bias);
            if (q < t) break;
            try out.append(arena, digitOf(t + (q - t) % (base - t)));
            q = (q - t) / (base - t);
        }
        try out.append(arena, digitOf(q));
        bias = adapt(delta, count + 1, index == 0);
        inserted.add(item.position, 1);
        count += 1;
        n = item.code_point;
        i = target + 1;
    }
}

fn digitOf(value: u64) u8 {
    return "abcdefghijklmnopqrstuvwxyz0123456789"[@intCast(value)];
}

const testing = std.testing;

fn codePoints(arena: Allocator, text: []const u8) ![]u32 {
    var list: std.ArrayList(u32) = .empty;
    var iterator = (try std.unicode.Utf8View.init(text)).iterator();
    while (iterator.nextCodepoint()) |code_point| try list.append(arena, code_point);
    return list.items;
}

test "RFC 3492, section 7.1, and others" {
    var arena_state = std.heap.ArenaAllocator.init(testing.allocator);
    defer arena_state.deinit();
    const arena = arena_state.allocator();
    const cases = [_][2][]const u8{
        .{ "ü", "tda" },
        .{ "bücher", "bcher-kva" },
        .{ "faß", "fa-hia" },
        .{ "☕", "53h" },
        .{ "ليهمابتكلموشعربي؟", "egbpdaj6bu4bxfgehfvwxn" },
        .{ "他们为什么不说中文", "ihqwcrb4cv8a8dqg056pqjye" },
        .{ "3年b組金八先生", "3b-ww4c5e180e575a65lsy2b" },
        .{ "安室奈美恵-with-super-monkeys", "-with-super-monkeys-pc58ag80a8qai00g7n9n" },
    };
    for (cases) |case| {
        const label = try codePoints(arena, case[0]);
        var out: std.ArrayList(u8) = .empty;
        try encode(arena, label, &out);
        try testing.expectEqualStrings(case[1], out.items);
        try testing.expectEqualSlices(u32, label, try decode(arena, case[1]));
    }
    for ([_][]const u8{ "-", "-a", "a-é", "99999999", "a99999999999", "0000000000000", "ls8h!" }) |text| {
        try testing.expectError(error.InvalidPunycode, decode(arena, text));
    }
    try testing.expectEqual(0, (try decode(arena, "")).len);
}

test "random labels there and back" {
    var arena_state = std.heap.ArenaAllocator.init(testing.allocator);
    defer arena_state.deinit();
    var random_state = std.Random.DefaultPrng.init(3492);
    const random = random_state.random();
    for (0..2_000) |_| {
        defer _ = arena_state.reset(.retain_capacity);
        const arena = arena_state.allocator();
        var buffer: [40]u32 = undefined;
        const label = buffer[0 .. 1 + random.uintLessThan(usize, buffer.len - 1)];
        for (label) |*code_point| code_point.* = switch (random.uintLessThan(u8, 4)) {
            0 => 'a' + random.uintLessThan(u32, 26),
            1 => 0x80 + random.uintLessThan(u32, 4),
            2 => 0x80 + random.uintLessThan(u32, 0xD780),
            else => 0x10000 + random.uintLessThan(u32, 0x100000),
        };
        var out: std.ArrayList(u8) = .empty;
        try encode(arena, label, &out);
        try testing.expectEqualSlices(u32, label, try decode(arena, out.items));
    }
}
