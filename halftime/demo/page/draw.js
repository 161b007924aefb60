// The live timeline: the channel's breaks as they were planned and as they went, and each viewer's pods below.

const PAST = 130_000; // milliseconds behind now
const FUTURE = 50_000;
const WORDS = "#eef3f8";
const SOFT = "#93a4b5";
const CONTENT = "#22303e";
const BREAK = "#e0b03a";
const INK = "#1c1400"; // on a break's yellow
const FONT = 'system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';

export function draw(canvas, now) {
  const ratio = window.devicePixelRatio || 1;
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  if (!now.edge) return;
  const size = Math.max(12, Math.min(22, height / 12.5));
  const left = size * 6;
  const from = now.now - PAST;
  const scale = (width - left - size) / (PAST + FUTURE);
  const sheet = { pen, size, left, width, from, to: now.now + FUTURE, x: (ms) => left + (ms - from) * scale };
  const top = size * 2.1;
  const step = (height - top - size * 0.7) / (1 + now.viewers.length);
  const row = (n) => ({ y: top + step * n, height: step - size * 0.45 });

  pen.textBaseline = "middle";
  ruler(sheet, height);
  label(sheet, row(0), "Channel", SOFT);
  clipped(sheet, height, () => {
    channel(sheet, row(0), now);
    now.viewers.forEach((viewer, n) => pods(sheet, row(n + 1), viewer, now));
    const edge = sheet.x(now.edge);
    rule(pen, edge, top - size * 0.4, height - size * 0.4, WORDS, [4, 5]);
    tag(sheet, edge, size * 0.95, "live edge", WORDS);
  });
  now.viewers.forEach((viewer, n) => {
    label(sheet, row(n + 1), viewer.name, viewer.colour);
    if (viewer.head) head(sheet, row(n + 1), sheet.x(viewer.head), viewer.colour);
  });
}

function clipped(sheet, height, work) {
  const { pen, left, width } = sheet;
  pen.save();
  pen.beginPath();
  pen.rect(left, 0, width - left, height);
  pen.clip();
  work();
  pen.restore();
}

function ruler({ pen, size, x, from, to, left }, height) {
  pen.font = `${size * 0.78}px ${FONT}`;
  for (let ms = Math.ceil(from / 30_000) * 30_000; ms < to; ms += 30_000) {
    const at = x(ms);
    if (at < left + size) continue;
    rule(pen, at, size * 1.8, height, "#1c2733");
    pen.fillStyle = "#64788b";
    pen.textAlign = "center";
    pen.fillText(new Date(ms).toLocaleTimeString([], { hour12: false }), at, size * 0.95);
  }
}

function channel(sheet, row, now) {
  block(sheet, row, sheet.from, now.edge, CONTENT);
  for (const one of now.breaks) {
    const start = one.start ?? one.signalled;
    const end = one.end ?? Math.min(now.edge, one.planned_end ?? now.edge);
    if (one.start !== null && end > start) block(sheet, row, start, end, BREAK);
    const planned = one.planned_end;
    if (planned !== null && planned > end) hatched(sheet, row, Math.max(start, end), planned);
    if (one.end !== null) {
      words(sheet, row, start, end, `break ${seconds(end - start)}`, INK);
      if (planned > end) words(sheet, row, end, planned, `${seconds(planned - end)} early`, BREAK);
    } else {
      words(sheet, row, start, end, "break", INK);
      if (planned > end) words(sheet, row, Math.max(start, end), planned, `${seconds(planned - start)} planned`, BREAK);
    }
  }
}

function pods(sheet, row, viewer, now) {
  block(sheet, row, sheet.from, now.edge, CONTENT);
  for (const run of viewer.runs) {
    if (run.end < sheet.from) continue;
    block(sheet, row, run.start, run.end, run.colour, run.start > now.edge ? 0.45 : 1);
    words(sheet, row, run.start, run.end, run.title, WORDS);
  }
}

function block({ pen, x }, { y, height }, from, to, colour, alpha = 1) {
  pen.globalAlpha = alpha;
  pen.fillStyle = colour;
  pen.beginPath();
  pen.roundRect(x(from) + 0.5, y, Math.max(1, x(to) - x(from) - 1), height, 4);
  pen.fill();
  pen.globalAlpha = 1;
}

function hatched({ pen, x }, { y, height }, from, to) {
  const wide = x(to) - x(from);
  pen.save();
  pen.beginPath();
  pen.roundRect(x(from) + 1, y + 1, Math.max(1, wide - 2), height - 2, 4);
  pen.strokeStyle = BREAK;
  pen.setLineDash([5, 4]);
  pen.stroke();
  pen.clip();
  pen.setLineDash([]);
  pen.globalAlpha = 0.28;
  for (let at = x(from) - height; at < x(to); at += 9) {
    pen.beginPath();
    pen.moveTo(at, y + height);
    pen.lineTo(at + height, y);
    pen.stroke();
  }
  pen.restore();
}

// Left-aligned in what can be seen of a stretch; left out where it does not fit.
function words({ pen, x, size, left }, { y, height }, from, to, text, colour) {
  const start = Math.max(x(from), left) + size * 0.4;
  const room = x(to) - start - size * 0.2;
  pen.font = `600 ${size * 0.86}px ${FONT}`;
  const needed = pen.measureText(text).width;
  if (needed > room) return;
  pen.fillStyle = colour;
  pen.textAlign = "left";
  pen.fillText(text, start, y + height / 2);
}

function label({ pen, size }, { y, height }, text, colour) {
  pen.font = `700 ${size}px ${FONT}`;
  pen.fillStyle = colour;
  pen.textAlign = "left";
  pen.fillText(text, size * 0.8, y + height / 2);
}

function head({ pen, size }, { y, height }, at, colour) {
  rule(pen, at, y - size * 0.15, y + height + size * 0.15, "#0b0f14", [], 6);
  rule(pen, at, y - size * 0.15, y + height + size * 0.15, colour, [], 3);
  pen.fillStyle = colour;
  pen.beginPath();
  pen.arc(at, y - size * 0.1, size * 0.32, 0, 2 * Math.PI);
  pen.fill();
}

function tag({ pen, size }, at, y, text, colour) {
  pen.font = `600 ${size * 0.8}px ${FONT}`;
  const wide = pen.measureText(text).width + size;
  pen.fillStyle = "#141b23";
  pen.fillRect(at - wide / 2, y - size * 0.7, wide, size * 1.4);
  pen.fillStyle = colour;
  pen.textAlign = "center";
  pen.fillText(text, at, y);
}

function rule(pen, at, from, to, colour, dash = [], wide = 1) {
  pen.strokeStyle = colour;
  pen.lineWidth = wide;
  pen.setLineDash(dash);
  pen.beginPath();
  pen.moveTo(at, from);
  pen.lineTo(at, to);
  pen.stroke();
  pen.setLineDash([]);
  pen.lineWidth = 1;
}

export function seconds(ms) {
  return `${Math.round(ms / 1000)} s`;
}
