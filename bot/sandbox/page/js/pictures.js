// The emoji that the bot uses, drawn here (20 × 20), for machines that have no font with emoji in colour.

const INK = { fill: "none", "stroke-linecap": "round", "stroke-linejoin": "round" };

function tag(name, attributes) {
  const written = Object.entries(attributes).map(([key, value]) => `${key}="${value}"`);
  return `<${name} ${written.join(" ")}/>`;
}

const path = (d, fill) => tag("path", { d, fill });
const line = (d, stroke, width = 2) => tag("path", { d, ...INK, stroke, "stroke-width": width });
const disc = (fill, rim, r = 8, cx = 10, cy = 10) =>
  tag("circle", { cx, cy, r, fill, stroke: rim, "stroke-width": 0.8 });
const tile = (fill, rim, rx = 2.5) =>
  tag("rect", { x: 1.8, y: 1.8, width: 16.4, height: 16.4, rx, fill, stroke: rim, "stroke-width": 0.8 });

const GOLD = "#f5b82e";
const SKIN = "#fbc02d";
const BLUE = "#3b82d6";
const GREY = "#8a939e";
const RED = "#d92d3f";

const DRAWN = {
  white_check_mark: tile("#2fa84f", "#238a3f") + line("M5.6 10.4 8.8 13.6 14.6 6.8", "#fff", 2.4),
  ballot_box_with_check: tile("#7aa7cf", "#5b87ad") + line("M5.6 10.4 8.8 13.6 14.6 6.8", "#fff", 2.4),
  x: line("M4.2 4.2 15.8 15.8M15.8 4.2 4.2 15.8", RED, 3.4),
  warning: path("M10 1.8 19 17.6H1z", "#f7c325") + line("M10 7.4v4.6M10 14.8v.1", "#3a3320", 2),
  no_entry: disc(RED, "#b51f30") + line("M5.8 10h8.4", "#fff", 2.6),
  heavy_minus_sign: line("M3.6 10h12.8", GREY, 2.8),
  grey_question:
    line("M6.6 7a3.4 3.4 0 1 1 5.2 2.9c-1.2.8-1.8 1.3-1.8 2.7", GREY, 2.2) + disc(GREY, GREY, 1, 10, 16),
  information_source: tile(BLUE, "#2d69b0") + line("M10 9.4v5M10 5.9v.1", "#fff", 2.2),
  white_circle: disc("#f2f3f5", "#b6bcc4"),
  large_blue_circle: disc("#3f8fe0", "#2f73ba"),
  large_green_circle: disc("#35b558", "#269244"),
  large_yellow_circle: disc("#f2c230", "#cf9f17"),
  red_circle: disc("#e0364a", "#b8233a"),
  large_green_square: tile("#43b45f", "#34984e", 1.4),
  white_large_square: tile("#f2f3f5", "#c3c8cf", 1.4),
  hourglass_flowing_sand:
    line("M5 2.6h10M5 17.4h10", "#a86b2d", 2) +
    path("M6 3.400h8c0 4-2.6 5-2.6 6.600S14 12.6 14 16.600H6c0-4 2.6-5 2.6-6.600S6 7.4 6 3.400z", "#cfe3f2") +
    path("M7.6 6.600h4.800L10 9.800zM7 16.200c.6-2 1.7-2.6 3-2.600s2.4.6 3 2.600z", GOLD),
  point_right:
    path("M2 8.400h4.200L9 6.200h8.400a1.5 1.5 0 0 1 0 3H12.600c1 .1 1.5 3.2.6 3.6.5.8.1 1.9-.8 2.2.1 1-.6 1.6-1.6 1.600H7L4.8 15H2z", SKIN) +
    line("M9.4 9.400h3.200M9.4 12.700h3.600M9 15h3.2", "#d99a12", 0.7),
  point_up:
    path("M8.4 18v-2.800L6.2 12.400V9.800c.1-1 3.2-1.4 3.6-.5V2.800a1.5 1.5 0 0 1 3 0v5c1-.6 2.2-.2 2.4.8 1-.1 1.6.6 1.6 1.600v3.200L15.2 16v2z", SKIN),
  wave:
    path("M7.2 18c-3-1.7-5-6-4.6-8.6.5-1.2 1.7-.8 2.2.8l.3.800L3.9 6c-.2-1.4 1.6-1.9 2.2-.6L5.7 3.900c-.1-1.5 1.8-1.8 2.3-.4l.4 1c.1-1.4 2-1.4 2.4 0l2.2 5.300c.4-1.2 2.4-1.8 2.8-.3-.5 2.5-.3 5.6-2.7 7.6-2 1.6-4.2 1.8-5.9.9z", SKIN) +
    line("M14.8 3.600c1.4.6 2.2 1.6 2.6 3M13.6 5.400c.9.4 1.4 1 1.7 1.9", BLUE, 1.1),
  tada:
    path("M2 18 6.6 6.6 13.4 13.400z", GOLD) +
    line("M4.7 11.3 8.7 15.300M6 8.2 11.8 14", "#d98e12", 0.9) +
    line("M11 9c.4-2.6 2-4.6 4.4-5.200M11.8 9.800c2-.9 4-.9 6 .2", BLUE, 1.3) +
    disc(RED, RED, 1, 8.8, 3.6) +
    disc("#35b558", "#35b558", 1, 16.8, 14) +
    disc("#9b5fd0", "#9b5fd0", 0.9, 13, 2.2),
  lock:
    line("M6.4 9V6.400a3.6 3.6 0 0 1 7.2 0V9", "#98a2ad", 2) +
    tag("rect", { x: 3.8, y: 8.6, width: 12.4, height: 9.2, rx: 1.6, fill: GOLD }) +
    line("M10 12.200v2.4", "#8a5a08", 1.8),
  mag:
    tag("circle", { cx: 8.2, cy: 8.2, r: 5.4, fill: "#cfe6f7", stroke: "#6b7885", "stroke-width": 1.8 }) +
    line("M12.4 12.4 17 17", "#4a545e", 2.6),
  eyes:
    ["5.4", "14.6"]
      .map((cx) => tag("ellipse", { cx, cy: 10, rx: 3.8, ry: 5.2, fill: "#fff", stroke: GREY, "stroke-width": 1 }))
      .join("") +
    disc("#2b2f33", "#2b2f33", 1.9, 4.4, 11) +
    disc("#2b2f33", "#2b2f33", 1.9, 13.6, 11),
  pencil2:
    path("M3 17l1.2-4.400L13.6 3.200l3.2 3.200L7.4 15.800z", GOLD) +
    path("M3 17l1.2-4.4 3.2 3.200z", "#e9d3ae") +
    path("M13.6 3.200l1-1a1.2 1.2 0 0 1 1.7 0l1.5 1.500a1.2 1.2 0 0 1 0 1.700l-1 1z", "#e58a94"),
  wastebasket:
    path("M4.4 6h11.200l-1.2 12H5.600z", "#b7c0c9") +
    line("M3.4 5.200h13.200M7.6 5V3h4.800v2M8 8.600l.5 7M12 8.600l-.5 7", "#7d8893", 1.3),
  construction:
    tag("rect", { x: 1.6, y: 5, width: 16.8, height: 6.4, rx: 1, fill: "#f7a72b" }) +
    line("M4.4 11 7.6 5.400M9.4 11l3.2-5.600M14.4 11l3.2-5.6", "#fff", 1.7) +
    line("M4.6 11.600V17M15.4 11.600V17", GREY, 1.8),
  scissors:
    line("M6.4 5.6 16 16M6.4 14.4 16 4", "#7d8893", 1.7) +
    ["5", "15"]
      .map((cy) => tag("circle", { cx: 4.6, cy, r: 2.4, fill: "none", stroke: RED, "stroke-width": 1.7 }))
      .join(""),
  arrow_down: tile(BLUE, "#2d69b0") + line("M10 5v9.400M6.2 10.8 10 14.600l3.8-3.8", "#fff", 2),
  arrows_counterclockwise:
    tile(BLUE, "#2d69b0") +
    line("M14.6 8.600A5 5 0 0 0 5.8 7.400M5.4 4.600v3h3M5.4 11.400a5 5 0 0 0 8.8 1.200M14.6 15.400v-3h-3", "#fff", 1.6),
  twisted_rightwards_arrows:
    tile(BLUE, "#2d69b0") +
    line("M4.4 6.600h2.400l5.4 6.800h3.200M4.4 13.400h2.400l5.4-6.800h3.200M13.8 4.800l1.8 1.8-1.8 1.800M13.8 11.600l1.8 1.8-1.8 1.8", "#fff", 1.4),
};

/** Whether this machine draws emoji in colour: a box that stands for a missing letter has none. */
function hasFont() {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 24;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) return true;
  context.font = '18px "Apple Color Emoji", "Segoe UI Emoji", "Noto Color Emoji", sans-serif';
  context.textBaseline = "top";
  context.fillText("🟩", 1, 2);
  const { data } = context.getImageData(0, 0, 24, 24);
  for (let at = 0; at < data.length; at += 4) {
    if (data[at + 3] > 40 && Math.abs(data[at + 1] - data[at]) > 24) return true;
  }
  return false;
}

let known = null;

/** The address of an emoji's picture where the machine cannot draw it by itself; else null. */
export function pictureOf(name) {
  known ??= hasFont();
  if (known || !DRAWN[name]) return null;
  const drawn = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20">${DRAWN[name]}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(drawn)}`;
}
