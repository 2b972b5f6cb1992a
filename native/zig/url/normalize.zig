//! Unicode Normalization Form C (https://www.unicode.org/reports/tr15/) of code point sequences.
//!
//! Threads: pure functions over constant tables, any thread. Results are the input or memory of the arena.

const std = @import("std");
const tables = @import("idna_tables.zig");

const Allocator = std.mem.Allocator;

// Hangul syllables are composed and decomposed by arithmetic (The Unicode Standard, section 3.12).
const hangul_s = 0xAC00;
const hangul_l = 0x1100;
const hangul_v = 0x1161;
const hangul_t = 0x11A7;
const hangul_l_count = 19;
const hangul_v_count = 21;
const hangul_t_count = 28;
const hangul_n_count = hangul_v_count * hangul_t_count;
const hangul_s_count = hangul_l_count * hangul_n_count;

/// The properties of a code point.
pub fn record(code_point: u32) tables.Record {
    std.debug.assert(code_point <= 0x10FFFF);
    const block: usize = tables.stage1.get(code_point / tables.block_size);
    const id = tables.stage2.get(block * tables.block_size + code_point % tables.block_size);
    return @bitCast(tables.records.get(id));
}

/// Finds the sequence of a code point in a table made by `sequences` of the generator.
pub fn appendSequence(
    comptime keys: tables.Table(u32),
    comptime values: tables.Table(u16),
    comptime data: tables.Table(u32),
    arena: Allocator,
    out: *std.ArrayList(u32),
    code_point: u32,
) Allocator.Error!void {
    var low: usize = 0;
    var high: usize = keys.len;
    while (low < high) {
        const middle = (low + high) / 2;
        const key = keys.get(middle);
        const found = key & 0xFFFFFF;
        if (found == code_point) {
            const start = values.get(middle);
            for (0..key >> 24) |offset| try out.append(arena, data.get(start + offset));
            return;
        }
        if (found < code_point) low = middle + 1 else high = middle;
    }
    unreachable; // The record said that there is one.
}

/// NFC. Returns `input` itself when it is normalised already.
pub fn nfc(arena: Allocator, input: []const u32) Allocator.Error![]const u32 {
    if (isSurelyNfc(input)) return input;
    var decomposed: std.ArrayList(u32) = .empty;
    try decomposed.ensureTotalCapacity(arena, input.len + 16);
    for (input) |code_point| try decompose(arena, &decomposed, code_point);
    orderCanonically(decomposed.items);
    return compose(decomposed.items);
}

pub fn isNfc(arena: Allocator, input: []const u32) Allocator.Error!bool {
    return isSurelyNfc(input) or std.mem.eql(u32, input, try nfc(arena, input));
}

/// The quick check (UAX #15, section 9); "maybe" counts as no.
fn isSurelyNfc(input: []const u32) bool {
    var last_class: u8 = 0;
    for (input) |code_point| {
        if (code_point < 0x300) {
            last_class = 0;
            continue;
        }
        const properties = record(code_point);
        if (properties.quick_check != .yes) return false;
        const class = properties.combining_class;
        if (class != 0 and class < last_class) return false;
        last_class = class;
    }
    return true;
}

fn decompose(arena: Allocator, out: *std.ArrayList(u32), code_point: u32) Allocator.Error!void {
    if (code_point >= hangul_s and code_point < hangul_s + hangul_s_count) {
        const index = code_point - hangul_s;
        try out.append(arena, hangul_l + index / hangul_n_count);
        try out.append(arena, hangul_v + index % hangul_n_count / hangul_t_count);
        const trailing = index % hangul_t_count;
        if (trailing != 0) try out.append(arena, hangul_t + trailing);
    } else if (record(code_point).has_decomposition) {
        try appendSequence(tables.decomposition_keys, tables.decomposition_values, tables.decomposition_data, arena, out, code_point);
    } else try out.append(arena, code_point);
}

