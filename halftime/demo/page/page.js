// Two viewers of one live channel side by side, and the timeline that explains what each is shown.

import { draw, seconds } from "./draw.js";
import { Measurements } from "./measure.js";

const NAMES = ["Ana", "Ben", "Chloé", "Dario", "Eva", "Femi", "Greta", "Hugo"];
const COLOURS = { first: "#4fd1c5", second: "#f6a56f" };
const RETRY = 2000; // milliseconds
const FORGET = 600_000; // milliseconds after which a break has left the timeline for good

const facts = await (await fetch("demo.json")).json();
let taken = 0;
let unheard = 0;

class Viewer {
  constructor(place, options) {
    this.place = place;
    this.root = document.getElementById(place);
    this.video = this.root.querySelector("video");
    this.options = options;
    this.breaks = new Map();
    this.root.querySelector(".other").addEventListener("click", () => this.play());
    this.play();
  }

  // Every name is a viewer of its own, the same after a reload: a viewer who comes back gets the same seat and pods.
  play() {
    this.measured?.end();
    this.hls?.destroy();
    const name = NAMES[taken % NAMES.length];
    const turn = Math.floor(taken / NAMES.length);
    taken += 1;
    this.name = turn ? `${name} ${turn + 1}` : name;
    this.root.querySelector(".name").textContent = this.name;
    this.breaks.clear();
    this.told = null;
    this.hls = new Hls({ backBufferLength: 30, ...this.options });
    this.measured = new Measurements(Hls, this.hls, this.video);
    this.hls.loadSource(`${facts.edge}/live/${facts.channel}/index.m3u8?viewer=${encodeURIComponent(this.name)}`);
    this.hls.attachMedia(this.video);
    this.hls.on(Hls.Events.ERROR, (_, { fatal, type }) => fatal && this.recover(this.hls, type));
    if (this.place === "first") expose(this);
  }

  // A demo that was ended and started again goes on for those who still watch.
  recover(hls, type) {
    setTimeout(() => {
      if (hls !== this.hls) return;
      if (type === Hls.ErrorTypes.MEDIA_ERROR) hls.recoverMediaError();
      else if (hls.levels.length) hls.startLoad();
      else hls.loadSource(hls.url);
    }, RETRY);
  }

  // The session's token stands in the address of every media playlist.
  get token() {
    return new URL(this.hls.levels[0].uri).pathname.split("/").at(-2);
  }

  get head() {
    return this.hls.playingDate?.getTime() ?? null;
  }

  async ask() {
    if (!this.hls.levels?.length) return;
    const asked = this.hls;
    const reply = await fetch(`${facts.edge}/timeline/${facts.channel}/${this.token}`, { signal: AbortSignal.timeout(3000) });
    const told = await reply.json();
    if (asked !== this.hls || !told.edge) return;
    if (told.edge !== this.told?.edge) this.moved = performance.now();
    this.told = told;
    for (const one of told.breaks) {
      // What has left the window is told without its items: they are kept from before.
      const items = one.items.length ? one.items : this.breaks.get(one.key)?.items ?? [];
      this.breaks.set(one.key, { ...one, items });
    }
    for (const [key, one] of this.breaks) if ((one.end ?? told.edge) < told.edge - FORGET) this.breaks.delete(key);
  }

  // Items of one creative in a row are one run: that is what a viewer sees.
  get runs() {
    const runs = [];
    for (const { items } of this.breaks.values()) {
      for (const { creative, index, start, end } of items) {
        const { title, kind, colour } = facts.creatives[creative] ?? { title: creative, kind: "ad", colour: "#555" };
        const name = kind.startsWith("slate") ? "Slate" : title;
        const last = runs.at(-1);
        const goes_on = last && last.title === name && last.end === start && (index > 0 || name === "Slate");
        if (goes_on) last.end = end;
        else runs.push({ creative, kind, title: name, colour, start, end });
      }
    }
    return runs;
  }

  show() {
    const head = this.head;
    const now = head === null ? null : this.runs.find((run) => run.start <= head && head < run.end);
    const air = this.root.querySelector(".air");
    air.textContent = now ? `${now.title} · ${Math.max(1, Math.ceil((now.end - head) / 1000))} s` : head ? "Live" : "";
    air.style.setProperty("--colour", now ? now.colour : "#1d2833");
    this.root.querySelector(".says").textContent = `${this.level} · ${this.measured.stops} stalls`;
  }

