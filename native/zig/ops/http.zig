//! Ops of the HTTP client: a thin mirror of native/zig/http.
//!
//! Each realm has one client, made at its first fetch and closed with it. A body that did not arrive whole
//! with its head is a resource of the realm; the exchange behind it is freed when it is read to its end,
//! fails, or is closed. Async and post ops only: everything here runs on the shard thread.

const std = @import("std");
const op = @import("op.zig");
const http = @import("http");
const realm_module = @import("realm");

const Client = http.Client;
const Exchange = http.Exchange;

/// The realm's client and what belongs to it.
const State = struct {
    realm: *op.Realm,
    client: Client,
    /// Fetches that can be aborted and have no head yet.
    tokens: std.AutoHashMapUnmanaged(u32, *Fetch) = .empty,
    spare: ?*Fetch = null,
    spare_count: u32 = 0,

    const spare_max = 128;

    fn of(realm: *op.Realm) error{OutOfMemory}!*State {
        const area = realm.areas.getPtr(.http);
        if (area.*) |state| return @ptrCast(@alignCast(state.context));
        const state = try std.heap.c_allocator.create(State);
        state.* = .{ .realm = realm, .client = undefined };
        // Look-ups in libc outlive realms, so their memory is the process's.
        state.client.init(realm.allocator(), std.heap.c_allocator, realm.loop, realm.thread_pool, .{});
        area.* = .{ .context = state, .close = close };
        realm.retain();
        return state;
    }

    fn close(context: *anyopaque) void {
        const state: *State = @ptrCast(@alignCast(context));
        state.client.close(state, onClosed);
    }

    fn onClosed(state: *State) void {
        const realm = state.realm;
        std.debug.assert(state.tokens.count() == 0);
        state.tokens.deinit(realm.allocator());
        while (state.spare) |fetch| {
            state.spare = fetch.next_spare;
            realm.allocator().destroy(fetch);
        }
        std.heap.c_allocator.destroy(state);
        realm.release();
    }

    fn makeFetch(state: *State) error{OutOfMemory}!*Fetch {
        if (state.spare) |fetch| {
            state.spare = fetch.next_spare;
            state.spare_count -= 1;
            return fetch;
        }
        return state.realm.allocator().create(Fetch);
    }

    fn freeFetch(state: *State, fetch: *Fetch) void {
        std.debug.assert(fetch.exchange.state == .over and fetch.request == null and fetch.token == 0);
        if (state.spare_count == spare_max) return state.realm.allocator().destroy(fetch);
        state.spare_count += 1;
        fetch.next_spare = state.spare;
        state.spare = fetch;
    }
};

