// A page that waits for an answer asks for its state, and shows itself again when the answer is there.
const waits = document.querySelector("[data-asks]");
let pause = 200; // milliseconds, growing: what is soon there is soon seen
async function ask() {
  try {
    const reply = await fetch(waits.dataset.asks, { headers: { accept: "application/json" } });
    const { state } = await reply.json();
    if (reply.ok && state !== "waiting" && state !== "running") return location.reload();
  } catch {
    // The server does not answer just now: ask again.
  }
  pause = Math.min(pause * 1.25, 1000);
  setTimeout(ask, pause);
}
if (waits) setTimeout(ask, pause);