/// The Canonical Ordering Algorithm: sorts each run of non-starters, stably.
fn orderCanonically(code_points: []u32) void {
    const byClass = struct {
        fn lessThan(_: void, a: u32, b: u32) bool {
            return record(a).combining_class < record(b).combining_class;
        }
    }.lessThan;
    var start: usize = 0;
    while (start < code_points.len) {
        if (record(code_points[start]).combining_class == 0) {
            start += 1;
            continue;
        }
        var end = start + 1;
        while (end < code_points.len and record(code_points[end]).combining_class != 0) end += 1;
        if (end - start > 1) std.mem.sort(u32, code_points[start..end], {}, byClass);
        start = end;
    }
}

/// The Canonical Composition Algorithm, in place.
fn compose(code_points: []u32) []u32 {
    var len: usize = 0;
    var starter: ?usize = null;
    var last_class: u8 = 0;
    for (code_points) |code_point| {
        const class = record(code_point).combining_class;
        if (starter) |index| {
            // Blocked when something of the same or a higher class stands between.
            const adjacent = len == index + 1;
            if (adjacent or last_class < class) {
                if (composePair(code_points[index], code_point)) |composed| {
                    code_points[index] = composed;
                    continue;
                }
            }
        }
        code_points[len] = code_point;
        if (class == 0) starter = len;
        last_class = class;
        len += 1;
    }
    return code_points[0..len];
}

fn composePair(first: u32, second: u32) ?u32 {
    if (first >= hangul_l and first < hangul_l + hangul_l_count) {
        if (second < hangul_v or second >= hangul_v + hangul_v_count) return null;
        return hangul_s + ((first - hangul_l) * hangul_v_count + (second - hangul_v)) * hangul_t_count;
    }
    if (first >= hangul_s and first < hangul_s + hangul_s_count) {
        if ((first - hangul_s) % hangul_t_count != 0) return null;
        if (second <= hangul_t or second >= hangul_t + hangul_t_count) return null;
        return first + (second - hangul_t);
    }
    const key = @as(u64, first) << 32 | second;
    var low: usize = 0;
    var high: usize = tables.composition_keys.len;
    while (low < high) {
        const middle = (low + high) / 2;
        const found = tables.composition_keys.get(middle);
        if (found == key) return tables.composition_values.get(middle);
        if (found < key) low = middle + 1 else high = middle;
    }
    return null;
}

test "normalisation" {
    var arena_state = std.heap.ArenaAllocator.init(std.testing.allocator);
    defer arena_state.deinit();
    const arena = arena_state.allocator();
    const Case = struct { []const u32, []const u32 };
    const cases = [_]Case{
        .{ &.{ 'e', 0x301 }, &.{0xE9} },
        .{ &.{0x212B}, &.{0xC5} }, // singleton: ANGSTROM SIGN
        .{ &.{ 'q', 0x307, 0x323 }, &.{ 'q', 0x323, 0x307 } }, // ordered
        .{ &.{ 0x1E0B, 0x323 }, &.{ 0x1E0D, 0x307 } }, // taken apart and composed anew
        .{ &.{ 0x1100, 0x1161, 0x11A8 }, &.{0xAC01} },
        .{ &.{ 0xAC00, 0x11A8 }, &.{0xAC01} },
        .{ &.{ 0xAC01, 0x11A8 }, &.{ 0xAC01, 0x11A8 } },
        .{ &.{0x958}, &.{ 0x915, 0x93C } }, // excluded from composition
        .{ &.{ 'a', 0x315, 0x300, 0x5AE, 0x300 }, &.{ 0xE0, 0x5AE, 0x300, 0x315 } },
        .{ &.{ 'a', 0x334, 0x300 }, &.{ 0xE0, 0x334 } },
        .{ &.{0x1F600}, &.{0x1F600} },
        .{ &.{ 0x301, 'e' }, &.{ 0x301, 'e' } },
    };
    for (cases) |case| {
        try std.testing.expectEqualSlices(u32, case[1], try nfc(arena, case[0]));
        try std.testing.expect(try isNfc(arena, case[1]));
    }
}