/// One http_fetch, later the body it led to.
const Fetch = struct {
    state: *State,
    exchange: Exchange,
    /// http_fetch until the head is there, then the body op that waits.
    request: ?*op.Request,
    /// 0: cannot be aborted, or not any more.
    token: u32,
    /// The body's resource.
    id: u32 = 0,
    collecting: bool = false,
    next_spare: ?*Fetch = null,

    const events: Exchange.Events = .{ .onHead = onHead, .onFailure = onFailure, .onBody = onBody };

    fn forgetToken(self: *Fetch) void {
        if (self.token == 0) return;
        _ = self.state.tokens.remove(self.token);
        self.token = 0;
    }

    fn takeRequest(self: *Fetch) *op.Request {
        const request = self.request.?;
        self.request = null;
        return request;
    }

    fn onHead(exchange: *Exchange, response: Exchange.Response) void {
        const self: *Fetch = @fieldParentPtr("exchange", exchange);
        self.forgetToken();
        const request = self.takeRequest();
        const gpa = self.state.realm.allocator();
        var whole: ?op.OwnedBytes = null;
        if (response.whole) |bytes| {
            defer self.state.freeFetch(self);
            if (bytes.len > 0) whole = .{ .data = gpa.dupe(u8, bytes) catch return request.rejectOutOfMemory() };
            return self.resolve(request, response.head, 0, whole);
        }
        self.id = self.state.realm.resources.add(.{ .context = self, .close = closeBody }) catch |err| {
            self.exchange.cancel();
            self.state.freeFetch(self);
            return switch (err) {
                error.OutOfMemory => request.rejectOutOfMemory(),
                error.TooManyResources => request.reject(.{ .class = .range_error, .message = "The realm has too many open resources: read or cancel the bodies of earlier responses" }),
            };
        };
        self.resolve(request, response.head, self.id, null);
    }

    fn resolve(_: *Fetch, request: *op.Request, head: *const http.ResponseParser.Head, id: u32, whole: ?op.OwnedBytes) void {
        const arena = request.arena.allocator();
        const reason = if (head.ascii) head.reason else latin1ToUtf8(arena, head.reason);
        const headers = if (head.ascii) head.headers else latin1ToUtf8(arena, head.headers);
        if (reason == null or headers == null) {
            if (whole) |bytes| request.realm.allocator().free(bytes.data);
            return request.rejectOutOfMemory();
        }
        request.resolve(.{
            @as(u32, head.status),
            op.Str{ .utf8 = reason.? },
            op.Str{ .utf8 = headers.? },
            id,
            whole,
        });
    }

    fn onFailure(exchange: *Exchange, failure: http.Failure) void {
        const self: *Fetch = @fieldParentPtr("exchange", exchange);
        self.forgetToken();
        const request = self.takeRequest();
        reject(request, failure, &exchange.request.target);
        self.state.freeFetch(self);
    }

    fn onBody(exchange: *Exchange) void {
        const self: *Fetch = @fieldParentPtr("exchange", exchange);
        self.deliver(self.takeRequest());
    }

    /// Answers a body op from what is there.
    fn deliver(self: *Fetch, request: *op.Request) void {
        if (self.collecting) {
            switch (self.exchange.takeCollected()) {
                .bytes => |bytes| request.resolve(op.OwnedBytes{ .data = bytes }),
                .failure => |failure| reject(request, failure, null),
            }
            return self.finish();
        }
        switch (self.exchange.takeBody()) {
            .bytes => |bytes| return request.resolve(@as(?op.OwnedBytes, .{ .data = bytes })),
            .end => request.resolve(@as(?op.OwnedBytes, null)),
            .failure => |failure| reject(request, failure, null),
        }
        self.finish();
    }

    /// The exchange is over: the id is closed.
    fn finish(self: *Fetch) void {
        _ = self.state.realm.resources.take(self.id);
        self.state.freeFetch(self);
    }

    /// The resource table's close: by http_body_cancel, or with the realm.
    fn closeBody(context: *anyopaque) void {
        const self: *Fetch = @ptrCast(@alignCast(context));
        self.exchange.cancel();
        if (self.request != null) self.takeRequest().reject(aborted);
        self.state.freeFetch(self);
    }

    /// An abort or the realm's end, before the head.
    fn cancelFetch(self: *Fetch) void {
        self.forgetToken();
        self.exchange.cancel();
        self.takeRequest().reject(aborted);
        self.state.freeFetch(self);
    }

    /// The realm's end while a body op waits; the body itself is closed with the resources.
    fn cancelRead(self: *Fetch) void {
        self.takeRequest().reject(aborted);
    }
};

const aborted: realm_module.Rejection = .{ .class = .{ .dom = "AbortError" }, .message = "This operation was aborted" };

fn latin1ToUtf8(arena: std.mem.Allocator, text: []const u8) ?[]const u8 {
    const out = arena.alloc(u8, text.len * 2) catch return null;
    var len: usize = 0;
    for (text) |byte| {
        if (byte < 0x80) {
            out[len] = byte;
            len += 1;
        } else {
            out[len] = 0xc0 | (byte >> 6);
            out[len + 1] = 0x80 | (byte & 0x3f);
            len += 2;
        }
    }
    return out[0..len];
}

/// Rejects with the error that JavaScript makes the `cause` of its TypeError: code, phase, host, port.
fn reject(request: *op.Request, failure: http.Failure, target: ?*const http.request_writer.Target) void {
    if (failure.out_of_memory) return request.rejectOutOfMemory();
    const arena = request.arena.allocator();
    const message, const detail = if (target) |to| .{
        std.fmt.allocPrint(arena, "{s}:{d}: {s} ({t}, {s})", .{ to.host, to.port, failure.message, failure.phase, failure.code }) catch return request.rejectOutOfMemory(),
        // A host that passed the URL parser holds nothing that JSON would have to escape, but nobody has
        // checked it here.
        std.json.Stringify.valueAlloc(arena, .{ .phase = @tagName(failure.phase), .host = to.host, .port = to.port }, .{}) catch return request.rejectOutOfMemory(),
    } else .{
        std.fmt.allocPrint(arena, "{s} ({t}, {s})", .{ failure.message, failure.phase, failure.code }) catch return request.rejectOutOfMemory(),
        std.json.Stringify.valueAlloc(arena, .{ .phase = @tagName(failure.phase) }, .{}) catch return request.rejectOutOfMemory(),
    };
    request.reject(.{ .class = .@"error", .message = message, .code = failure.code, .detail_json = detail });
}

