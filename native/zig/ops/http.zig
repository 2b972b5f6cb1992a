//! Ops of the HTTP client: a thin mirror of native/zig/http.
//!
//! Each realm has one client, made at its first fetch and closed with it. A body that did not arrive whole
//! with its head is a stream of the realm (stream.zig); the exchange behind it is freed when it is read to its end,
//! fails, or is closed. The first request with TLS waits for Node's root certificates (tls_roots.zig). Async and post ops only: everything here runs on the shard thread.

const std = @import("std");
const op = @import("op.zig");
const http = @import("http");
const memory = @import("memory");
const realm_module = @import("realm");
const tls = @import("tls");
const network_ops = @import("network.zig");
const tls_roots = @import("tls_roots.zig");
const stream = @import("stream");
const stream_ops = @import("stream.zig");
const Upload = @import("Upload.zig");

const CallOptions = network_ops.CallOptions;
const Client = http.Client;
const Exchange = http.Exchange;
const Network = network_ops.Network;
const Shard = realm_module.Shard;

/// The realm's client and what belongs to it.
const State = struct {
    realm: *op.Realm,
    client: Client,
    network: *const Network,
    /// Former settings: connections that are being opened may still look at them.
    former: std.ArrayList(*const Network) = .empty,
    /// Fetches that can be aborted and have no head yet.
    tokens: std.AutoHashMapUnmanaged(u32, *Fetch) = .empty,
    /// Bodies that JavaScript streams.
    uploads: Upload.Table = .empty,
    spare: ?*Fetch = null,
    spare_count: u32 = 0,
    /// Contexts by the options they were made of; the least recently used first.
    contexts: std.ArrayList(ContextEntry) = .empty,
    /// Fetches that wait for the root certificates, and what they wait with.
    without_roots: std.DoublyLinkedList = .{},
    roots_wait: ?*tls_roots.Wait = null,
    /// When garbage may be collected again for requests that wait, and how long after the last time that is.
    collect_at: u64 = 0,
    collect_ms: u64 = collect_ms_min,
    /// How many responses were unread at the last time.
    unread_before: u32 = 0,
    turn_end: Shard.TurnEnd = .{ .run = onTurnEnd },

    const collect_ms_min = 50;
    const collect_ms_max = 10_000;
    const spare_max = 128;
    /// Sets of TLS options that one realm uses by turns.
    const contexts_max = 16;

    const ContextEntry = struct { options: []u8, http2: bool, context: *tls.Context };

    fn of(realm: *op.Realm) error{OutOfMemory}!*State {
        const area = realm.areas.getPtr(.http);
        if (area.*) |state| return @ptrCast(@alignCast(state.context));
        const state = try memory.process.create(State);
        const network = Network.of(realm);
        state.* = .{ .realm = realm, .client = undefined, .network = network };
        // Look-ups in libc outlive realms, so their memory is the process's.
        state.client.init(realm.allocator(), std.heap.c_allocator, realm.loop, realm.thread_pool, .{
            .account = realm.account,
            .on_starved = .{ .context = state, .run = onStarved },
            .turn_end = .{ .context = state, .ask = askForTurnEnd },
            .policy = &network.policy,
            .dns_ttl_ms = network.dns_ttl_ms,
        });
        area.* = .{ .context = state, .close = close };
        realm.retain();
        return state;
    }

    /// Responses that JavaScript has forgotten give their connections back when they are collected. Where they are not
    /// forgotten but waited for, collecting is of no use: it is then tried less and less often.
    fn onStarved(context: *anyopaque, unread: u32) void {
        const state: *State = @ptrCast(@alignCast(context));
        const time = Client.now();
        if (time < state.collect_at) return;
        const forgotten = stream_ops.takeForgotten(state.realm);
        const has_helped = forgotten > 0 and 4 * forgotten >= state.unread_before;
        const is_new = time - state.collect_at > collect_ms_max;
        state.collect_ms = if (has_helped or is_new) collect_ms_min else @min(2 * state.collect_ms, collect_ms_max);
        state.collect_at = time + state.collect_ms;
        state.unread_before = unread;
        state.realm.askToCollect();
    }

    fn askForTurnEnd(context: *anyopaque) void {
        const state: *State = @ptrCast(@alignCast(context));
        state.realm.shard.atTurnEnd(&state.turn_end);
    }

    fn onTurnEnd(end: *Shard.TurnEnd) void {
        const state: *State = @fieldParentPtr("turn_end", end);
        state.client.onTurnEnd();
    }

    fn close(context: *anyopaque) void {
        const state: *State = @ptrCast(@alignCast(context));
        std.debug.assert(state.without_roots.first == null);
        if (state.roots_wait) |wait| wait.cancel();
        state.client.close(state, onClosed);
    }

    fn onClosed(state: *State) void {
        const realm = state.realm;
        std.debug.assert(state.tokens.count() == 0);
        state.tokens.deinit(realm.allocator());
        std.debug.assert(state.uploads.count() == 0);
        state.uploads.deinit(realm.allocator());
        for (state.contexts.items) |entry| state.dropContext(entry);
        state.contexts.deinit(realm.allocator());
        while (state.spare) |fetch| {
            state.spare = fetch.next_spare;
            realm.allocator().destroy(fetch);
        }
        for (state.former.items) |network| network.release();
        state.former.deinit(memory.process);
        state.network.release();
        memory.process.destroy(state);
        realm.release();
    }

    fn dropContext(state: *State, entry: ContextEntry) void {
        entry.context.release();
        state.realm.allocator().free(entry.options);
    }

    /// Retained for the caller. The roots are there, or the options name whom to trust.
    fn contextFor(state: *State, text: []const u8, http2: bool) tls.Context.Error!*tls.Context {
        const gpa = state.realm.allocator();
        for (state.contexts.items, 0..) |entry, index| if (entry.http2 == http2 and std.mem.eql(u8, entry.options, text)) {
            if (index + 1 < state.contexts.items.len) state.contexts.appendAssumeCapacity(state.contexts.orderedRemove(index));
            entry.context.retain();
            return entry.context;
        };
        try state.contexts.ensureTotalCapacity(gpa, contexts_max);
        const options = try gpa.dupe(u8, text);
        errdefer gpa.free(options);
        var made_of = tlsOptions(text);
        made_of.http2 = http2;
        const context = try tls.Roots.shared.makeContext(made_of);
        if (state.contexts.items.len == contexts_max) state.dropContext(state.contexts.orderedRemove(0));
        state.contexts.appendAssumeCapacity(.{ .options = options, .http2 = http2, .context = context });
        context.retain();
        return context;
    }

    fn onRoots(erased: *anyopaque) void {
        const state: *State = @ptrCast(@alignCast(erased));
        state.roots_wait = null;
        while (state.without_roots.popFirst()) |node| {
            const fetch: *Fetch = @fieldParentPtr("roots_node", node);
            fetch.awaits_roots = false;
            fetch.startSecure();
        }
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
        if (fetch.exchange.request.tls) |context| context.release();
        if (fetch.exchange.request.route == .proxy) if (fetch.exchange.request.route.proxy.tls) |context| context.release();
        if (fetch.upload) |upload| upload.destroy(&state.uploads);
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
    /// http_fetch, until the head is there.
    request: ?*op.Request,
    /// 0: cannot be aborted, or not any more.
    token: u32,
    /// The body.
    source: stream.Source = .{ .vtable = &body_vtable },
    collecting: bool = false,
    /// Streams the request's body.
    upload: ?*Upload = null,
    next_spare: ?*Fetch = null,
    /// TLS options; valid as long as the request.
    tls_options: []const u8 = "",
    /// Those for the proxy; null where none is spoken to it.
    proxy_tls_options: ?[]const u8 = null,
    wants_http2: bool = false,
    awaits_roots: bool = false,
    roots_node: std.DoublyLinkedList.Node = .{},

    const body_vtable: stream.Source.VTable = .{ .take = takeBody, .want = wantBody, .hasMore = hasMoreBody, .cancel = cancelBody, .collect = collectBody };
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

    fn start(self: *Fetch) void {
        if (self.state.client.start(&self.exchange)) |failure| onFailure(&self.exchange, failure);
    }

    fn isSecure(self: *const Fetch) bool {
        return self.exchange.request.target.isSecure() or self.proxy_tls_options != null;
    }

    /// Whether all that it connects to with TLS is trusted by options.
    fn namesTrusted(self: *const Fetch) bool {
        if (self.exchange.request.target.isSecure() and tlsOptions(self.tls_options).ca.len == 0) return false;
        return if (self.proxy_tls_options) |text| tlsOptions(text).ca.len > 0 else true;
    }

    fn connectSecurely(self: *Fetch) void {
        const state = self.state;
        if (self.namesTrusted()) return self.startSecure();
        if (state.roots_wait == null) {
            state.roots_wait = tls_roots.Wait.start(state.realm.shard, state, State.onRoots) catch
                return self.refuse(.{ .code = "", .phase = .tls, .message = "", .out_of_memory = true });
            if (state.roots_wait == null) return self.startSecure();
        }
        self.awaits_roots = true;
        state.without_roots.append(&self.roots_node);
    }

    fn startSecure(self: *Fetch) void {
        const request = &self.exchange.request;
        if (self.proxy_tls_options) |text| request.route.proxy.tls = self.state.contextFor(text, false) catch |err|
            return self.refuse(ofContext(.@"proxy-tls", err));
        if (request.target.isSecure()) request.tls = self.state.contextFor(self.tls_options, self.wants_http2) catch |err|
            return self.refuse(ofContext(.tls, err));
        self.start();
    }

    /// Fails before the client knows of it.
    fn refuse(self: *Fetch, failure: http.Failure) void {
        self.exchange.state = .over;
        onFailure(&self.exchange, failure);
    }

    fn onHead(exchange: *Exchange, response: Exchange.Response) void {
        const self: *Fetch = @fieldParentPtr("exchange", exchange);
        const token = self.token;
        self.forgetToken();
        const request = self.takeRequest();
        const gpa = self.state.realm.allocator();
        var whole: ?op.OwnedBytes = null;
        if (response.whole) |bytes| {
            defer self.state.freeFetch(self);
            if (bytes.len > 0) whole = .{ .data = gpa.dupe(u8, bytes) catch return request.rejectOutOfMemory() };
            return self.resolve(request, response.head, 0, whole);
        }
        stream_ops.open(self.state.realm, token, &self.source) catch {
            self.exchange.cancel();
            self.state.freeFetch(self);
            return request.rejectOutOfMemory();
        };
        self.resolve(request, response.head, token, null);
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
        reject(request, failure, &exchange.request);
        self.state.freeFetch(self);
    }

    fn onBody(exchange: *Exchange) void {
        const self: *Fetch = @fieldParentPtr("exchange", exchange);
        self.source.ready();
    }

    fn takeBody(source: *stream.Source) stream.Source.Taken {
        const self: *Fetch = @fieldParentPtr("source", source);
        if (!self.exchange.isBodyReady()) return .nothing;
        if (self.collecting) {
            defer self.state.freeFetch(self);
            return switch (self.exchange.takeCollected()) {
                .bytes => |bytes| .{ .whole = bytes },
                .failure => |failure| .{ .failure = streamFailure(failure) },
            };
        }
        switch (self.exchange.takeBody()) {
            .bytes => |bytes| return .{ .bytes = bytes },
            .nothing => return .nothing,
            .end => {
                self.state.freeFetch(self);
                return .end;
            },
            .failure => |failure| {
                self.state.freeFetch(self);
                return .{ .failure = streamFailure(failure) };
            },
        }
    }

    fn wantBody(source: *stream.Source) void {
        const self: *Fetch = @fieldParentPtr("source", source);
        self.exchange.wantBody();
    }

    fn hasMoreBody(source: *stream.Source) bool {
        const self: *Fetch = @fieldParentPtr("source", source);
        return self.exchange.hasBytes();
    }

    fn collectBody(source: *stream.Source, bytes_max: u64) bool {
        const self: *Fetch = @fieldParentPtr("source", source);
        self.collecting = true;
        self.exchange.collectBody(bytes_max);
        return true;
    }

    fn cancelBody(source: *stream.Source) void {
        const self: *Fetch = @fieldParentPtr("source", source);
        self.exchange.cancel();
        self.state.freeFetch(self);
    }

    /// An abort or the realm's end, before the head.
    fn cancelFetch(self: *Fetch) void {
        self.forgetToken();
        if (self.awaits_roots) {
            self.awaits_roots = false;
            self.state.without_roots.remove(&self.roots_node);
            self.exchange.state = .over;
        } else self.exchange.cancel();
        self.takeRequest().reject(aborted);
        self.state.freeFetch(self);
    }
};

fn ofContext(phase: http.Failure.Phase, err: tls.Context.Error) http.Failure {
    return .{
        .code = if (err == error.Unavailable) "ERR_TLS_UNAVAILABLE" else "ERR_TLS_INVALID_OPTION",
        .phase = phase,
        .message = tls.Context.describe(err),
        .out_of_memory = err == error.OutOfMemory,
    };
}

/// "ca\0cert\0key", or empty.
fn tlsOptions(text: []const u8) tls.Context.Options {
    var parts = std.mem.splitScalar(u8, text, 0);
    return .{ .ca = parts.next() orelse "", .cert = parts.next() orelse "", .key = parts.next() orelse "" };
}

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

/// The realm has other settings now.
pub fn onNetworkChanged(realm: *op.Realm) void {
    const area = realm.areas.get(.http) orelse return;
    const state: *State = @ptrCast(@alignCast(area.context));
    state.former.append(memory.process, state.network) catch return;
    state.network = Network.of(realm);
    state.client.configure(&state.network.policy, state.network.dns_ttl_ms);
}

/// A call's own options go before the realm's, member by member; the certificate and its key are one.
fn mergeTls(arena: std.mem.Allocator, call: []const u8, realm: *const network_ops.TlsText) error{OutOfMemory}![]const u8 {
    if (realm.ca.len == 0 and realm.cert.len == 0) return call;
    const own = tlsOptions(call);
    const ca = if (own.ca.len > 0) own.ca else realm.ca;
    const cert, const key = if (own.cert.len > 0) .{ own.cert, own.key } else .{ realm.cert, realm.key };
    return std.fmt.allocPrint(arena, "{s}\x00{s}\x00{s}", .{ ca, cert, key });
}

fn streamFailure(failure: http.Failure) stream.Source.Failure {
    return .{ .code = failure.code, .phase = @tagName(failure.phase), .message = failure.message, .out_of_memory = failure.out_of_memory };
}

/// Rejects with the error that JavaScript makes the `cause` of its TypeError: code, phase, host, port.
fn reject(request: *op.Request, failure: http.Failure, sent: *const Exchange.Request) void {
    if (failure.out_of_memory) return request.rejectOutOfMemory();
    const arena = request.arena.allocator();
    const target = &sent.target;
    var text: std.Io.Writer.Allocating = .init(arena);
    writeMessage(&text.writer, failure, sent) catch return request.rejectOutOfMemory();
    const message = text.written();
    // A host that passed the URL parser holds nothing that JSON would have to escape, but nobody has checked it here.
    const detail = std.json.Stringify.valueAlloc(arena, .{
        .phase = @tagName(failure.phase),
        .host = target.host,
        .port = target.port,
        .proxy = switch (sent.route) {
            .proxy => |proxy| std.fmt.allocPrint(arena, "{f}", .{proxy}) catch null,
            .direct, .unix => null,
        },
        .unix = if (sent.route == .unix) sent.route.unix else null,
        .status = failure.status,
        .address = if (failure.address) |address| std.fmt.allocPrint(arena, "{f}", .{address}) catch null else null,
        .rule = if (failure.denial) |denial| std.fmt.allocPrint(arena, "{t} {s}", .{ denial.list, denial.rule }) catch null else null,
    }, .{ .emit_null_optional_fields = false }) catch return request.rejectOutOfMemory();
    request.reject(.{ .class = .@"error", .message = message, .code = failure.code, .detail_json = detail });
}

fn writeMessage(writer: *std.Io.Writer, failure: http.Failure, sent: *const Exchange.Request) std.Io.Writer.Error!void {
    const target = &sent.target;
    try writer.print("{s}:{d}", .{ target.host, target.port });
    switch (sent.route) {
        .direct => {},
        .unix => |path| try writer.print(" by {s}", .{path}),
        .proxy => |proxy| try writer.print(" by the proxy {f}", .{proxy}),
    }
    try writer.writeAll(": ");
    // The texts of TLS speak of the server at its other end.
    var parts = std.mem.splitSequence(u8, failure.message, "the server");
    try writer.writeAll(parts.first());
    while (parts.next()) |part| {
        try writer.writeAll(if (failure.phase == .@"proxy-tls") "the proxy" else "the server");
        try writer.writeAll(part);
    }
    if (failure.status) |status| try writer.print(" (status {d})", .{status});
    if (failure.address) |address| {
        var room: [64]u8 = undefined;
        const text = std.fmt.bufPrint(&room, "{f}", .{address}) catch "";
        if (!std.mem.eql(u8, text, target.host)) try writer.print(" at {s}", .{text});
    }
    if (failure.denial) |denial| {
        if (denial.address) |address| try writer.print(" [{t}]", .{address.kind()});
        switch (denial.list) {
            .deny => try writer.print(" by the rule {s}", .{denial.rule}),
            .allow => try writer.print("; allowed: {s}", .{denial.rule}),
        }
    }
    try writer.print(" ({t}, {s})", .{ failure.phase, failure.code });
}

/// Of "name\x00value\x00…"; null without one, and for one that the request's head is refused for.
fn contentLength(headers: []const u8) ?u64 {
    var parts = std.mem.splitScalar(u8, headers, 0);
    while (parts.next()) |name| {
        const value = parts.next() orelse return null;
        if (std.ascii.eqlIgnoreCase(name, "content-length")) return std.fmt.parseInt(u64, value, 10) catch null;
    }
    return null;
}

/// Bits of http_fetch's `flags`.
pub const Flags = packed struct(u32) {
    streamed: bool,
    fresh: bool,
    _: u30,
};

fn fetchStart(request: *op.Request, method: op.Str, url: op.Str, headers: op.Str, body: ?op.Bytes, flags: u32, token: u32, tls_options: ?op.Str, call_options: ?op.Str) void {
    const target = http.request_writer.splitUrl(url.utf8) orelse
        return request.reject(.{ .class = .type_error, .message = "http_fetch needs a serialised http: or https: URL without credentials" });
    const state = State.of(request.realm) catch return request.rejectOutOfMemory();
    const arena = request.arena.allocator();
    const options: CallOptions = if (call_options) |given| CallOptions.parse(arena, given.utf8) catch |err| return switch (err) {
        error.OutOfMemory => request.rejectOutOfMemory(),
        error.Invalid => request.reject(.{ .class = .type_error, .message = "http_fetch does not know these options" }),
    } else .{};
    if (options.unix != null and request.realm.kind != .host)
        return request.reject(.{ .class = .type_error, .message = "the option 'unix' is for Node code: an isolate reaches no Unix sockets" });
    const tls_text = mergeTls(arena, if (tls_options) |text| text.utf8 else "", &state.network.tls) catch return request.rejectOutOfMemory();
    const way = network_ops.wayOf(state.network, &options, &target);
    const proxy_tls_text = if (way.proxy_tls) |own| mergeTls(arena, "", own) catch return request.rejectOutOfMemory() else null;
    const fetch = state.makeFetch() catch return request.rejectOutOfMemory();
    fetch.* = .{
        .state = state,
        .exchange = .{
            .request = .{
                .method = method.utf8,
                .target = target,
                .headers = headers.utf8,
                .body = if (body) |bytes| .{ .bytes = bytes.data } else .none,
                .timeouts = options.timeouts.resolve(&state.network.timeouts, options.elapsed),
                .route = way.route,
            },
            .events = &Fetch.events,
        },
        .request = request,
        .token = 0,
        .tls_options = tls_text,
        .proxy_tls_options = proxy_tls_text,
        .wants_http2 = (options.http2 orelse state.network.http2) and http.isHttp2Available(),
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
    const how: Flags = @bitCast(flags);
    fetch.exchange.request.fresh = how.fresh;
    if (how.streamed) {
        std.debug.assert(fetch.token != 0);
        const length = contentLength(headers.utf8);
        fetch.exchange.request.source_length = length;
        fetch.upload = Upload.create(request.realm, &state.uploads, token, length) catch {
            fetch.forgetToken();
            fetch.request = null;
            fetch.exchange.state = .over;
            state.freeFetch(fetch);
            return request.rejectOutOfMemory();
        };
        fetch.exchange.request.body = .{ .source = &fetch.upload.?.source };
    }
    request.onCancel(fetch, Fetch.cancelFetch);
    if (fetch.isSecure()) fetch.connectSecurely() else fetch.start();
}

fn abort(realm: *op.Realm, token: u32) void {
    const area = realm.areas.get(.http) orelse return;
    const state: *State = @ptrCast(@alignCast(area.context));
    const fetch = state.tokens.get(token) orelse return;
    fetch.cancelFetch();
}

/// The upload of the http_fetch with this token, or null when that is over.
pub fn uploadOf(realm: *op.Realm, token: u32) ?*Upload {
    const area = realm.areas.get(.http) orelse return null;
    const state: *State = @ptrCast(@alignCast(area.context));
    return state.uploads.get(token);
}

fn uploadWrite(request: *op.Request, token: u32, bytes: op.Bytes) void {
    const upload = uploadOf(request.realm, token) orelse return request.resolve(false);
    upload.write(request, bytes.data);
}

fn uploadEnd(realm: *op.Realm, token: u32) void {
    if (uploadOf(realm, token)) |upload| upload.end();
}

pub const table = [_]op.Op{
    op.async_("http_fetch", fetchStart, .{
        .args = &.{ "method", "url", "headers", "body", "flags", "token", "tls", "options" },
        .result = "[status: number, statusText: string, headers: string, body: number, bytes: Uint8Array | null]",
        .doc = "Sends one HTTP request. headers is \"name\\0value\\0…\"; the answer's are \"name: value\\r\\n…\" as they came. body 0: the whole body is in bytes (null: empty), else it is a stream with this number, the token. flags: FetchFlags; a streamed body comes by upload_write or stream_pipe, a fresh connection is a new one. token, not 0, is for http_abort and those two. tls is \"ca\\0cert\\0key\" as PEM, for https:. options: JSON, see call-options.ts. Rejects with the cause: code, phase, host, port, and proxy, unix, status, address and rule where there are such.",
    }),
    op.post("http_abort", abort, .{ .args = &.{"token"}, .doc = "Stops the http_fetch with this token if its head is not there yet." }),
    op.async_("upload_write", uploadWrite, .{
        .args = &.{ "token", "bytes" },
        .result = "boolean",
        .doc = "The next piece of an http_fetch's streamed body; its bytes must stay until then. True when it was sent, false when nobody wants more.",
    }),
    op.post("upload_end", uploadEnd, .{ .args = &.{"token"}, .doc = "The end of an http_fetch's streamed body." }),
};

test "headers become code points" {
    var arena: std.heap.ArenaAllocator = .init(std.testing.allocator);
    defer arena.deinit();
    try std.testing.expectEqualStrings("a\u{e9}\u{ff}", latin1ToUtf8(arena.allocator(), "a\xe9\xff").?);
}
