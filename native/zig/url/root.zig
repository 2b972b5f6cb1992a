//! The WHATWG URL standard (https://url.spec.whatwg.org/): the contents of the `url` module.
//!
//! A URL is its serialisation (`href`) and the offsets of its components in it: parsing writes one buffer in
//! one pass, getters slice it, setters write a new one.
//! Everything is pure computation: any thread, no global state. Input is borrowed; results live in the arena
//! that the caller passes (and may be the input itself, when that was normalised already).

pub const Url = @import("Url.zig");
pub const form = @import("form.zig");
pub const host = @import("host.zig");
pub const idna = @import("idna.zig");
pub const percent = @import("percent.zig");

const parser = @import("parser.zig");
const setters = @import("setters.zig");

pub const Scheme = @import("scheme.zig").Scheme;
pub const ParseError = parser.Error;
pub const href_bytes_max = parser.href_bytes_max;
pub const parse = parser.parse;
pub const canonicalizeOpaquePath = parser.canonicalizeOpaquePath;
pub const Member = setters.Member;
pub const set = setters.set;

test {
    _ = Url;
    _ = form;
    _ = host;
    _ = idna;
    _ = parser;
    _ = percent;
    _ = setters;
    _ = @import("fast.zig");
    _ = @import("fuzz_test.zig");
    _ = @import("ipv4.zig");
    _ = @import("ipv6.zig");
    _ = @import("normalize.zig");
    _ = @import("parser_test.zig");
    _ = @import("punycode.zig");
    _ = @import("scheme.zig");
    _ = @import("setters_test.zig");
}
