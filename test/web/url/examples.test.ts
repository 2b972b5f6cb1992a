import { expect, test } from "vitest";
import { nano } from "../../support/cli.ts";

const cwd = new URL("../../..", import.meta.url).pathname;

test("examples/url-setters.ts", async () => {
  const { code, stdout, stderr } = await nano(["run", "examples/url-setters.ts"], { cwd });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout.split("\n")).toEqual([
    'https://a.example/  protocol = "ws"  ws://a.example/',
    'https://a.example/  protocol = "mailto"  ignored',
    'https://a.example:8443/  port = "443"  https://a.example/',
    'https://a.example/  port = "80 and more"  https://a.example:80/',
    'https://a.example/  port = "65536"  ignored',
    'https://a.example/  port = "eighty"  ignored',
    'https://a.example:1/  host = "b.example:2"  https://b.example:2/',
    'https://a.example:1/  hostname = "b.example:2"  ignored',
    'https://a.example/  hostname = "straße.example"  https://xn--strae-oqa.example/',
    'https://a.example/  hostname = "0x7f.1"  https://127.0.0.1/',
    'https://a.example/  host = ""  ignored',
    'https://a.example/  password = "p@ss:word"  https://:p%40ss%3Aword@a.example/',
    'file:///etc/hosts  username = "me"  ignored',
    'https://a.example/x  pathname = "a/../b c?d"  https://a.example/b%20c%3Fd',
    'mailto:me@a.example  pathname = "you@a.example"  ignored',
    'https://a.example/?q  search = ""  https://a.example/',
    'https://a.example/  hash = "#é"  https://a.example/#%C3%A9',
    'https://a.example/  href = "b.example"  TypeError',
    "?a=1&b=3",
    "0",
    "",
  ]);
});
