// What a player went through: every error, every stall, every fragment. The page shows it and tests read it.

const STOP = 500; // milliseconds
const KEPT = 5000; // entries of a list: hours of playing

export class Measurements {
  constructor(Hls, hls, video) {
    this.hls = hls;
    this.video = video;
    this.events = []; // every ERROR of hls.js
    this.stalls = []; // from "waiting" to "playing", once it has played
    this.freezes = []; // the play head stood still although it should have moved
    this.fragments = []; // buffered, main and audio
    this.played = []; // main fragments as they came under the play head
    this.details = []; // what each playlist listed
    this.startedAt = null;
    this.waitingAt = null;
    this.movedAt = performance.now();
    this.place = 0;
    this.abort = new AbortController();
    this.listen(Hls);
    this.timer = setInterval(() => this.look(), 100);
  }

  listen(Hls) {
    const { hls, video } = this;
    const on = (name, handler) => video.addEventListener(name, handler, { signal: this.abort.signal });
    on("playing", () => {
      const now = performance.now();
      this.startedAt ??= now;
      if (this.waitingAt !== null) {
        keep(this.stalls, { at: this.waitingAt, duration: now - this.waitingAt, place: video.currentTime });
        this.waitingAt = null;
      }
    });
    on("waiting", () => {
      if (this.startedAt !== null) this.waitingAt ??= performance.now();
    });
    hls.on(Hls.Events.ERROR, (_, data) => {
      const { type, details, fatal, reason, error } = data;
      keep(this.events, {
        at: performance.now(), type, details, fatal, reason: reason ?? error?.message ?? "", url: data.frag?.url ?? data.url ?? "",
      });
    });
    hls.on(Hls.Events.FRAG_BUFFERED, (_, { frag }) => keep(this.fragments, plain(frag)));
    hls.on(Hls.Events.FRAG_CHANGED, (_, { frag }) => keep(this.played, plain(frag)));
    hls.on(Hls.Events.LEVEL_UPDATED, (_, { level, details }) => keep(this.details, listed("main", level, details)));
    hls.on(Hls.Events.AUDIO_TRACK_UPDATED, (_, { id, details }) => keep(this.details, listed("audio", id, details)));
  }

  look() {
    const { video } = this;
    const now = performance.now();
    if (video.currentTime !== this.place || video.paused || this.startedAt === null) {
      const stood = now - this.movedAt;
      if (stood >= 250 && this.startedAt !== null && !video.paused && this.startedAt < this.movedAt) {
        keep(this.freezes, { at: this.movedAt, duration: stood, place: this.place });
      }
      this.place = video.currentTime;
      this.movedAt = now;
    }
  }

  // For how long it has been waiting or standing still now, milliseconds.
  get waiting() {
    if (this.startedAt === null || this.video.paused) return 0;
    return performance.now() - Math.min(this.waitingAt ?? Infinity, this.movedAt);
  }

  // A viewer sees no difference between a stall that the browser tells and a picture that stands still.
  get stops() {
    return Math.max(this.stalls.length, this.freezes.filter((freeze) => freeze.duration > STOP).length);
  }

  get longest() {
    return Math.max(0, ...[...this.stalls, ...this.freezes].map((stop) => stop.duration));
  }

  get fatal() {
    return this.events.filter((event) => event.fatal).length;
  }

  // How often the fragments of a kind have crossed a discontinuity.
  crossed(type) {
    return Math.max(0, new Set(this.fragments.filter((frag) => frag.type === type).map((frag) => frag.cc)).size - 1);
  }

  // Creatives that came under the play head: each stands behind a discontinuity of its own.
  get ads() {
    return new Set(this.played.filter((frag) => frag.url.includes("/ads/")).map((frag) => frag.cc)).size;
  }

  get buffered() {
    const { buffered, currentTime } = this.video;
    for (let n = 0; n < buffered.length; n += 1) {
      if (buffered.start(n) <= currentTime + 0.1 && buffered.end(n) > currentTime) return buffered.end(n) - currentTime;
    }
    return 0;
  }

  end() {
    clearInterval(this.timer);
    this.abort.abort();
  }
}

function keep(list, entry) {
  list.push(entry);
  if (list.length > KEPT) list.shift();
}

function plain(frag) {
  const { url, sn, cc, level, type, start, duration, programDateTime } = frag;
  return { at: performance.now(), url, sn, cc, level, type, start, duration, pdt: programDateTime };
}

function listed(type, level, details) {
  const { startSN, endSN, startCC, endCC, targetduration } = details;
  const last = details.fragments.at(-1);
  return {
    at: performance.now(), type, level, startSN, endSN, startCC, endCC, targetduration,
    url: details.url, segments: details.fragments.length, edge: last ? last.programDateTime + last.duration * 1000 : null,
    stated: stated(details.m3u8),
  };
}

// Each segment's discontinuity sequence number as the playlist states it: hls.js mends what it finds inconsistent.
function stated(text) {
  let cc = Number(/^#EXT-X-DISCONTINUITY-SEQUENCE:(\d+)/m.exec(text)?.[1] ?? 0);
  const numbers = [];
  for (const line of text.split("\n")) {
    if (line === "#EXT-X-DISCONTINUITY") cc += 1;
    else if (line && !line.startsWith("#")) numbers.push(cc);
  }
  return numbers;
}
