// Checks, dry run and submission beside the desk: asked for until all of it is there. What is being typed stays.
export function following(place) {
  const handedIn = () => new URLSearchParams(location.search).has("submission");
  // What was handed in stands otherwise now; what is typed and not kept, this browser remembers.
  function again() {
    history.scrollRestoration = "manual"; // the answer is shown, not where the page stood
    location.reload();
  }
  // What came of handing in is brought into sight, at once and without motion; the focus has it read aloud.
  function show() {
    const answer = place.querySelector("[role=status], .wrong");
    if (!answer) return;
    answer.tabIndex = -1;
    answer.focus({ preventScroll: true });
    answer.scrollIntoView({ block: "center" });
  }
  let shown = "";
  let pause = 200; // milliseconds, growing: what is soon there is soon seen
  async function ask() {
    try {
      const answer = await fetch(place.dataset.asks, { headers: { accept: "application/json" } });
      const told = await answer.json();
      if (answer.ok) {
        // Made by the house's own template, which escapes; what has not changed is not read aloud again.
        if (told.html !== shown) place.innerHTML = told.html;
        shown = told.html;
        if (told.state === "done") return handedIn() && again();
      }
    } catch {
      // The server does not answer just now: ask again.
    }
    pause = Math.min(pause * 1.25, 1000);
    setTimeout(ask, pause);
  }
  if (place.dataset.waits) setTimeout(ask, pause);
  else if (handedIn()) show();
}
