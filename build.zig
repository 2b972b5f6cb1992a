//! Builds the core: `zig build` makes zig-out/lib/libnano_core.a and fails when a generated file is stale.
//!
//!     zig build                    the library (ReleaseSafe), for binding.gyp and CMakeLists.txt
//!     zig build test               every module's tests (Debug); test-url, test-http … for one module
//!     zig build test-programs      zig-out/test/* and zig-out/bin/trace-lines, which scripts/coverage-zig.mjs runs them by
//!     zig build test-addons        zig-out/test-addons/*.node, which scripts/test-in-node.mjs runs inside of Node
//!     zig build fuzz-http          zig-out/bin/fuzz-http, which `npm run fuzz -- http` runs
//!     zig build gen                writes the generated files after a change of the op table or the C ABI
//!     zig build check-gen          fails when one of them is stale
//!     -Dlibxev=<path>              upstream libxev (a checkout) in place of native/zig/xev

const std = @import("std");
const builtin = @import("builtin");

const Area = struct {
    name: []const u8,
    root: []const u8,
    /// Only areas above this one in the list: dependencies point downward.
    imports: []const []const u8 = &.{},
};

const areas = [_]Area{
    .{ .name = "process_library", .root = "native/zig/process_library/root.zig" },
    .{ .name = "memory", .root = "native/zig/memory/root.zig" },
    .{ .name = "xev", .root = "native/zig/xev/main.zig" },
    .{ .name = "encoding", .root = "native/zig/encoding/root.zig" },
    .{ .name = "url", .root = "native/zig/url/root.zig", .imports = &.{"encoding"} },
    .{ .name = "net", .root = "native/zig/net/root.zig", .imports = &.{ "xev", "memory" } },
    .{ .name = "tls", .root = "native/zig/tls/root.zig", .imports = &.{ "memory", "process_library" } },
    .{ .name = "http2", .root = "native/zig/http2/root.zig", .imports = &.{ "memory", "process_library" } },
    .{ .name = "compression", .root = "native/zig/compression/root.zig", .imports = &.{ "memory", "process_library" } },
    .{ .name = "stream", .root = "native/zig/stream/root.zig", .imports = &.{ "memory", "encoding", "compression" } },
    .{ .name = "http", .root = "native/zig/http/root.zig", .imports = &.{ "net", "xev", "memory", "tls", "http2", "compression" } },
    .{ .name = "crypto", .root = "native/zig/crypto/root.zig", .imports = &.{ "memory", "process_library" } },
    .{ .name = "realm", .root = "native/zig/realm/root.zig", .imports = &.{ "xev", "memory" } },
    .{
        .name = "ops",
        .root = "native/zig/ops/root.zig",
        .imports = &.{ "memory", "xev", "encoding", "url", "net", "tls", "compression", "stream", "http", "crypto", "realm" },
    },
};

/// Their tests meet the libraries of the process: they are run inside of Node too.
const areas_in_node = [_][]const u8{ "process_library", "tls", "compression", "crypto", "http2", "ops" };

const generated = [_][]const u8{ "src-ts/internal/ops.gen.ts", "src-ts/internal/numbers.gen.ts", "native/v8-bridge/core.gen.h" };

pub fn build(b: *std.Build) void {
    const target = b.standardTargetOptions(.{ .default_target = portableTarget() });
    const optimize = b.option(std.builtin.OptimizeMode, "optimize", "of the library (ReleaseSafe)") orelse .ReleaseSafe;
    const test_optimize = b.option(std.builtin.OptimizeMode, "test-optimize", "of the tests (Debug)") orelse .Debug;
    const libxev = b.option([]const u8, "libxev", "path to a libxev checkout, used in place of native/zig/xev");

    const release = Modules.create(b, target, optimize, libxev);
    const library = b.addLibrary(.{ .linkage = .static, .name = "nano_core", .root_module = release.get("ops") });
    library.bundle_compiler_rt = true;
    b.getInstallStep().dependOn(&b.addInstallLibFile(withLibcMemory(b, library), "libnano_core.a").step);

    addFuzzer(b, release.get("http"));

    const debug = Modules.create(b, target, test_optimize, libxev);
    addTests(b, debug, libxev != null);
    addTestAddons(b, debug);

    const check = addGenerator(b, debug);
    b.getInstallStep().dependOn(check);
}

/// An addon may be built on one machine and run on another (container images): no newer instructions than
/// what every x86-64 since 2009 has. `-Dcpu=native` tunes for the building machine.
fn portableTarget() std.Target.Query {
    return switch (builtin.cpu.arch) {
        .x86_64 => .{ .cpu_model = .{ .explicit = &std.Target.x86.cpu.x86_64_v2 }, .cpu_arch = .x86_64 },
        else => .{ .cpu_model = .baseline },
    };
}

/// The library with libc's memset, memcpy and so on in place of compiler_rt's (the tool says why).
fn withLibcMemory(b: *std.Build, library: *std.Build.Step.Compile) std.Build.LazyPath {
    const tool = b.addExecutable(.{
        .name = "use_libc_memory",
        .root_module = b.createModule(.{
            .root_source_file = b.path("native/zig/build/use_libc_memory.zig"),
            .target = b.graph.host,
            .optimize = .Debug,
        }),
    });
    const run = b.addRunArtifact(tool);
    run.addArtifactArg(library);
    return run.addOutputFileArg("libnano_core.a");
}

