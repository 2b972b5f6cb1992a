/**
 * https://w3c.github.io/FileAPI/#APIASynch
 */
import type { Globals } from "../../contract/cases.ts";
import { cases } from "../../contract/cases.ts";

type Reader = InstanceType<Globals["FileReader"]>;

const types = ["loadstart", "progress", "load", "abort", "error", "loadend"];

/** The types of the events until "loadend". */
function events(reader: Reader): Promise<string> {
  const seen: string[] = [];
  return new Promise((resolve) => {
    for (const type of types) reader.addEventListener(type, () => seen.push(type));
    reader.addEventListener("loadend", () => resolve(seen.join()));
  });
}

export default cases({
  "each method gives its kind of result, and events tell of it": async ({ globals: { FileReader, Blob }, assert }) => {
    const blob = new Blob(["é\ud83d\ude00", new Uint8Array([0xff])], { type: "text/plain" });
    const read = async (start: (reader: Reader) => void): Promise<unknown> => {
      const reader = new FileReader();
      const order = events(reader);
      start(reader);
      assert.deepEqual([reader.readyState, reader.result], [1, null]);
      assert.equal(await order, "loadstart,progress,load,loadend");
      assert.deepEqual([reader.readyState, reader.error], [2, null]);
      return reader.result;
    };
    assert.equal(await read((reader) => reader.readAsText(blob)), "é\ud83d\ude00\ufffd");
    assert.equal(await read((reader) => reader.readAsText(blob, "latin1")), "Ã©ðŸ˜€ÿ");
    assert.equal(await read((reader) => reader.readAsText(blob, "no such label")), "é\ud83d\ude00\ufffd");
    assert.equal(await read((reader) => reader.readAsBinaryString(blob)), "\xc3\xa9\xf0\x9f\x98\x80\xff");
    assert.equal(await read((reader) => reader.readAsDataURL(blob)), "data:text/plain;base64,w6nwn5iA/w==");
    const buffer = (await read((reader) => reader.readAsArrayBuffer(blob))) as ArrayBuffer;
    assert.deepEqual([...new Uint8Array(buffer)], [0xc3, 0xa9, 0xf0, 0x9f, 0x98, 0x80, 0xff]);
    new Uint8Array(buffer).fill(0);
    assert.equal((await blob.bytes())[0], 0xc3, "the result is a copy");
  },
  "the encoding: a byte order mark, then the label, then the blob's type": async ({ globals: { FileReader, Blob }, assert }) => {
    const text = async (bytes: number[], type: string, label?: string): Promise<unknown> => {
      const reader = new FileReader();
      const done = events(reader);
      reader.readAsText(new Blob([new Uint8Array(bytes)], { type }), label);
      await done;
      return reader.result;
    };
    assert.equal(await text([0xff, 0xfe, 0x41, 0], "text/plain;charset=utf-8", "latin1"), "A");
    assert.equal(await text([0xe9], "text/plain;charset=utf-8", "latin1"), "é");
    assert.equal(await text([0xe9], "text/plain;charset=latin1"), "é");
    assert.equal(await text([0xe9], "text/plain"), "\ufffd");
  },
  "abort, and a second read at the same time": async ({ globals: { FileReader, Blob, setTimeout }, assert }) => {
    const reader = new FileReader();
    reader.abort();
    assert.equal(reader.readyState, 0);
    const seen: string[] = [];
    for (const type of types) reader.addEventListener(type, () => seen.push(type));
    reader.readAsText(new Blob(["a"]));
    assert.throws(() => reader.readAsText(new Blob(["b"])), /being read already/);
    reader.abort();
    assert.deepEqual([seen.join(), reader.readyState, reader.result], ["abort,loadend", 2, null]);
    await new Promise<void>((resolve) => setTimeout(() => resolve(), 10));
    assert.equal(seen.length, 2, "the aborted operation is silent");
    const again = events(reader);
    reader.readAsText(new Blob(["c"]));
    await again;
    assert.equal(reader.result, "c");
  },
  "progress events carry bytes": async ({ globals: { FileReader, Blob, ProgressEvent }, assert }) => {
    const reader = new FileReader();
    const event = await new Promise<InstanceType<typeof ProgressEvent>>((resolve) => {
      reader.onload = resolve;
      reader.readAsText(new Blob(["abc"]));
    });
    assert.instanceOf(event, ProgressEvent);
    assert.deepEqual([event.lengthComputable, event.loaded, event.total, event.isTrusted], [true, 3, 3, true]);
    const own = new ProgressEvent("x", { loaded: 1.5, total: 4, lengthComputable: true });
    assert.deepEqual([own.loaded, own.total, own.lengthComputable], [1.5, 4, true]);
    assert.throws(() => new ProgressEvent("x", { loaded: Number.NaN }), TypeError);
    assert.throws(() => reader.readAsText("abc" as never), /a Blob object/);
  },
});
