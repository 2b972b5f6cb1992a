/** Group of the web layer: blobs, files and forms. */
import { Blob } from "../../web/file/Blob.ts";
import { File } from "../../web/file/File.ts";
import { FormData } from "../../web/file/FormData.ts";

export { Blob, File, FormData };

export function warmUp(): void {
  const blob = new Blob(["text", new Uint8Array(2)], { type: "a/b" });
  void blob.slice(1, 3).text();
  const form = new FormData();
  form.append("name", "value");
  form.set("file", new File([blob], "x"));
}
