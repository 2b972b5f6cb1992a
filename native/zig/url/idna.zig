//! Unicode IDNA Compatibility Processing as URLs use it (https://url.spec.whatwg.org/#idna, UTS #46):
//! CheckHyphens and UseSTD3ASCIIRules false, CheckBidi and CheckJoiners true, nontransitional,
//! VerifyDnsLength and IgnoreInvalidPunycode false.
//!
//! Threads: pure functions over constant tables, any thread. Scratch memory is the arena's.

const std = @import("std");
const encoding = @import("encoding");
const normalize = @import("normalize.zig");
const punycode = @import("punycode.zig");
const tables = @import("idna_tables.zig");

const Allocator = std.mem.Allocator;
const record = normalize.record;

pub const unicode_version = tables.unicode_version;

pub const Error = error{ InvalidDomain, OutOfMemory };

/// What labels begin with that are Punycode.
pub const ace_prefix = "xn--";
const zero_width_non_joiner = 0x200C;
const zero_width_joiner = 0x200D;
const combining_class_virama = 9;

/// "Domain parser ToASCII", not strict. Appends to `out`; the caller looks for forbidden code points.
/// Domains of ASCII only without "xn--" labels come out lower-cased, so the caller need not ask for those.
pub fn toAscii(arena: Allocator, domain: []const u8, out: *std.ArrayList(u8)) Error!void {
    for (try process(arena, domain), 0..) |label, index| {
        if (index > 0) try out.append(arena, '.');
        if (isAscii(label)) {
            for (label) |code_point| try out.append(arena, @intCast(code_point));
        } else {
            try out.appendSlice(arena, ace_prefix);
            try punycode.encode(arena, label, out);
        }
    }
}

/// Domain to Unicode (https://url.spec.whatwg.org/#concept-domain-to-unicode): for showing, not for comparing.
/// Returns the domain itself when it has no valid Unicode form.
pub fn domainToUnicode(arena: Allocator, domain: []const u8) Allocator.Error![]const u8 {
    const labels = process(arena, domain) catch |err| switch (err) {
        error.InvalidDomain => return domain,
        error.OutOfMemory => return error.OutOfMemory,
    };
    var out: std.ArrayList(u8) = .empty;
    for (labels, 0..) |label, index| {
        if (index > 0) try out.append(arena, '.');
        for (label) |code_point| {
            var buffer: [4]u8 = undefined;
            try out.appendSlice(arena, buffer[0..encoding.utf8.encode(@intCast(code_point), &buffer)]);
        }
    }
    return out.items;
}

/// UTS #46, section 4 (Processing): the valid labels, in Unicode.
fn process(arena: Allocator, domain: []const u8) Error![]const []const u32 {
    // 1. Map. Disallowed code points stay, and fail below.
    var mapped: std.ArrayList(u32) = .empty;
    try mapped.ensureTotalCapacity(arena, domain.len);
    var rest = domain;
    while (rest.len > 0) {
        const sequence = encoding.utf8.next(rest);
        rest = rest[sequence.len..];
        switch (record(sequence.code_point).status) {
            .valid, .disallowed => try mapped.append(arena, sequence.code_point),
            .ignored => {},
            .mapped => try normalize.appendSequence(tables.mapping_keys, tables.mapping_values, tables.mapping_data, arena, &mapped, sequence.code_point),
        }
    }
    // 2. Normalize.
    const normalized = try normalize.nfc(arena, mapped.items);
    // 3. Break. 4. Convert: Punycode first, since whether it is a Bidi domain name depends on all labels.
    var labels: std.ArrayList([]const u32) = .empty;
    var is_bidi = false;
    var iterator = std.mem.splitScalar(u32, normalized, '.');
    while (iterator.next()) |label| {
        const unicode = try convert(arena, label);
        for (unicode) |code_point| switch (record(code_point).bidi) {
            .R, .AL, .AN => is_bidi = true,
            else => {},
        };
        try labels.append(arena, unicode);
    }
    // 4. Validate.
    for (labels.items) |label| {
        if (!isValidLabel(label, is_bidi)) return error.InvalidDomain;
    }
    return labels.items;
}

/// Decodes a label that starts with "xn--"; what comes out must be normalised and not ASCII only.
fn convert(arena: Allocator, label: []const u32) Error![]const u32 {
    if (!startsWithAcePrefix(label)) return label;
    const ascii = try arena.alloc(u8, label.len - ace_prefix.len);
    for (ascii, label[ace_prefix.len..]) |*byte, code_point| {
        if (code_point > 0x7F) return error.InvalidDomain;
        byte.* = @intCast(code_point);
    }
    const decoded = punycode.decode(arena, ascii) catch |err| switch (err) {
        error.InvalidPunycode => return error.InvalidDomain,
        error.OutOfMemory => return error.OutOfMemory,
    };
    if (isAscii(decoded)) return error.InvalidDomain; // The empty label as well.
    if (!try normalize.isNfc(arena, decoded)) return error.InvalidDomain;
    return decoded;
}

/// UTS #46, section 4.1 (Validity Criteria), but for NFC, which `process` and `convert` saw to.
fn isValidLabel(label: []const u32, is_bidi: bool) bool {
    if (label.len == 0) return true;
    if (startsWithAcePrefix(label)) return false;
    if (record(label[0]).mark) return false;
    for (label) |code_point| {
        if (record(code_point).status != .valid) return false;
    }
    return hasValidJoiners(label) and (!is_bidi or followsBidiRule(label));
}

