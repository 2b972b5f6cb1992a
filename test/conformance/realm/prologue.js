/*
 * Runs before testharness.js in every kind of realm: what the tests take from the place they run in. The runner
 * calls it with the job. A classic script whose value is a function.
 */
(job) => {
  const global = globalThis;
  const define = (name, value) => {
    Object.defineProperty(global, name, { value, writable: true, configurable: true, enumerable: false });
  };
  if (!("self" in global)) define("self", global);
  define("GLOBAL", { isWindow: () => false, isWorker: () => false, isShadowRealm: () => false });
  define("META_TITLE", job.title);

  const { protocol, origin, host, hostname, port, pathname, search, hash, href } = new URL(job.location);
  define("location", { protocol, origin, host, hostname, port, pathname, search, hash, href, toString: () => href });

  // A server runtime has no base URL; the tests need one. What is no absolute URL gets it here, in every runtime alike.
  const resolve = (input) =>
    (typeof input === "string" || typeof input === "function") && !URL.canParse(input) && URL.canParse(input, href)
      ? new URL(input, href).href
      : input;
  const resolved = (args) => (args.length === 0 ? args : [resolve(args[0]), ...args.slice(1)]);
  if (typeof fetch === "function") {
    global.fetch = new Proxy(fetch, { apply: (target, self, args) => Reflect.apply(target, self, resolved(args)) });
  }
  if (typeof Request === "function" && !job.isIdl) {
    const proxy = new Proxy(Request, { construct: (target, args, newTarget) => Reflect.construct(target, resolved(args), newTarget) });
    Object.defineProperty(Request.prototype, "constructor", { value: proxy, writable: true, configurable: true, enumerable: false });
    define("Request", proxy);
  }

  if (typeof Response === "function" && typeof Response.redirect === "function" && !job.isIdl) {
    const { redirect } = Response;
    Response.redirect = function (...args) {
      return Reflect.apply(redirect, this, resolved(args));
    };
  }

  // Where the global is no event target the harness is still to hear of errors.
  if (typeof global.addEventListener !== "function" && typeof EventTarget === "function") {
    const target = new EventTarget();
    for (const name of ["addEventListener", "removeEventListener", "dispatchEvent"]) define(name, target[name].bind(target));
  }

  // biome-ignore lint/security/noGlobalEval: what importScripts does.
  const evaluate = eval;
  define("importScripts", (...urls) => {
    for (const url of urls) {
      const { pathname: path } = new URL(url, href);
      if (path === "/resources/testharness.js") continue;
      if (!(path in job.imported)) throw new TypeError(`importScripts: ${path} was not foreseen`);
      // In the global scope, as a classic script.
      evaluate(job.imported[path]);
    }
  });
};