  get level() {
    const level = this.hls.levels?.[this.hls.currentLevel];
    return level ? `${level.height}p` : "–";
  }
}

function expose(viewer) {
  const { measured } = viewer;
  window.halftime = {
    hls: viewer.hls,
    video: viewer.video,
    events: measured.events,
    stalls: measured.stalls,
    freezes: measured.freezes,
    fragments: measured.fragments,
    played: measured.played,
    details: measured.details,
    get started() { return measured.startedAt !== null; },
    get waiting() { return measured.waiting; },
    get fatal() { return measured.fatal; },
    get breaks() { return [...viewer.breaks.values()]; },
    get pods() { return viewers.map(({ name, runs }) => ({ name, runs })); },
    get onAir() { return viewer.root.querySelector(".air").textContent; },
  };
}

function figures(viewer) {
  const { measured, hls } = viewer;
  const { stops, longest } = measured;
  const video = measured.crossed("main");
  const audio = measured.crossed("audio");
  return [
    ["stalls", stops, stops ? "bad" : "good"],
    ["longest stall", `${Math.round(longest)} ms`, longest > 500 ? "bad" : "good"],
    ["fatal errors", measured.fatal, measured.fatal ? "bad" : "good"],
    ["ads seen", measured.ads, ""],
    ["splices, video / audio", `${video} / ${audio}`, video === audio ? "" : "late"],
    ["level", viewer.level, ""],
    ["latency", Number.isFinite(hls.latency) && hls.latency ? `${hls.latency.toFixed(1)} s` : "–", ""],
    ["buffer", `${measured.buffered.toFixed(1)} s`, ""],
  ];
}

function tell(list, entries) {
  if (list.children.length !== entries.length) {
    list.replaceChildren(...entries.map(([name]) => {
      const tile = document.createElement("div");
      const term = document.createElement("dt");
      term.textContent = name;
      tile.append(term, document.createElement("dd"));
      return tile;
    }));
  }
  entries.forEach(([, value, tone], n) => {
    const place = list.children[n].lastChild;
    if (place.textContent !== String(value)) place.textContent = value;
    place.className = tone;
  });
}

function state(edge, breaks) {
  if (unheard > 3) return "The demo does not answer: has it ended?";
  if (!edge) return "Waiting for the channel …";
  const open = breaks.find((one) => one.start !== null && one.start <= edge && (one.end ?? Infinity) > edge);
  if (open) {
    const left = open.planned_end === null ? "" : `, ${seconds(Math.max(0, open.planned_end - edge))} of it planned`;
    return `At the live edge: a break${left}`;
  }
  const next = breaks.find((one) => one.end === null && (one.start ?? one.signalled) > edge);
  if (next) return `At the live edge: the event, a break in ${seconds((next.start ?? next.signalled) - edge)}`;
  return "At the live edge: the event";
}

const viewers = [
  new Viewer("first", {}),
  new Viewer("second", { capLevelToPlayerSize: true, maxBufferLength: 20 }),
];

const sound = document.querySelector(".sound");
sound.addEventListener("click", () => {
  const { video } = viewers[0];
  video.muted = !video.muted;
  sound.setAttribute("aria-pressed", String(!video.muted));
});

const canvas = document.getElementById("timeline");
function refresh() {
  const [lead] = viewers;
  const edge = lead.told ? lead.told.edge : null;
  const breaks = [...lead.breaks.values()];
  for (const viewer of viewers) viewer.show();
  tell(document.getElementById("figures"), figures(lead));
  const words = document.getElementById("state");
  words.textContent = state(edge, breaks);
  words.className = unheard > 3 ? "lost" : "";
  draw(canvas, {
    // The edge moves by whole segments; what is drawn around it glides with the clock.
    now: lead.told ? edge + Math.min(performance.now() - lead.moved, 2 * lead.told.target_duration) : null,
    edge,
    breaks,
    viewers: viewers.map(({ name, place, head, runs }) => ({ name, colour: COLOURS[place], head, runs })),
  });
}
setInterval(refresh, 250);

async function listen() {
  try {
    await Promise.all(viewers.map((viewer) => viewer.ask()));
    unheard = 0;
  } catch {
    unheard += 1; // said on the page when it goes on
  }
  setTimeout(listen, 1000);
}
listen();
