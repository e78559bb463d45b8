// A page that waits for an answer asks for its state, and shows itself again when the answer is there.
const waits = document.querySelector("[data-asks]");
async function ask() {
  try {
    const reply = await fetch(waits.dataset.asks, { headers: { accept: "application/json" } });
    const { state } = await reply.json();
    if (reply.ok && state !== "waiting" && state !== "running") return location.reload();
  } catch {
    // The server does not answer just now: ask again.
  }
  setTimeout(ask, 1000);
}
if (waits) setTimeout(ask, 500);
