/**
 * https://webassembly.github.io/spec/web-api/#streaming-modules
 */
import { cases } from "../../contract/cases.ts";

/** A module that exports f: (i32) => i32, its argument plus one. */
const bytes = new Uint8Array([
  0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 6, 1, 0x60, 1, 0x7f, 1, 0x7f, 3, 2, 1, 0, 7, 5, 1, 1, 0x66, 0, 0, 0x0a, 9, 1, 7, 0, 0x20, 0, 0x41, 1,
  0x6a, 0x0b,
]);

interface Streaming {
  compileStreaming(source: unknown): Promise<object>;
  instantiateStreaming(source: unknown, imports?: unknown): Promise<{ module: object; instance: { exports: { f(n: number): number } } }>;
  Module: new (bytes: Uint8Array) => object;
}
const only = { only: "isolate", why: "Node's WebAssembly is left alone unless nano-runtime/globals is imported" } as const;
const namespace = (): Streaming => (globalThis as unknown as { WebAssembly: Streaming }).WebAssembly;
const headers = { "Content-Type": "application/wasm" };

export default cases({
  "a response, or a promise for one, becomes a module or an instance": {
    ...only,
    run: async ({ globals: { Response }, assert }) => {
      const { compileStreaming, instantiateStreaming, Module } = namespace();
      assert.isTrue((await compileStreaming(new Response(bytes, { headers }))) instanceof Module);
      const { module, instance } = await instantiateStreaming(Promise.resolve(new Response(bytes, { headers })), {});
      assert.isTrue(module instanceof Module);
      assert.equal(instance.exports.f(41), 42);
    },
  },
  "what is no response, or none of a module, is refused and says why": {
    ...only,
    run: async ({ globals: { Response }, assert }) => {
      const { compileStreaming, instantiateStreaming } = namespace();
      const refused = async (source: unknown, message: RegExp): Promise<void> => {
        const error = await compileStreaming(source).then(
          () => null,
          (reason: Error) => reason,
        );
        assert.instanceOf(error, TypeError);
        assert.match(error!.message, message);
      };
      await refused(bytes, /a Response, or a promise for one/);
      await refused(new Response(bytes), /Content-Type must be application\/wasm, got none/);
      await refused(new Response(bytes, { headers: { "Content-Type": "application/wasm;" } }), /got the string "application\/wasm;"/);
      await refused(new Response(bytes, { headers, status: 404 }), /200 to 299, got 404/);
      const used = new Response(bytes, { headers });
      await used.bytes();
      await refused(used, /./);
      const imports = await instantiateStreaming(new Response(bytes, { headers }), 1).catch((error: Error) => error);
      assert.instanceOf(imports, TypeError);
      const broken = await compileStreaming(new Response("wasm", { headers })).catch((error: Error) => error);
      assert.equal((broken as Error).name, "CompileError");
    },
  },
  "the functions look as Web IDL says": {
    ...only,
    run: ({ assert }) => {
      for (const name of ["compileStreaming", "instantiateStreaming"] as const) {
        const { value, writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(namespace(), name)!;
        assert.deepEqual([value.name, value.length, writable, enumerable, configurable], [name, 1, true, true, true]);
      }
    },
  },
});
