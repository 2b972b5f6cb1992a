//! Threads that allocate, resize and free blocks of random sizes, half of them for each other, with
//! a check of the contents; and a limit under a race. Seeded and short.

const std = @import("std");
const testing = std.testing;

const Account = @import("Account.zig");
const Pool = @import("Pool.zig");
const buffer = @import("buffer.zig");

const Block = struct { address: [*]u8, len: usize, mark: u8 };

/// A slot through which blocks pass from thread to thread.
const Exchange = struct {
    lock: @import("Lock.zig") = .{},
    block: ?Block = null,

    fn swap(self: *Exchange, block: ?Block) ?Block {
        self.lock.acquire();
        defer self.lock.release();
        defer self.block = block;
        return self.block;
    }
};

const Shared = struct {
    account: *Account,
    exchanges: [64]Exchange = @splat(.{}),
    corruptions: std.atomic.Value(usize) = .init(0),

    fn check(self: *Shared, block: Block) void {
        for (block.address[0..block.len]) |byte| {
            if (byte != block.mark) _ = self.corruptions.fetchAdd(1, .monotonic);
        }
    }

    fn work(self: *Shared, seed: u64) void {
        var prng: std.Random.DefaultPrng = .init(seed);
        const random = prng.random();
        for (0..3000) |_| {
            // Mostly small, sometimes beyond the pool.
            const bits = random.uintLessThan(u6, 20);
            const len = random.uintAtMost(usize, @as(usize, 1) << bits);
            const mark: u8 = random.int(u8) | 1;
            var block: ?Block = null;
            if (buffer.allocZeroed(self.account, len)) |address| {
                if (!std.mem.allEqual(u8, address[0..len], 0)) _ = self.corruptions.fetchAdd(1, .monotonic);
                @memset(address[0..len], mark);
                block = .{ .address = address, .len = len, .mark = mark };
            }
            const other = self.exchanges[random.uintLessThan(usize, self.exchanges.len)].swap(block) orelse continue;
            self.check(other);
            if (random.boolean()) {
                const new_len = random.uintAtMost(usize, other.len * 2);
                if (buffer.realloc(self.account, other.address, other.len, new_len)) |moved| {
                    const kept = @min(other.len, new_len);
                    self.check(.{ .address = moved, .len = kept, .mark = other.mark });
                    self.check(.{ .address = moved + kept, .len = new_len - kept, .mark = 0 });
                    buffer.free(self.account, moved, new_len);
                    continue;
                }
            }
            buffer.free(self.account, other.address, other.len);
        }
    }
};

test "random sizes, cross-thread frees, nothing lost" {
    const account = try Account.create(64 << 20);
    defer account.release();
    var shared: Shared = .{ .account = account };
    var threads: [4]std.Thread = undefined;
    for (&threads, 0..) |*thread, i| thread.* = try std.Thread.spawn(.{}, Shared.work, .{ &shared, 0x5eed + i });
    for (threads) |thread| thread.join();
    Pool.global.verifyIntegrity();
    for (&shared.exchanges) |*exchange| if (exchange.swap(null)) |block| {
        shared.check(block);
        buffer.free(account, block.address, block.len);
    };
    try testing.expectEqual(@as(usize, 0), shared.corruptions.load(.monotonic));
    try testing.expectEqual(@as(usize, 0), account.stats().used_bytes);
    Pool.global.verifyIntegrity();
    try testing.expect(Pool.global.reserve_bytes.load(.monotonic) <= Pool.reserve_bytes_max);
}

test "the limit holds under a race" {
    const limit = 1 << 20;
    const block_len = 4096;
    const Racer = struct {
        account: *Account,
        blocks: [limit / block_len][*]u8 = undefined,
        count: usize = 0,
        over: bool = false,

        fn work(self: *@This()) void {
            for (0..200) |_| {
                while (self.count < self.blocks.len) {
                    self.blocks[self.count] = buffer.allocUninit(self.account, block_len) orelse break;
                    self.count += 1;
                    if (self.account.stats().used_bytes > limit) self.over = true;
                }
                self.freeAll();
            }
        }

        fn freeAll(self: *@This()) void {
            for (self.blocks[0..self.count]) |address| buffer.free(self.account, address, block_len);
            self.count = 0;
        }
    };
    const account = try Account.create(limit);
    defer account.release();
    var racers: [4]Racer = @splat(.{ .account = account });
    var threads: [4]std.Thread = undefined;
    for (&threads, &racers) |*thread, *racer| thread.* = try std.Thread.spawn(.{}, Racer.work, .{racer});
    for (threads) |thread| thread.join();
    for (&racers) |*racer| try testing.expect(!racer.over);
    try testing.expect(account.stats().peak_bytes <= limit);
    try testing.expectEqual(@as(usize, 0), account.stats().used_bytes);
}

test "buffers freed by another thread after their realm is gone" {
    var blocks: [100][*]u8 = undefined;
    const account = try Account.create(Account.unlimited);
    for (&blocks) |*block| block.* = buffer.allocUninit(account, 1000).?;
    account.release();
    const thread = try std.Thread.spawn(.{}, struct {
        fn work(a: *Account, all: []const [*]u8) void {
            for (all) |block| buffer.free(a, block, 1000);
        }
    }.work, .{ account, &blocks });
    thread.join();
}
