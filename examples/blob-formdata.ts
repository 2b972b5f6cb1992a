/**
 * A form with a file, as the multipart/form-data that a browser sends, and read back again.
 *
 *     npx nano run examples/blob-formdata.ts
 */

// A blob shares the bytes of the blobs that it is made of, and a slice shares its blob's.
const head = new Blob(["id,name\n"], { type: "text/csv" });
const rows = Array.from({ length: 3 }, (_, id) => `${id + 1},näme ${id + 1}\n`);
const table = new File([head, ...rows], "table.csv", { type: "text/csv", lastModified: 0 });
console.log(table.name, table.size, "bytes:", JSON.stringify(await table.slice(8, 18).text()));

const form = new FormData();
form.set("note", "three rows");
form.append("file", table);

// What fetch would send as the body of a request.
const request = new Request("http://localhost/upload", { method: "POST", body: form });
const type = request.headers.get("Content-Type")!;
const body = await request.blob();
console.log(type.replace(/boundary=.*/, "boundary=…"), body.size > table.size);

// What a server reads from it.
const received = await new Response(body, { headers: { "Content-Type": type } }).formData();
for (const [name, value] of received) {
  console.log(name, typeof value === "string" ? value : `${value.name} (${value.type}, ${value.size} bytes)`);
}

// A blob: URL stands for a blob until it is revoked.
const url = URL.createObjectURL(table);
console.log((await (await fetch(url)).text()) === (await table.text()));
URL.revokeObjectURL(url);
console.log(await fetch(url).then(String, ({ name }) => name));
