/** The documentation builds as a site: every page is there, and VitePress fails on a link that leads nowhere. */
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

test("vitepress builds every page, the measured ones and their charts among them", { timeout: 180_000 }, async () => {
  const site = mkdtempSync(join(tmpdir(), "nano-site-"));
  try {
    const vitepress = join(root, "node_modules/vitepress/bin/vitepress.js");
    await promisify(execFile)(process.execPath, [vitepress, "build", "docs", "--outDir", site], { cwd: root });
    const pages = readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md"));
    const missing = pages.filter((name) => !existsSync(join(site, name.replace(/\.md$/, ".html"))));
    expect(missing).toEqual([]);
    const page = (name: string) => readFileSync(join(site, `${name}.html`), "utf8");
    expect(page("conformance")).toContain("urlpattern");
    // Charts are assets, or inlined when they are small.
    expect(page("bench")).toMatch(/<img[^>]+(?:assets\/url\.[\w-]+\.svg|data:image\/svg)/);
  } finally {
    rmSync(site, { recursive: true });
  }
});
