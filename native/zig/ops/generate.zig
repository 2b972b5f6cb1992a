//! Renders the op table and its numbers as TypeScript, and the C ABI as a header.
//!
//! Usage: generate OPS_TS NUMBERS_TS CORE_H writes the files; with --check it compares and fails when one is stale.

const std = @import("std");
const abi = @import("abi.zig");
const numbers = @import("numbers.zig");
const op = @import("op.zig");
const table = @import("table.zig");

pub fn main(init: std.process.Init) !void {
    const arena = init.arena.allocator();
    const args = try init.minimal.args.toSlice(arena);
    const check = args.len == 5 and std.mem.eql(u8, args[4], "--check");
    if (args.len != 4 and !check) {
        std.debug.print("usage: generate OPS_TS NUMBERS_TS CORE_H [--check]\n", .{});
        std.process.exit(2);
    }
    var stale = false;
    const outputs = [_]struct { []const u8, []const u8 }{
        .{ args[1], try renderOps(arena) },
        .{ args[2], try renderNumbers(arena) },
        .{ args[3], try renderHeader(arena) },
    };
    const dir = std.Io.Dir.cwd();
    for (outputs) |output| {
        const path, const text = output;
        const current: []const u8 = dir.readFileAlloc(init.io, path, arena, .unlimited) catch "";
        if (std.mem.eql(u8, current, text)) continue;
        if (check) {
            std.debug.print("{s} is stale: run `npm run gen` and commit the result\n", .{path});
            stale = true;
        } else try dir.writeFile(init.io, .{ .sub_path = path, .data = text });
    }
    if (stale) std.process.exit(1);
}

// --- TypeScript -------------------------------------------------------------------------------------

