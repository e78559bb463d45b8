// What was typed and not kept stays in this browser until it is kept, so that a lost session costs nothing.
export function remembering(desk, told, look) {
  const key = `longreach draft ${desk.dataset.user} ${desk.dataset.name}`;
  let waiting = 0;

  function remember(sent) {
    try {
      const typed = [...new FormData(desk)].filter(([name]) => name !== "form_token");
      localStorage.setItem(key, JSON.stringify({ typed, base: desk.querySelector("[name=base]").value, sent }));
      if (!sent) told.textContent = told.dataset.safe;
    } catch {
      // A browser that keeps nothing: the page still holds what was typed.
    }
  }

  function forget() {
    clearTimeout(waiting);
    localStorage.removeItem(key);
    told.textContent = "";
  }

  async function bringBack(saved) {
    const data = new URLSearchParams(saved.typed);
    data.set("form_token", desk.elements.form_token.value);
    const stood = desk.elements.text.value;
    if (!(await look(data))) return;
    if (desk.elements.text.value === stood) return forget(); // it was kept as it is
    const base = saved.typed.find(([name]) => name === "base");
    if (base) desk.querySelector("[name=base]").value = base[1];
    const away = document.createElement("button");
    away.type = "button";
    away.textContent = told.dataset.away;
    away.addEventListener("click", () => { forget(); location.reload(); });
    told.replaceChildren(told.dataset.found, " ", away);
  }

  let saved = null;
  try {
    saved = JSON.parse(localStorage.getItem(key));
  } catch {
    saved = null;
  }
  const shown = Number(desk.dataset.shown);
  if (saved?.sent && shown > Number(saved.base)) forget();
  else if (saved && shown) bringBack(saved);
  else if (!shown) remember(false);

  desk.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => remember(false), 300);
  });
  desk.addEventListener("submit", (event) => {
    if (event.submitter?.formAction.endsWith("/look")) return;
    clearTimeout(waiting);
    remember(true);
  });
}