/// One module for each area, wired up.
const Modules = struct {
    list: [areas.len]*std.Build.Module,

    fn create(
        b: *std.Build,
        target: std.Build.ResolvedTarget,
        optimize: std.builtin.OptimizeMode,
        libxev: ?[]const u8,
    ) Modules {
        var modules: Modules = undefined;
        for (areas, 0..) |area, index| {
            const upstream = std.mem.eql(u8, area.name, "xev") and libxev != null;
            modules.list[index] = b.createModule(.{
                .root_source_file = if (upstream)
                    .{ .cwd_relative = b.pathJoin(&.{ libxev.?, "src", "main.zig" }) }
                else
                    b.path(area.root),
                .target = target,
                .optimize = optimize,
                .link_libc = true,
                .pic = true,
            });
            for (area.imports) |name| modules.list[index].addImport(name, modules.before(index, name));
        }
        return modules;
    }

    fn before(modules: *const Modules, end: usize, name: []const u8) *std.Build.Module {
        for (areas[0..end], modules.list[0..end]) |area, module| {
            if (std.mem.eql(u8, area.name, name)) return module;
        }
        std.debug.panic("module \"{s}\" is not above \"{s}\" in the list of areas", .{ name, areas[end].name });
    }

    fn get(modules: *const Modules, name: []const u8) *std.Build.Module {
        return modules.before(areas.len, name);
    }
};

fn addTests(b: *std.Build, modules: Modules, upstream_xev: bool) void {
    const all = b.step("test", "Run the tests of every module");
    const programs = b.step("test-programs", "Build the tests of every module, into zig-out/test");
    const tracer = b.addExecutable(.{
        .name = "trace-lines",
        .root_module = b.createModule(.{
            .root_source_file = b.path("native/zig/build/trace_lines.zig"),
            .target = b.graph.host,
            .optimize = .Debug,
        }),
    });
    programs.dependOn(&b.addInstallArtifact(tracer, .{}).step);
    for (areas, modules.list) |area, module| {
        const one = b.step(b.fmt("test-{s}", .{area.name}), b.fmt("Run the tests of {s}", .{area.root}));
        all.dependOn(one);
        const is_xev = std.mem.eql(u8, area.name, "xev");
        // Upstream tests itself; what nano relies on is checked of either.
        if (!is_xev or !upstream_xev) addTestProgram(b, area.name, module, one, programs);
        if (is_xev) addTestProgram(b, "xev-conformance", conformanceTests(b, module), one, programs);
    }
}

fn addTestProgram(b: *std.Build, name: []const u8, module: *std.Build.Module, run_step: *std.Build.Step, programs: *std.Build.Step) void {
    const tests = b.addTest(.{ .name = b.fmt("test-{s}", .{name}), .root_module = module });
    run_step.dependOn(&b.addRunArtifact(tests).step);
    programs.dependOn(&b.addInstallArtifact(tests, .{ .dest_dir = .{ .override = .{ .custom = "test" } } }).step);
}

fn addTestAddons(b: *std.Build, modules: Modules) void {
    const step = b.step("test-addons", "Build the tests that run inside of Node, into zig-out/test-addons");
    for (areas_in_node) |name| {
        const module = modules.get(name);
        const object = b.addTest(.{
            .name = name,
            .root_module = module,
            .emit_object = true,
            .test_runner = .{ .path = b.path("native/zig/build/node_test_runner.zig"), .mode = .simple },
        });
        const addon = b.addLibrary(.{
            .name = name,
            .linkage = .dynamic,
            .root_module = b.createModule(.{ .target = module.resolved_target, .optimize = module.optimize, .link_libc = true, .pic = true }),
        });
        addon.root_module.addObject(object);
        step.dependOn(&b.addInstallFile(addon.getEmittedBin(), b.fmt("test-addons/{s}.node", .{name})).step);
    }
}

/// They know the event loop by its public API.
fn conformanceTests(b: *std.Build, xev: *std.Build.Module) *std.Build.Module {
    return b.createModule(.{
        .root_source_file = b.path("native/zig/xev/conformance_test.zig"),
        .target = xev.resolved_target,
        .optimize = xev.optimize,
        .link_libc = true,
        .imports = &.{.{ .name = "xev", .module = xev }},
    });
}

fn addFuzzer(b: *std.Build, http: *std.Build.Module) void {
    const fuzzer = b.addExecutable(.{
        .name = "fuzz-http",
        .root_module = b.createModule(.{
            .root_source_file = b.path("native/zig/build/fuzz_http.zig"),
            .target = http.resolved_target,
            .optimize = http.optimize,
            .link_libc = true,
        }),
    });
    fuzzer.root_module.addImport("http", http);
    b.step("fuzz-http", "Build the fuzzer of HTTP responses").dependOn(&b.addInstallArtifact(fuzzer, .{}).step);
}

/// Returns the step that checks.
fn addGenerator(b: *std.Build, modules: Modules) *std.Build.Step {
    const ops = modules.get("ops");
    const generator = b.addExecutable(.{
        .name = "generate",
        .root_module = b.createModule(.{
            .root_source_file = b.path("native/zig/ops/generate.zig"),
            .target = ops.resolved_target,
            .optimize = .Debug,
            .link_libc = true,
        }),
    });
    var imports = ops.import_table.iterator();
    while (imports.next()) |entry| generator.root_module.addImport(entry.key_ptr.*, entry.value_ptr.*);

    const write = b.addRunArtifact(generator);
    write.setCwd(b.path("."));
    for (generated) |path| write.addArg(path);
    write.has_side_effects = true;
    b.step("gen", "Write the generated files").dependOn(&write.step);

    const check = b.addRunArtifact(generator);
    check.setCwd(b.path("."));
    for (generated) |path| {
        check.addArg(path);
        check.addFileInput(b.path(path));
    }
    check.addArg("--check");
    check.expectExitCode(0);
    const step = b.step("check-gen", "Fail when a generated file is stale");
    step.dependOn(&check.step);
    return step;
}
