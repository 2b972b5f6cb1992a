/** Bars as SVG: a group for each row of a result, a bar for each peer, its length the part of the row's fastest. */
import { rate } from "./stats.mjs";

const colours = ["#6b7280", "#2563eb", "#1d4ed8", "#0ea5e9", "#16a34a", "#db2777", "#a16207", "#7c3aed", "#0f766e", "#dc2626"];
const left = 220;
const width = 900;
const bar = 11;
const gap = 10;

const escaped = (text) => String(text).replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);

/** @param result of `summarise` in report.mjs */
export function barChart({ area, peers, rows, date }) {
  const parts = [];
  let y = 44;
  for (const [name, results] of Object.entries(rows)) {
    const there = peers.filter((peer) => results[peer] !== undefined);
    const fastest = Math.max(...there.map((peer) => results[peer].per_second));
    parts.push(`<text x="${left - 8}" y="${y + (there.length * bar) / 2 + 4}" text-anchor="end">${escaped(name)}</text>`);
    for (const peer of there) {
      const length = Math.max(1, Math.round((results[peer].per_second / fastest) * (width - left - 90)));
      parts.push(
        `<rect x="${left}" y="${y}" width="${length}" height="${bar - 1}" fill="${colours[peers.indexOf(peer) % colours.length]}"/>`,
      );
      parts.push(`<text class="rate" x="${left + length + 4}" y="${y + bar - 2}">${rate(results[peer].per_second)}</text>`);
      y += bar;
    }
    y += gap;
  }
  const legend = peers.map(
    (peer, index) =>
      `<rect x="${left + index * 80}" y="22" width="10" height="10" fill="${colours[index % colours.length]}"/>` +
      `<text x="${left + index * 80 + 14}" y="31">${escaped(peer)}</text>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="${escaped(area)}" width="${width}" height="${y}" viewBox="0 0 ${width} ${y}" font-family="sans-serif" font-size="11">`,
    "<style>.rate{font-size:9px;fill:#555}</style>",
    `<rect width="${width}" height="${y}" fill="#fff"/>`,
    `<text x="8" y="14" font-weight="bold">${escaped(area)}: runs per second, ${date}</text>`,
    ...legend,
    ...parts,
    "</svg>",
    "",
  ].join("\n");
}
