/**
 * https://html.spec.whatwg.org/multipage/system-state.html#navigatorid
 */
import packageJson from "../../../package.json" with { type: "json" };
import { cases } from "../../contract/cases.ts";

export default cases({
  "userAgent is one product token with the package's version": ({ globals: { navigator }, assert }) => {
    assert.equal(navigator.userAgent, `nano-runtime/${packageJson.version}`);
    assert.match(navigator.userAgent, /^[!#$%&'*+.^_`|~0-9A-Za-z-]+\/[!#$%&'*+.^_`|~0-9A-Za-z-]+$/);
  },
  "Navigator cannot be made": ({ globals: { Navigator, navigator }, assert }) => {
    assert.throws(() => new Navigator(), TypeError, /Illegal constructor/);
    assert.isTrue(navigator instanceof Navigator);
    assert.throws(() => Reflect.get(Navigator.prototype, "userAgent"), TypeError);
  },
  "attributes of the global object": {
    only: "isolate",
    why: "the host realm exports them from a module",
    run: ({ assert }) => {
      const names = ["navigator", "performance", "self"];
      for (const name of names) {
        const { get, set, enumerable, configurable } = Object.getOwnPropertyDescriptor(globalThis, name)!;
        assert.equal(get!.name, `get ${name}`);
        assert.equal(set?.name, name === "navigator" ? undefined : `set ${name}`);
        assert.deepEqual([enumerable, configurable], [true, true], name);
        assert.throws(() => get!.call({}), TypeError);
        assert.equal(typeof get!.call(undefined), "object");
      }
      const { performance } = globalThis;
      (globalThis as { performance: unknown }).performance = 5;
      assert.equal(globalThis.performance as unknown, 5);
      Object.defineProperty(globalThis, "performance", { value: performance, writable: true, configurable: true });
    },
  },
});
