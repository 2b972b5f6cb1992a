//! An intrusive doubly linked list of completions: first in, first out, with removal from the
//! middle. Not thread-safe; belongs to one loop. A completion is in at most one list.

const std = @import("std");
const assert = std.debug.assert;

const Completion = @import("Completion.zig");

pub const List = struct {
    head: ?*Completion = null,
    tail: ?*Completion = null,
    len: usize = 0,

    pub fn isEmpty(self: *const List) bool {
        return self.head == null;
    }

    pub fn append(self: *List, c: *Completion) void {
        c.next = null;
        c.prev = self.tail;
        if (self.tail) |tail| tail.next = c else self.head = c;
        self.tail = c;
        self.len += 1;
    }

    pub fn prepend(self: *List, c: *Completion) void {
        c.prev = null;
        c.next = self.head;
        if (self.head) |head| head.prev = c else self.tail = c;
        self.head = c;
        self.len += 1;
    }

    pub fn popFirst(self: *List) ?*Completion {
        const c = self.head orelse return null;
        self.remove(c);
        return c;
    }

    pub fn remove(self: *List, c: *Completion) void {
        if (c.prev) |prev| prev.next = c.next else self.head = c.next;
        if (c.next) |next| next.prev = c.prev else self.tail = c.prev;
        c.next = null;
        c.prev = null;
        self.len -= 1;
    }

    /// Checks the links and that everything in the list says it is at `place`. For debug builds.
    pub fn verifyIntegrity(self: *const List, place: Completion.Place) void {
        var count: usize = 0;
        var prev: ?*Completion = null;
        var it = self.head;
        while (it) |c| : (it = c.next) {
            assert(c.prev == prev);
            assert(c.place == place);
            prev = c;
            count += 1;
        }
        assert(self.tail == prev);
        assert(self.len == count);
    }
};

test "order and removal" {
    var cs: [4]Completion = @splat(.{ .place = .submitted });
    var list: List = .{};
    for (cs[0..3]) |*c| list.append(c);
    list.prepend(&cs[3]);
    list.verifyIntegrity(.submitted);
    list.remove(&cs[1]);
    list.verifyIntegrity(.submitted);
    try std.testing.expectEqual(&cs[3], list.popFirst().?);
    try std.testing.expectEqual(&cs[0], list.popFirst().?);
    try std.testing.expectEqual(&cs[2], list.popFirst().?);
    try std.testing.expectEqual(null, list.popFirst());
    list.verifyIntegrity(.submitted);
}