fn renderOps(arena: std.mem.Allocator) ![]const u8 {
    var out: std.Io.Writer.Allocating = .init(arena);
    const w = &out.writer;
    try w.writeAll(
        \\// Generated from native/zig/ops by `npm run gen`. Do not edit.
        \\
        \\/** What the core does for the web layer. Async ops return promises; a failed op throws or rejects by `makeError`. */
        \\export interface Ops {
        \\
    );
    for (table.ops) |entry| {
        try w.print("  /** {s} */\n  {s}(", .{ entry.doc, entry.name });
        for (entry.args, entry.arg_kinds, 0..) |name, kind, index| {
            if (index > 0) try w.writeAll(", ");
            try w.print("{s}: {s}", .{ name, op.argTypescript(kind) });
        }
        try w.print("): {s};\n", .{entry.result});
    }
    try w.writeAll("}\n");
    return out.written();
}

fn renderNumbers(arena: std.mem.Allocator) ![]const u8 {
    var out: std.Io.Writer.Allocating = .init(arena);
    const w = &out.writer;
    try w.writeAll("// Generated from native/zig/ops/numbers.zig by `npm run gen`. Do not edit.\n");
    inline for (numbers.enumerations) |each| {
        try renderEnum(w, each.name, each.doc, @typeInfo(each.type).@"enum".fields, false);
    }
    inline for (numbers.bits) |each| {
        const fields = @typeInfo(each.type).@"struct".fields;
        try renderEnum(w, each.name, each.doc ++ " A sum of:", fields[0 .. fields.len - 1], true);
    }
    for (numbers.limits) |limit| try w.print("\n/** {s} */\nexport const {s} = {d};\n", .{ limit.doc, limit.name, limit.value });
    return out.written();
}

/// A `const enum`, whose members the bundler puts where they are used.
fn renderEnum(w: *std.Io.Writer, name: []const u8, doc: []const u8, comptime fields: anytype, comptime is_bits: bool) !void {
    try w.print("\n/** {s} */\nexport const enum {s} {{\n", .{ doc, name });
    inline for (fields, 0..) |field, index| {
        try w.print("  {s} = {d},\n", .{ comptime pascalCase(field.name), if (is_bits) 1 << index else field.value });
    }
    try w.writeAll("}\n");
}

// --- C ------------------------------------------------------------------------------------------------

fn renderHeader(arena: std.mem.Allocator) ![]const u8 {
    @setEvalBranchQuota(20_000);
    var out: std.Io.Writer.Allocating = .init(arena);
    const w = &out.writer;
    try w.writeAll(
        \\// Generated from native/zig/ops/abi.zig by `npm run gen`. Do not edit.
        \\#pragma once
        \\
        \\#include <cstddef>
        \\#include <cstdint>
        \\
        \\
    );
    inline for (abi.opaque_types) |T| try w.print("struct {s};\n", .{comptime cName(T)});
    inline for (abi.types) |T| if (@typeInfo(T) == .@"struct") try w.print("struct {s};\n", .{comptime cName(T)});
    inline for (abi.types) |T| try renderType(w, T);
    inline for (.{ numbers.ObjectKind, numbers.CloneShape, numbers.HostAnswer }) |T| try renderType(w, T);
    try w.writeAll("\nextern \"C\" {\n");
    inline for (@typeInfo(abi.functions).@"struct".decls) |decl| {
        const info = @typeInfo(@TypeOf(@field(abi.functions, decl.name))).@"fn";
        try w.print("{s} {s}(", .{ comptime cType(info.return_type.?), decl.name });
        inline for (info.params, 0..) |param, index| {
            if (index > 0) try w.writeAll(", ");
            try w.writeAll(comptime cType(param.type.?));
        }
        try w.writeAll(");\n");
    }
    try w.writeAll("}\n");
    return out.written();
}

fn renderType(w: *std.Io.Writer, comptime T: type) !void {
    switch (@typeInfo(T)) {
        .@"enum" => |info| {
            try w.print("\nenum class {s} : {s} {{\n", .{ comptime cName(T), comptime cType(info.tag_type) });
            inline for (info.fields) |field| try w.print("  {s} = {d},\n", .{ comptime enumerator(field.name), field.value });
            try w.writeAll("};\n");
        },
        .@"struct" => |info| try renderFields(w, "struct", comptime cName(T), info.fields),
        .@"union" => |info| try renderFields(w, "union", comptime cName(T), info.fields),
        else => comptime unreachable,
    }
}

fn renderFields(w: *std.Io.Writer, comptime keyword: []const u8, comptime name: []const u8, comptime fields: anytype) !void {
    try w.print("\n{s} {s} {{\n", .{ keyword, name });
    inline for (fields) |field| {
        if (comptime cFunction(field.type)) |parts| {
            try w.print("  {s} (*{s})({s});\n", .{ parts[0], field.name, parts[1] });
        } else try w.print("  {s} {s};\n", .{ comptime cType(field.type), field.name });
    }
    try w.writeAll("};\n");
}

/// Return type and parameters when T is a pointer to a C function.
fn cFunction(comptime T: type) ?[2][]const u8 {
    const Pointer = switch (@typeInfo(T)) {
        .optional => |info| info.child,
        else => T,
    };
    const pointer = switch (@typeInfo(Pointer)) {
        .pointer => |info| info,
        else => return null,
    };
    const info = switch (@typeInfo(pointer.child)) {
        .@"fn" => |info| info,
        else => return null,
    };
    if (info.calling_convention == .auto) return null;
    var params: []const u8 = "";
    for (info.params, 0..) |param, index| {
        params = params ++ (if (index == 0) "" else ", ") ++ cType(param.type.?);
    }
    return .{ cType(info.return_type.?), params };
}

/// "Realm.Hooks" → "NanoRealmHooks".
fn cName(comptime T: type) []const u8 {
    const full = @typeName(T);
    var name: []const u8 = "Nano";
    var parts = std.mem.splitScalar(u8, full, '.');
    while (parts.next()) |part| {
        if (std.ascii.isUpper(part[0])) name = name ++ part;
    }
    return name;
}

/// "owned_bytes" → "kOwnedBytes".
fn enumerator(comptime name: []const u8) []const u8 {
    return "k" ++ pascalCase(name);
}

/// "owned_bytes" → "OwnedBytes"; "sha3_256" → "Sha3_256".
fn pascalCase(comptime name: []const u8) []const u8 {
    var text: []const u8 = "";
    var parts = std.mem.splitScalar(u8, name, '_');
    while (parts.next()) |part| {
        const joins_digits = text.len > 0 and std.ascii.isDigit(text[text.len - 1]) and std.ascii.isDigit(part[0]);
        text = text ++ (if (joins_digits) "_" else "") ++ [_]u8{std.ascii.toUpper(part[0])} ++ part[1..];
    }
    return text;
}

fn cType(comptime T: type) []const u8 {
    return switch (T) {
        void => "void",
        bool => "bool",
        u8 => "uint8_t",
        u16 => "uint16_t",
        i32 => "int32_t",
        u32 => "uint32_t",
        u64 => "uint64_t",
        usize => "size_t",
        f64 => "double",
        anyopaque => "void",
        else => switch (@typeInfo(T)) {
            .optional => |info| cType(info.child),
            .pointer => |info| switch (@typeInfo(info.child)) {
                // A Zig function: opaque to C.
                .@"fn" => "void*",
                else => blk: {
                    const child = if (info.sentinel_ptr != null) "char" else cType(info.child);
                    break :blk (if (info.is_const) "const " else "") ++ child ++ "*";
                },
            },
            .@"enum", .@"struct", .@"union" => cName(T),
            else => @compileError("no C type for " ++ @typeName(T)),
        },
    };
}
