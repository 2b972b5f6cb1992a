/**
 * https://html.spec.whatwg.org/multipage/web-messaging.html
 */
import { type CaseArguments, cases } from "../../contract/cases.ts";

type Port = InstanceType<CaseArguments["globals"]["MessagePort"]>;
type AnyMessage = { data: unknown; ports: readonly Port[] };

const received = (port: Port, count = 1): Promise<AnyMessage[]> =>
  new Promise((resolve) => {
    const messages: AnyMessage[] = [];
    port.onmessage = (event: AnyMessage) => {
      messages.push(event);
      if (messages.length === count) resolve(messages);
    };
  });

export default cases({
  "messages arrive in order, each in a task of its own": async ({ globals: { MessageChannel, MessageEvent, MessagePort }, assert }) => {
    const { port1, port2 } = new MessageChannel();
    assert.isTrue(port1 instanceof MessagePort && port1 !== port2);
    const log: string[] = [];
    const done = new Promise<void>((resolve) => {
      port2.onmessage = (event) => {
        assert.isTrue(event instanceof MessageEvent && event.isTrusted);
        assert.deepEqual([event.target, event.origin, event.lastEventId, event.source, event.ports], [port2, "", "", null, []]);
        log.push(`message ${event.data}`);
        Promise.resolve().then(() => log.push(`microtask ${event.data}`));
        if (event.data === 3) resolve();
      };
    });
    for (const data of [1, 2, 3]) port1.postMessage(data);
    log.push("posted");
    await done;
    await null;
    assert.deepEqual(log, ["posted", "message 1", "microtask 1", "message 2", "microtask 2", "message 3", "microtask 3"]);
  },
  "the message is copied when it is posted": async ({ globals: { MessageChannel, DOMException }, assert }) => {
    const { port1, port2 } = new MessageChannel();
    const value = { list: [1] };
    port1.postMessage(value);
    value.list.push(2);
    const [message] = await received(port2);
    assert.deepEqual(message!.data, { list: [1] });
    assert.throws(() => port1.postMessage(() => {}), DOMException);
    assert.throws(() => (port1.postMessage as () => void)(), TypeError);
    assert.throws(() => port1.postMessage(1, 5 as never), TypeError);
  },
  "a listener does not start the port, start() does": async ({ globals: { MessageChannel, setTimeout }, assert }) => {
    const { port1, port2 } = new MessageChannel();
    const seen: unknown[] = [];
    port2.addEventListener("message", (event) => seen.push(event.data));
    port1.postMessage("a");
    await new Promise<void>((resolve) => setTimeout(resolve, 5));
    assert.deepEqual(seen, []);
    port2.start();
    port2.start();
    assert.deepEqual(seen, []);
    await new Promise<void>((resolve) => setTimeout(resolve, 5));
    assert.deepEqual(seen, ["a"]);
  },
  "buffers are transferred, by list or by options": async ({ globals: { MessageChannel }, assert }) => {
    const { port1, port2 } = new MessageChannel();
    const messages = received(port2, 2);
    for (const options of [(buffer: object) => [buffer], (buffer: object) => ({ transfer: [buffer] })]) {
      const bytes = new Uint8Array([1, 2, 3]);
      port1.postMessage({ bytes }, options(bytes.buffer));
      assert.equal(bytes.byteLength, 0);
    }
    for (const { data } of await messages) assert.deepEqual([...(data as { bytes: Uint8Array }).bytes], [1, 2, 3]);
  },
  "a port is transferred with the messages it holds": async ({ globals: { MessageChannel, MessagePort, DOMException }, assert }) => {
    const outer = new MessageChannel();
    const inner = new MessageChannel();
    inner.port1.postMessage("early");
    outer.port1.postMessage({ port: inner.port2 }, [inner.port2]);
    assert.throws(() => outer.port1.postMessage(1, [inner.port2]), DOMException, /detached/);
    inner.port1.postMessage("late");
    const [message] = await received(outer.port2);
    const { port } = message!.data as { port: Port };
    assert.isTrue(port instanceof MessagePort && port !== inner.port2);
    assert.equal(message!.ports[0], port);
    assert.isTrue(Object.isFrozen(message!.ports));
    const messages = await received(port, 2);
    assert.deepEqual(
      messages.map(({ data }) => data),
      ["early", "late"],
    );
    const back = received(inner.port1);
    port.postMessage("back");
    assert.equal((await back)[0]!.data, "back");
    inner.port2.postMessage("to nobody");
  },
  "structuredClone transfers a port; without that it is refused": async ({ globals, assert }) => {
    const { MessageChannel, MessagePort, structuredClone, DOMException } = globals;
    const { port1, port2 } = new MessageChannel();
    assert.throws(() => structuredClone(port1), DOMException);
    const value = { port: port1, again: [port1], set: new Set([port1]) };
    const moved = structuredClone(value, { transfer: [port1] });
    assert.isTrue(moved.port instanceof MessagePort && moved.port !== port1);
    assert.equal(moved.again[0], moved.port);
    assert.isTrue(moved.set.has(moved.port));
    moved.port.postMessage(1);
    assert.equal((await received(port2))[0]!.data, 1);
  },
  "a port cannot be sent through itself, nor usefully to its other end": ({ globals: { MessageChannel, DOMException }, assert }) => {
    const { port1, port2 } = new MessageChannel();
    assert.throws(() => port1.postMessage(1, [port1]), DOMException, /through itself/);
    port1.postMessage(1, [port2]);
    assert.throws(() => port2.postMessage(1, [port2]), DOMException);
  },
  "close: what was posted arrives, then a close event; nothing after": async ({ globals: { MessageChannel, setTimeout }, assert }) => {
    const { port1, port2 } = new MessageChannel();
    const log: unknown[] = [];
    port2.onmessage = (event) => log.push(event.data);
    port2.onclose = (event) => log.push(event.type);
    port1.onclose = () => log.push("not here");
    port1.postMessage("before");
    port1.close();
    port1.postMessage("after");
    port2.postMessage("to nobody");
    await new Promise<void>((resolve) => setTimeout(resolve, 5));
    assert.deepEqual(log, ["before", "close"]);
    port1.close();
  },
  "an error in a listener does not stop the next message": async ({ globals: { MessageChannel }, assert, realm }) => {
    if (realm === "host") return;
    const { port1, port2 } = new MessageChannel();
    const errors: unknown[] = [];
    const target = globalThis as { onerror?: unknown };
    target.onerror = (...args: unknown[]) => {
      errors.push((args[4] as Error).message);
      return true;
    };
    const last = new Promise<void>((resolve) => {
      port2.onmessage = (event) => {
        if (event.data === 2) resolve();
        throw new Error(`${event.data}`);
      };
    });
    port1.postMessage(1);
    port1.postMessage(2);
    await last;
    await null;
    assert.deepEqual(errors, ["1", "2"]);
    target.onerror = null;
  },
  "thousands of messages": async ({ globals: { MessageChannel }, assert }) => {
    const { port1, port2 } = new MessageChannel();
    const messages = received(port2, 5000);
    for (let index = 0; index < 5000; index++) port1.postMessage(index);
    assert.isTrue((await messages).every(({ data }, index) => data === index));
  },
  "messages back and forth yield to timers": async ({ globals: { MessageChannel, setTimeout }, assert }) => {
    const { port1, port2 } = new MessageChannel();
    let count = 0;
    let isOver = false;
    port1.onmessage = () => {
      if (!isOver) port1.postMessage(count++);
    };
    port2.onmessage = () => port2.postMessage(0);
    port1.postMessage(0);
    await new Promise<void>((resolve) => setTimeout(resolve, 20));
    isOver = true;
    assert.isAbove(count, 0);
    port1.close();
  },
  interfaces: ({ globals: { MessagePort, MessageChannel, MessageEvent, EventTarget }, assert }) => {
    assert.throws(() => new MessagePort(), TypeError, /Illegal constructor/);
    const { port1 } = new MessageChannel();
    assert.isTrue(port1 instanceof EventTarget);
    assert.deepEqual([port1.onmessage, port1.onmessageerror, port1.onclose], [null, null, null]);
    assert.equal(MessagePort.prototype.postMessage.length, 1);
    const event = new MessageEvent("x", { data: 1, origin: "o", lastEventId: "i", source: port1, ports: [port1] });
    assert.deepEqual([event.data, event.origin, event.lastEventId, event.source, event.ports], [1, "o", "i", port1, [port1]]);
    assert.equal(event.ports, event.ports);
    const plain = new MessageEvent("x");
    assert.deepEqual([plain.data, plain.origin, plain.source, plain.ports], [null, "", null, []]);
    event.initMessageEvent("y", true, false, 2);
    assert.deepEqual([event.type, event.bubbles, event.data, event.source], ["y", true, 2, null]);
    assert.throws(() => new MessageEvent("x", { ports: [{} as never] }), TypeError);
    assert.throws(() => new MessageEvent("x", { source: {} as never }), TypeError);
  },
});