/// The ContextJ rules (RFC 5892, appendices A.1 and A.2).
fn hasValidJoiners(label: []const u32) bool {
    for (label, 0..) |code_point, index| {
        if (code_point != zero_width_non_joiner and code_point != zero_width_joiner) continue;
        if (index == 0) return false;
        if (record(label[index - 1]).combining_class == combining_class_virama) continue;
        if (code_point == zero_width_joiner) return false;
        // (Joining_Type:{L,D})(Joining_Type:T)* ZWNJ (Joining_Type:T)*(Joining_Type:{R,D})
        var before = index;
        while (before > 0 and record(label[before - 1]).joining == .T) before -= 1;
        if (before == 0) return false;
        switch (record(label[before - 1]).joining) {
            .L, .D => {},
            else => return false,
        }
        var after = index + 1;
        while (after < label.len and record(label[after]).joining == .T) after += 1;
        if (after == label.len) return false;
        switch (record(label[after]).joining) {
            .R, .D => {},
            else => return false,
        }
    }
    return true;
}

/// The Bidi Rule (RFC 5893, section 2).
fn followsBidiRule(label: []const u32) bool {
    const right_to_left = switch (record(label[0]).bidi) {
        .L => false,
        .R, .AL => true,
        else => return false,
    };
    var has_european = false;
    var has_arabic = false;
    // The class of the last code point that is not a nonspacing mark.
    var last = record(label[0]).bidi;
    for (label) |code_point| {
        const class = record(code_point).bidi;
        switch (class) {
            .EN => has_european = true,
            .AN => {
                if (!right_to_left) return false;
                has_arabic = true;
            },
            .R, .AL => if (!right_to_left) return false,
            .L => if (right_to_left) return false,
            .ES, .CS, .ET, .ON, .BN, .NSM => {},
            else => return false,
        }
        if (class != .NSM) last = class;
    }
    if (right_to_left) {
        if (has_european and has_arabic) return false;
        return last == .R or last == .AL or last == .EN or last == .AN;
    }
    return last == .L or last == .EN;
}

fn startsWithAcePrefix(label: []const u32) bool {
    if (label.len < ace_prefix.len) return false;
    for (label[0..ace_prefix.len], ace_prefix) |code_point, byte| if (code_point != byte) return false;
    return true;
}

fn isAscii(label: []const u32) bool {
    for (label) |code_point| if (code_point > 0x7F) return false;
    return true;
}

const testing = std.testing;

test "domains to ASCII" {
    var arena_state = std.heap.ArenaAllocator.init(testing.allocator);
    defer arena_state.deinit();
    const arena = arena_state.allocator();
    const cases = [_]struct { []const u8, ?[]const u8 }{
        .{ "faß.ExAmPlE", "xn--fa-hia.example" },
        .{ "☕.example", "xn--53h.example" },
        .{ "Bücher.de", "xn--bcher-kva.de" },
        .{ "bu\u{308}cher.de", "xn--bcher-kva.de" },
        .{ "ＧＯ.com", "go.com" },
        .{ "a\u{ad}b\u{3002}c", "ab.c" },
        .{ "日本語。ＪＰ", "xn--wgv71a119e.jp" },
        .{ "é..", "xn--9ca.." },
        .{ "\u{ad}", "" },
        .{ "\u{301}a", null }, // begins with a mark
        .{ "a\u{fffd}", null },
        .{ "a\u{378}", null }, // unassigned
        .{ "é.xn--9ca", "xn--9ca.xn--9ca" },
        .{ "é.xn--a", null },
        .{ "é.xn--", null },
        .{ "é.xn--abc-", null }, // decodes to ASCII
        .{ "xn--é", null },
        .{ "é.xn--e-xbb", null }, // decodes to what is not NFC
        .{ "é.xn--xn---epa", null }, // decodes to a label that begins with xn--
        .{ "-é-", "xn-----bja" }, // hyphens are not checked
        .{ "a\u{200d}b", null },
        .{ "क्\u{200d}ष", "xn--11b2ezcw70k" },
        .{ "\u{200c}é", null },
        .{ "بي\u{200c}بي", "xn--ngba5hb2804a" },
        .{ "א", "xn--4db" },
        .{ "אa", null }, // LTR in an RTL label
        .{ "א1", "xn--1-zhc" },
        .{ "א-", null }, // ends with ES
        .{ "1א", null },
        .{ "א.1a", null }, // a Bidi domain: every label must follow the rule
        .{ "é.1a", "xn--9ca.1a" },
        .{ "ب1٠", null }, // European and Arabic digits
        .{ "א\u{5b0}", "xn--7cb7d" },
    };
    for (cases) |case| {
        var out: std.ArrayList(u8) = .empty;
        const result = toAscii(arena, case[0], &out);
        if (case[1]) |expected| {
            result catch |err| {
                std.debug.print("refused: {s}\n", .{case[0]});
                return err;
            };
            try testing.expectEqualStrings(expected, out.items);
        } else testing.expectError(error.InvalidDomain, result) catch |err| {
            std.debug.print("accepted: {s} as {s}\n", .{ case[0], out.items });
            return err;
        };
    }
}

test "domains to Unicode" {
    var arena_state = std.heap.ArenaAllocator.init(testing.allocator);
    defer arena_state.deinit();
    const arena = arena_state.allocator();
    try testing.expectEqualStrings("faß.example", try domainToUnicode(arena, "xn--fa-hia.example"));
    try testing.expectEqualStrings("a.b", try domainToUnicode(arena, "a.b"));
    try testing.expectEqualStrings("xn--8i7caa", try domainToUnicode(arena, "xn--8i7caa"));
}