fn fetchStart(request: *op.Request, method: op.Str, url: op.Str, headers: op.Str, body: ?op.Bytes, token: u32) void {
    const target = http.request_writer.splitUrl(url.utf8) orelse
        return request.reject(.{ .class = .type_error, .message = "http_fetch needs a serialised http: URL without credentials" });
    const state = State.of(request.realm) catch return request.rejectOutOfMemory();
    const fetch = state.makeFetch() catch return request.rejectOutOfMemory();
    fetch.* = .{
        .state = state,
        .exchange = .{
            .request = .{
                .method = method.utf8,
                .target = target,
                .headers = headers.utf8,
                .body = if (body) |bytes| .{ .bytes = bytes.data } else .none,
            },
            .events = &Fetch.events,
        },
        .request = request,
        .token = 0,
    };
    if (token != 0) {
        const entry = state.tokens.getOrPut(request.realm.allocator(), token) catch {
            fetch.request = null;
            fetch.exchange.state = .over;
            state.freeFetch(fetch);
            return request.rejectOutOfMemory();
        };
        if (!entry.found_existing) {
            entry.value_ptr.* = fetch;
            fetch.token = token;
        }
    }
    request.onCancel(fetch, Fetch.cancelFetch);
    if (state.client.start(&fetch.exchange)) |failure| Fetch.onFailure(&fetch.exchange, failure);
}

fn abort(realm: *op.Realm, token: u32) void {
    const area = realm.areas.get(.http) orelse return;
    const state: *State = @ptrCast(@alignCast(area.context));
    const fetch = state.tokens.get(token) orelse return;
    fetch.cancelFetch();
}

/// The body with this id, or null when the request was rejected.
fn bodyOf(request: *op.Request, id: u32) ?*Fetch {
    const fetch = request.realm.resources.get(Fetch, id, Fetch.closeBody) orelse {
        request.reject(.{ .class = .type_error, .message = "The body is closed" });
        return null;
    };
    if (fetch.request != null or fetch.collecting) {
        request.reject(.{ .class = .type_error, .message = "The body is being read already" });
        return null;
    }
    return fetch;
}

fn bodyRead(request: *op.Request, id: u32) void {
    const fetch = bodyOf(request, id) orelse return;
    if (fetch.exchange.isBodyReady()) return fetch.deliver(request);
    fetch.request = request;
    request.onCancel(fetch, Fetch.cancelRead);
    fetch.exchange.wantBody();
}

fn bodyCollect(request: *op.Request, id: u32, bytes_max: f64) void {
    const fetch = bodyOf(request, id) orelse return;
    fetch.collecting = true;
    fetch.exchange.collectBody(if (bytes_max >= 1 << 53) 1 << 53 else @intFromFloat(@max(0, bytes_max)));
    if (fetch.exchange.isBodyReady()) return fetch.deliver(request);
    fetch.request = request;
    request.onCancel(fetch, Fetch.cancelRead);
}

fn bodyCancel(realm: *op.Realm, id: u32) void {
    if (realm.resources.get(Fetch, id, Fetch.closeBody) == null) return;
    _ = realm.resources.close(id);
}

pub const table = [_]op.Op{
    op.async_("http_fetch", fetchStart, .{
        .args = &.{ "method", "url", "headers", "body", "token" },
        .result = "[status: number, statusText: string, headers: string, body: number, bytes: Uint8Array | null]",
        .doc = "Sends one HTTP/1.1 request. headers is \"name\\0value\\0…\"; the answer's are \"name: value\\r\\n…\" as they came. body 0: the whole body is in bytes (null: empty). token is for http_abort, 0 for none. Rejects with the cause: code, phase, host, port.",
    }),
    op.post("http_abort", abort, .{ .args = &.{"token"}, .doc = "Stops the http_fetch with this token if its head is not there yet." }),
    op.async_("http_body_read", bodyRead, .{
        .args = &.{"body"},
        .result = "Uint8Array | null",
        .doc = "What has arrived of a body, at most 64 KiB; null at its end, which closes it.",
    }),
    op.async_("http_body_collect", bodyCollect, .{
        .args = &.{ "body", "bytesMax" },
        .result = "Uint8Array",
        .doc = "All of the rest of a body; closes it.",
    }),
    op.post("http_body_cancel", bodyCancel, .{ .args = &.{"body"}, .doc = "Closes a body that nobody wants any more." }),
};

test "headers become code points" {
    var arena: std.heap.ArenaAllocator = .init(std.testing.allocator);
    defer arena.deinit();
    try std.testing.expectEqualStrings("a\u{e9}\u{ff}", latin1ToUtf8(arena.allocator(), "a\xe9\xff").?);
}
