/**
 * Line charts as a PNG, one below the other, with nothing but zlib: `chart([{ title, unit, series: { name: values } }])`.
 * The last quarter, which `npm run load` compares with what was before, is shaded.
 */
import { crc32, deflateSync } from "node:zlib";

const width = 1000;
const panel_height = 150;
const left = 20;
const right = 200;
const top = 24;

const colors = [
  [31, 119, 180],
  [214, 39, 40],
  [44, 160, 44],
  [148, 103, 189],
];
const black = [40, 40, 40];
const gray = [225, 225, 225];

/** 3 × 5 pixels a character, a row an octal digit. */
const font = Object.fromEntries(
  (
    "0 75557 1 26227 2 71747 3 71717 4 55711 5 74717 6 74757 7 71111 8 75757 9 75717 A 75755 B 65656 C 74447 D 65556 E 74647 F 74644 " +
    "G 74557 H 55755 I 72227 J 11157 K 55655 L 44447 M 57755 N 65555 O 75557 P 75744 Q 75571 R 75655 S 74717 T 72222 U 55557 V 55552 " +
    "W 55775 X 55255 Y 55222 Z 71247 . 00002 , 00024 : 02020 - 00700 ( 24442 ) 21112 / 11244 ' 22000"
  )
    .match(/\S+ \d+/g)
    .map((glyph) => glyph.split(" ")),
);

export function chart(panels) {
  const height = panels.length * panel_height;
  const pixels = Buffer.alloc(width * height * 3, 255);
  const set = (x, y, color) => {
    if (x >= 0 && x < width && y >= 0 && y < height) pixels.set(color, (Math.round(y) * width + Math.round(x)) * 3);
  };
  const write = (x, y, text, color) => {
    for (const [index, character] of [...text.toUpperCase()].entries()) {
      for (const [row, bits] of [...(font[character] ?? "00000")].entries()) {
        for (let column = 0; column < 3; column++) {
          if (((Number(bits) >> (2 - column)) & 1) === 0) continue;
          for (const [dx, dy] of [[0, 0], [1, 0], [0, 1], [1, 1]]) set(x + index * 8 + column * 2 + dx, y + row * 2 + dy, color); // biome-ignore format: a square
        }
      }
    }
  };
  const line = (x0, y0, x1, y1, color) => {
    const steps = Math.ceil(Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0), 1));
    for (let step = 0; step <= steps; step++) {
      const x = x0 + ((x1 - x0) * step) / steps;
      const y = y0 + ((y1 - y0) * step) / steps;
      set(x, y, color);
      set(x, y + 1, color);
    }
  };

  for (const [index, { title, unit, series }] of panels.entries()) {
    const base = (index + 1) * panel_height - 12;
    const plot_height = panel_height - top - 16;
    const plot_width = width - left - right;
    const most = Math.max(1e-9, ...Object.values(series).flat());
    const at = (position) => left + position * plot_width;
    for (let y = base - plot_height; y < base; y++) for (let x = at(0.75); x < at(1); x++) set(x, y, [244, 244, 236]);
    write(left, index * panel_height + 6, `${title}, ${unit}: at most ${Number(most.toPrecision(4))}`, black);
    for (const y of [base, base - plot_height]) for (let x = left; x < left + plot_width; x++) set(x, y, gray);
    for (const [number, [name, values]] of Object.entries(series).entries()) {
      const color = colors[number % colors.length];
      const point = (i) => [at(i / Math.max(1, values.length - 1)), base - (values[i] / most) * plot_height];
      for (let i = 1; i < values.length; i++) line(...point(i - 1), ...point(i), color);
      write(width - right + 10, index * panel_height + top + 14 * number, `${name} ${Number(values.at(-1).toPrecision(4))}`, color);
    }
  }
  return png(pixels, height);
}

/** https://www.w3.org/TR/png/ */
function png(pixels, height) {
  const rows = Buffer.alloc(height * (width * 3 + 1));
  for (let y = 0; y < height; y++) pixels.copy(rows, y * (width * 3 + 1) + 1, y * width * 3, (y + 1) * width * 3);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // 8 bits, red green blue.
  header.set([8, 2], 8);
  const piece = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const framed = Buffer.alloc(body.length + 8);
    framed.writeUInt32BE(data.length, 0);
    body.copy(framed, 4);
    framed.writeUInt32BE(crc32(body), body.length + 4);
    return framed;
  };
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, piece("IHDR", header), piece("IDAT", deflateSync(rows)), piece("IEND", Buffer.alloc(0))]);
}
