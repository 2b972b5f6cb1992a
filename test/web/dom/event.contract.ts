/**
 * https://dom.spec.whatwg.org/#interface-event and #interface-customevent
 */
import { cases } from "../../contract/cases.ts";

export default cases({
  "a new event's attributes": ({ globals: { Event }, assert }) => {
    const event = new Event("x");
    assert.equal(event.type, "x");
    assert.isNull(event.target);
    assert.isNull(event.srcElement);
    assert.isNull(event.currentTarget);
    assert.equal(event.eventPhase, 0);
    assert.isFalse(event.bubbles || event.cancelable || event.composed || event.defaultPrevented || event.isTrusted);
    assert.isTrue(event.returnValue);
    assert.isFalse(event.cancelBubble);
    assert.deepEqual(event.composedPath(), []);
    assert.isAtLeast(event.timeStamp, 0);
  },
  "init is converted": ({ globals: { Event }, assert }) => {
    const event = new Event("x", { bubbles: 1, cancelable: "yes", composed: {} } as never);
    assert.isTrue(event.bubbles && event.cancelable && event.composed);
    assert.isFalse(new Event("x", null as never).bubbles);
    assert.throws(() => new Event("x", 1 as never), TypeError, /must be an object \(a dictionary\).*got the number 1/);
    assert.throws(() => new (Event as unknown as new () => unknown)(), TypeError, /1 argument required, but only 0/);
    assert.equal(new Event(undefined as never).type, "undefined");
  },
  "init members are read in the standard's order": ({ globals: { CustomEvent }, assert }) => {
    const order: string[] = [];
    const init = new Proxy({} as Record<string, unknown>, {
      get(_, key) {
        order.push(String(key));
        return undefined;
      },
    });
    new CustomEvent("x", init);
    assert.deepEqual(order.slice(0, 4), ["bubbles", "cancelable", "composed", "detail"]);
  },
  "events share nothing but what they inherit": ({ globals: { Event, CustomEvent }, assert }) => {
    const [first, second] = [new Event("a", { bubbles: true }), new Event("b")];
    assert.deepEqual([first.type, first.bubbles, second.type, second.bubbles], ["a", true, "b", false]);
    assert.notStrictEqual(first, second);
    Object.assign(first, { extra: 1 });
    assert.notProperty(second, "extra");
    assert.notProperty(new Event("c"), "extra");
    Object.freeze(first);
    assert.isTrue(Object.isExtensible(new Event("d")));
    Object.setPrototypeOf(second, CustomEvent.prototype);
    assert.strictEqual(Object.getPrototypeOf(new Event("e")), Event.prototype);
    class Own extends Event {
      field = 1;
    }
    const own = new Own("own");
    assert.deepEqual([own instanceof Own, own.field, own.type, Object.keys(own)], [true, 1, "own", ["isTrusted", "field"]]);
    assert.deepEqual(Object.keys(new Event("f")), ["isTrusted"]);
    const reflected = Reflect.construct(Event, ["g"], Own) as Own;
    assert.deepEqual([Object.getPrototypeOf(reflected), reflected.type], [Own.prototype, "g"]);
  },

  "isTrusted cannot be forged": ({ globals: { Event }, assert }) => {
    const descriptor = Object.getOwnPropertyDescriptor(new Event("x"), "isTrusted")!;
    assert.isFunction(descriptor.get);
    assert.isUndefined(descriptor.set);
    assert.isTrue(descriptor.enumerable);
    assert.isFalse(descriptor.configurable);
    assert.equal(descriptor.get, Object.getOwnPropertyDescriptor(new Event("y"), "isTrusted")!.get);
  },
  "preventDefault needs a cancelable event": ({ globals: { Event }, assert }) => {
    const fixed = new Event("x");
    fixed.preventDefault();
    assert.isFalse(fixed.defaultPrevented);
    const event = new Event("x", { cancelable: true });
    event.returnValue = true;
    assert.isFalse(event.defaultPrevented);
    event.returnValue = false;
    assert.isTrue(event.defaultPrevented);
    assert.isFalse(event.returnValue);
  },
  "cancelBubble sets the flag and never clears it": ({ globals: { Event }, assert }) => {
    const event = new Event("x");
    event.cancelBubble = true;
    event.cancelBubble = false;
    assert.isTrue(event.cancelBubble);
  },
  initEvent: ({ globals: { Event }, assert }) => {
    const event = new Event("x");
    event.initEvent("y", true, true);
    assert.equal(event.type, "y");
    assert.isTrue(event.bubbles && event.cancelable);
    assert.throws(() => (event as unknown as { initEvent(): void }).initEvent(), TypeError);
    assert.equal(event.initEvent.length, 1);
  },
  constants: ({ globals: { Event }, assert }) => {
    const constants = { NONE: 0, CAPTURING_PHASE: 1, AT_TARGET: 2, BUBBLING_PHASE: 3 };
    for (const [name, value] of Object.entries(constants)) {
      assert.equal((Event as unknown as Record<string, number>)[name], value);
      assert.equal((Event.prototype as unknown as Record<string, number>)[name], value);
    }
  },
  "members are enumerable and named": ({ globals: { Event }, assert }) => {
    assert.equal(Object.prototype.toString.call(new Event("x")), "[object Event]");
    const names: string[] = [];
    for (const name in new Event("x")) names.push(name);
    assert.includeMembers(names, ["isTrusted", "type", "preventDefault", "NONE", "timeStamp", "initEvent"]);
    assert.notInclude(names, "constructor");
    assert.throws(() => Object.getOwnPropertyDescriptor(Event.prototype, "type")!.get!.call({}), TypeError, /Illegal invocation/);
  },
  "CustomEvent carries detail": ({ globals: { CustomEvent, Event }, assert }) => {
    const detail = { a: 1 };
    const event = new CustomEvent("x", { detail, cancelable: true });
    assert.equal(event.detail, detail);
    assert.isTrue(event.cancelable);
    assert.isTrue(event instanceof Event);
    assert.isNull(new CustomEvent("x").detail);
    event.initCustomEvent("y", false, false, { a: 2 });
    assert.deepEqual(event.detail, { a: 2 });
    assert.equal(event.type, "y");
    assert.equal(Object.prototype.toString.call(event), "[object CustomEvent]");
  },
  "an event can be subclassed": ({ globals: { Event, EventTarget }, assert }) => {
    class Mine extends Event {
      payload: number;
      constructor(payload: number) {
        super("mine");
        this.payload = payload;
      }
    }
    const target = new EventTarget();
    let got = 0;
    target.addEventListener("mine", (event: Mine) => (got = event.payload));
    target.dispatchEvent(new Mine(7));
    assert.equal(got, 7);
  },
});
