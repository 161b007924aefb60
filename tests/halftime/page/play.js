// Plays ?stream= in ?player=hlsjs or ?player=shaka, with subtitles on, and notes what a viewer sees ten times a second.

const query = new URLSearchParams(location.search);
const stream = query.get("stream");
const video = document.querySelector("video");
const seen = {
  errors: [], // all that the player tells; what it recovers from is not fatal
  samples: [], // what was on air, and where
  stalls: [], // milliseconds from "waiting" to "playing", once it has played
};
const players = { hlsjs, shaka: shakaPlayer };
const player = await players[query.get("player")]();
let started = null;
let waiting = null;
window.seen = seen;

// A player tells whether it plays through Media Source; what it shows is taken from the video.
async function hlsjs() {
  const hls = new Hls();
  hls.on(Hls.Events.ERROR, (_, { details, fatal, reason, error, frag }) => {
    seen.errors.push({ details, fatal, reason: reason ?? error?.message ?? "", url: frag?.url ?? "", at: video.currentTime });
  });
  // Chosen earlier, it would be taken back when the browser's own tracks are made.
  video.addEventListener("playing", () => { hls.subtitleTrack = 0; }, { once: true });
  hls.loadSource(stream);
  hls.attachMedia(video);
  return { mediaSource: () => video.src.startsWith("blob:") };
}

async function shakaPlayer() {
  shaka.polyfill.installAll();
  const made = new shaka.Player();
  const note = ({ code, category, severity, data }) => {
    const fatal = severity === shaka.util.Error.Severity.CRITICAL;
    const reason = JSON.stringify(data, (_, value) => (value instanceof Error ? value.message : value));
    seen.errors.push({ details: `${category}/${code}`, fatal, reason, url: "", at: video.currentTime });
  };
  made.addEventListener("error", ({ detail }) => note(detail));
  await made.attach(video);
  made.configure({
    streaming: { preferNativeHls: false, rebufferingGoal: 2, bufferingGoal: 20, bufferBehind: 30 },
  });
  made.load(stream).then(() => made.selectTextTrack(made.getTextTracks()[0] ?? null), note);
  return { mediaSource: () => made.getLoadMode() === shaka.Player.LoadMode.MEDIA_SOURCE };
}

video.addEventListener("playing", () => {
  const now = performance.now();
  started ??= now;
  if (waiting !== null) seen.stalls.push(now - waiting);
  waiting = null;
});
video.addEventListener("waiting", () => {
  if (started !== null) waiting ??= performance.now();
});

const patch = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });

function look() {
  if (started === null) return;
  patch.drawImage(video, 8, 8, 16, 16, 0, 0, 1, 1);
  const { totalVideoFrames, droppedVideoFrames } = video.getVideoPlaybackQuality();
  const shown = [...video.textTracks].filter((track) => track.mode === "showing");
  const place = video.currentTime;
  // The browser makes a list of active cues four times a second: a look in between would find the one before.
  const due = ({ cues }) => [...(cues ?? [])].filter(({ startTime, endTime }) => startTime <= place && place < endTime);
  seen.samples.push({
    at: performance.now(),
    place,
    colour: [...patch.getImageData(0, 0, 1, 1).data.subarray(0, 3)],
    frames: totalVideoFrames,
    dropped: droppedVideoFrames,
    texts: shown.length,
    cues: shown.flatMap(due).map(({ text }) => text),
    mediaSource: player.mediaSource(),
  });
}
setInterval(look, 100);
