/**
 * The documentation as a site: `npm run docs` builds it into .cache/site. The pages are docs/*.md; conformance and
 * benches are the generated CONFORMANCE.md and bench/README.md, included.
 */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitepress";

const docs = fileURLToPath(new URL("..", import.meta.url));

/** Pages by group, in the order of the sidebar. A page that no group names is an API group's. */
const groups: Record<string, string[]> = {
  "Getting started": ["getting-started", "nano-run", "node", "isolates", "migration"],
  "What holds": ["security", "limits", "network", "errors", "conformance", "bench"],
  "How it is built": ["ARCHITECTURE"],
};

const title = (page: string) =>
  /^# (.*)$/m.exec(readFileSync(`${docs}/${page}.md`, "utf8"))?.[1] ?? `${page[0]!.toUpperCase()}${page.slice(1)}`;
const pages = readdirSync(docs).flatMap((name) => (name.endsWith(".md") && name !== "index.md" ? [name.slice(0, -3)] : []));
const grouped = Object.values(groups).flat();
const items = (names: string[]) => names.filter((name) => pages.includes(name)).map((name) => ({ text: title(name), link: `/${name}` }));

export default defineConfig({
  title: "nano",
  description: "A small JavaScript runtime: V8 isolates with the WinterTC web globals on a Zig core, inside Node",
  outDir: "../.cache/site",
  cacheDir: "../.cache/vitepress",
  cleanUrls: true,
  lastUpdated: false,
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    sidebar: [
      ...["Getting started"].map((text) => ({ text, items: items(groups[text]!) })),
      { text: "The web APIs", items: items(pages.filter((name) => !grouped.includes(name))) },
      ...["What holds", "How it is built"].map((text) => ({ text, items: items(groups[text]!) })),
    ],
  },
  markdown: {
    config(md) {
      // The benches' page names its charts from its own folder.
      const image = md.renderer.rules.image!;
      md.renderer.rules.image = (tokens, index, ...rest) => {
        const token = tokens[index]!;
        const source = token.attrGet("src");
        if (source?.startsWith("results/")) token.attrSet("src", `../bench/${source}`);
        return image(tokens, index, ...rest);
      };
    },
  },
});
