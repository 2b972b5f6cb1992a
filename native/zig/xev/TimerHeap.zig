//! The timers of a loop: an intrusive pairing heap ordered by (deadline, order of arming).
//! Intrusive so that arming a timer cannot fail and allocates nothing; insert is O(1), removing any
//! element O(log n) amortized. Not thread-safe; belongs to one loop.
//! https://www.cs.cmu.edu/~sleator/papers/pairing-heaps.pdf
//!
//! Invariants: a node's `back` is its left sibling, or its parent when it is the first child; the
//! root has neither `back` nor `sibling`; no child comes before its parent.
//!
//! A million timers, ReleaseFast, 2 GHz class machine: see the end of main.zig for figures.

const std = @import("std");
const assert = std.debug.assert;

const Completion = @import("Completion.zig");

const TimerHeap = @This();

root: ?*Completion = null,
len: usize = 0,
sequence_next: u64 = 1,

/// The timer that fires first.
pub fn peek(self: *const TimerHeap) ?*Completion {
    return self.root;
}

/// Inserts a completion whose op is a timer with its deadline set.
pub fn insert(self: *TimerHeap, c: *Completion) void {
    const timer = &c.op.timer;
    timer.* = .{ .deadline_ns = timer.deadline_ns, .sequence = self.sequence_next };
    self.sequence_next += 1;
    self.root = if (self.root) |root| meld(root, c) else c;
    self.len += 1;
}

pub fn remove(self: *TimerHeap, c: *Completion) void {
    const timer = &c.op.timer;
    const rest = mergePairs(timer.child);
    if (c == self.root) {
        assert(timer.back == null and timer.sibling == null);
        self.root = rest;
    } else {
        unlink(c);
        if (rest) |r| self.root = meld(self.root.?, r);
    }
    timer.child = null;
    timer.sibling = null;
    timer.back = null;
    self.len -= 1;
}

fn before(a: *const Completion, b: *const Completion) bool {
    const x = &a.op.timer;
    const y = &b.op.timer;
    if (x.deadline_ns != y.deadline_ns) return x.deadline_ns < y.deadline_ns;
    return x.sequence < y.sequence;
}

/// Joins two roots; the later one becomes the first child of the earlier one.
fn meld(a: *Completion, b: *Completion) *Completion {
    const parent, const child = if (before(b, a)) .{ b, a } else .{ a, b };
    const first = parent.op.timer.child;
    child.op.timer.back = parent;
    child.op.timer.sibling = first;
    if (first) |f| f.op.timer.back = child;
    parent.op.timer.child = child;
    return parent;
}

/// Takes a node with its subtree out from under its parent.
fn unlink(c: *Completion) void {
    const timer = &c.op.timer;
    const back = timer.back.?;
    if (back.op.timer.child == c) {
        back.op.timer.child = timer.sibling;
    } else {
        back.op.timer.sibling = timer.sibling;
    }
    if (timer.sibling) |s| s.op.timer.back = back;
    timer.back = null;
    timer.sibling = null;
}

/// Makes one tree of a list of siblings: pairs from left to right, then all from right to left.
/// Iterative, because the list has a million elements after a million inserts.
fn mergePairs(first: ?*Completion) ?*Completion {
    var paired: ?*Completion = null; // in reverse order, linked by `sibling`
    var it = first;
    while (it) |a| {
        const b = a.op.timer.sibling;
        it = if (b) |second| second.op.timer.sibling else null;
        a.op.timer.sibling = null;
        a.op.timer.back = null;
        var tree = a;
        if (b) |second| {
            second.op.timer.sibling = null;
            second.op.timer.back = null;
            tree = meld(a, second);
        }
        tree.op.timer.sibling = paired;
        paired = tree;
    }
    var result = paired orelse return null;
    it = result.op.timer.sibling;
    result.op.timer.sibling = null;
    while (it) |tree| {
        it = tree.op.timer.sibling;
        tree.op.timer.sibling = null;
        result = meld(result, tree);
    }
    return result;
}

/// Checks order, links and count. For debug builds and tests; walks without recursion.
pub fn verifyIntegrity(self: *const TimerHeap) void {
    var count: usize = 0;
    var node = self.root;
    if (node) |root| assert(root.op.timer.back == null and root.op.timer.sibling == null);
    while (node) |c| {
        count += 1;
        assert(c.place == .heap);
        if (c.op.timer.child) |child| {
            assert(child.op.timer.back == c);
            node = child;
        } else {
            node = nextUpwards(c);
        }
        // Every node of a sibling list must come after the parent.
        var child = c.op.timer.child;
        while (child) |k| : (child = k.op.timer.sibling) {
            assert(!before(k, c));
            if (k.op.timer.sibling) |s| assert(s.op.timer.back == k);
        }
    }
    assert(count == self.len);
}

/// The next node after the subtree of `c` in a preorder walk.
fn nextUpwards(c: *Completion) ?*Completion {
    var node = c;
    while (true) {
        if (node.op.timer.sibling) |s| return s;
        // Go left to the first child, whose `back` is the parent.
        while (node.op.timer.back) |back| {
            const is_first = back.op.timer.child == node;
            node = back;
            if (is_first) break;
        } else return null;
    }
}

test "random inserts and removals fire in order" {
    var prng: std.Random.DefaultPrng = .init(0x7135);
    const random = prng.random();
    var cs: [500]Completion = undefined;
    var heap: TimerHeap = .{};
    for (0..20) |_| {
        for (&cs) |*c| {
            c.* = .{ .op = .{ .timer = .{ .deadline_ns = random.uintLessThan(u64, 100) } }, .place = .heap };
            heap.insert(c);
        }
        heap.verifyIntegrity();
        var removed: usize = 0;
        for (&cs) |*c| if (random.uintLessThan(u8, 4) == 0) {
            heap.remove(c);
            c.place = .none;
            removed += 1;
        };
        heap.verifyIntegrity();
        var last: ?*Completion = null;
        var fired: usize = 0;
        while (heap.peek()) |c| : (fired += 1) {
            if (last) |l| try std.testing.expect(before(l, c));
            last = c;
            heap.remove(c);
            c.place = .none;
            if (fired % 100 == 0) heap.verifyIntegrity();
        }
        try std.testing.expectEqual(cs.len - removed, fired);
        try std.testing.expectEqual(@as(usize, 0), heap.len);
    }
}
