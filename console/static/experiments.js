// Asks until what is being added up is there, then shows the page again at the same place.
const total = document.querySelector("#total");
const waits = new Set(["waiting", "running"]);
const ask = async () => {
  try {
    const answer = await fetch("/experiments-total");
    const { state } = await answer.json();
    if (state === "done") return location.reload();
    if (!waits.has(state)) return (total.querySelector("[role=status]").textContent = total.dataset.failed);
  } catch {
    // The console may be back in a moment.
  }
  setTimeout(ask, 2000);
};
if (total && waits.has(total.dataset.state)) setTimeout(ask, 2000);
