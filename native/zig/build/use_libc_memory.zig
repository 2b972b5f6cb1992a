//! Build tool: `use_libc_memory IN.a OUT.a` copies a static library and hides the memset, memcpy … of Zig's
//! compiler_rt in it, so that the core calls libc's.
//!
//! Why: the library carries compiler_rt for what libc has not (stack probes, 128-bit division). Its memset
//! comes along, wins over libc's when the addon is linked, and is a byte loop: 144 ns for each KiB, where
//! libc takes 9. ReleaseSafe fills every `undefined` local with it.
//!
//! How: in the ELF objects that define one of these names, the symbol's name loses its first letter. Nobody
//! looks for "emset"; calls inside the object go by index and stay what they were. (objcopy could make the
//! symbols local, but GNU's cannot read the member names that Zig writes.) Anything but 64-bit little-endian
//! ELF is copied as it is. Single-threaded; all memory goes with the process.

const std = @import("std");
const elf = std.elf;

const names = [_][]const u8{ "memset", "memcpy", "memmove", "memcmp", "bcmp" };

pub fn main(init: std.process.Init) !void {
    const arena = init.arena.allocator();
    const args = try init.minimal.args.toSlice(arena);
    if (args.len != 3) {
        std.log.err("usage: use_libc_memory IN.a OUT.a", .{});
        std.process.exit(2);
    }
    const dir = std.Io.Dir.cwd();
    const archive = try dir.readFileAlloc(init.io, args[1], arena, .unlimited);
    _ = try hideInArchive(archive);
    try dir.writeFile(init.io, .{ .sub_path = args[2], .data = archive });
}

/// Returns how many symbols it hid. https://en.wikipedia.org/wiki/Ar_(Unix)#File_format_details
fn hideInArchive(archive: []u8) !usize {
    const magic = "!<arch>\n";
    const header_bytes = 60;
    if (!std.mem.startsWith(u8, archive, magic)) return error.NotAnArchive;
    var hidden: usize = 0;
    var at: usize = magic.len;
    while (at + header_bytes <= archive.len) {
        const header = archive[at..][0..header_bytes];
        const size = try std.fmt.parseInt(usize, std.mem.trimEnd(u8, header[48..58], " "), 10);
        at += header_bytes;
        if (size > archive.len - at) return error.TruncatedArchive;
        hidden += try hideInObject(archive[at..][0..size]);
        at += size + size % 2;
    }
    return hidden;
}

fn hideInObject(object: []u8) !usize {
    const ident = [_]u8{ 0x7f, 'E', 'L', 'F', elf.ELFCLASS64, elf.ELFDATA2LSB };
    if (!std.mem.startsWith(u8, object, &ident)) return 0;
    const file = try View(elf.Elf64_Ehdr).at(object, 0);
    const section_count = file.get("e_shnum");
    var hidden: usize = 0;
    for (0..section_count) |index| {
        const section = try sectionAt(object, file, index);
        if (section.get("sh_type") != @intFromEnum(elf.SHT.SYMTAB)) continue;
        const strings = try contentOf(object, try sectionAt(object, file, section.get("sh_link")));
        const symbols = try contentOf(object, section);
        var at: usize = 0;
        while (at < symbols.len) : (at += @sizeOf(elf.Elf64_Sym)) {
            const symbol = try View(elf.Elf64_Sym).at(symbols, at);
            if (symbol.get("st_shndx") == elf.SHN_UNDEF) continue;
            const name = symbol.get("st_name");
            if (name >= strings.len or !isHidden(std.mem.sliceTo(strings[name..], 0))) continue;
            symbol.set("st_name", name + 1);
            hidden += 1;
        }
    }
    return hidden;
}

fn isHidden(name: []const u8) bool {
    for (names) |one| if (std.mem.eql(u8, one, name)) return true;
    return false;
}

fn sectionAt(object: []u8, file: View(elf.Elf64_Ehdr), index: usize) !View(elf.Elf64_Shdr) {
    return .at(object, @intCast(file.get("e_shoff") + index * file.get("e_shentsize")));
}

fn contentOf(object: []u8, section: View(elf.Elf64_Shdr)) ![]u8 {
    const begin = section.get("sh_offset");
    const size = section.get("sh_size");
    if (begin > object.len or size > object.len - begin) return error.TruncatedObject;
    return object[@intCast(begin)..][0..@intCast(size)];
}

/// A little-endian structure at any alignment.
fn View(comptime T: type) type {
    return struct {
        bytes: *[@sizeOf(T)]u8,

        fn at(bytes: []u8, offset: usize) !@This() {
            if (offset > bytes.len or bytes.len - offset < @sizeOf(T)) return error.TruncatedObject;
            return .{ .bytes = bytes[offset..][0..@sizeOf(T)] };
        }

        fn Integer(comptime field: []const u8) type {
            return std.meta.Int(.unsigned, @bitSizeOf(@FieldType(T, field)));
        }

        fn get(view: @This(), comptime field: []const u8) Integer(field) {
            const size = @sizeOf(@FieldType(T, field));
            return std.mem.readInt(Integer(field), view.bytes[@offsetOf(T, field)..][0..size], .little);
        }

        fn set(view: @This(), comptime field: []const u8, value: Integer(field)) void {
            const size = @sizeOf(@FieldType(T, field));
            std.mem.writeInt(Integer(field), view.bytes[@offsetOf(T, field)..][0..size], value, .little);
        }
    };
}
