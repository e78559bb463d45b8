// The desk at which a strategy is written. Everything here is done by the server as well, on "Show it so";
// the script asks it sooner. Nothing is done while Chinese is being composed: the word is not there yet.
import { completing } from "./complete.js";
import { remembering } from "./remember.js";

const desk = document.querySelector("#desk");
const part = (name) => desk.querySelector(`#${name}`);
const rule = part("rule");
const text = part("text");
const kept = part("kept");
let composing = false;
let typed = 0;
let waiting = 0;

const field = (key) => desk.querySelector(`[name='f:${JSON.stringify(["experiment", key])}']`)?.value ?? "";

function underline(before, wrong) {
  const under = desk.querySelector(".underlined");
  under.replaceChildren();
  rule.toggleAttribute("aria-invalid", Boolean(wrong));
  if (wrong) rule.setAttribute("aria-invalid", "true");
  if (!wrong) return;
  const mark = document.createElement("mark");
  mark.textContent = wrong;
  under.append(before, mark);
  under.scrollTop = rule.scrollTop;
}

async function count(exact) {
  const mine = typed;
  const asked = new URLSearchParams({ rule: rule.value, holdout: field("holdout"), ramp: field("ramp") });
  if (exact) asked.set("exact", "yes");
  try {
    const found = await (await fetch(`/strategies/rule?${asked}`)).json();
    if (mine !== typed) return;
    if (found.error) {
      part("count").textContent = found.error;
      return;
    }
    part("count").innerHTML = found.html; // made by the house's own template, which escapes
    underline(found.before, found.wrong);
  } catch {
    if (mine === typed) part("count").textContent = part("count").dataset.silent;
  }
}

function soon() {
  clearTimeout(waiting);
  waiting = setTimeout(count, 150);
}

// Puts the server's view of form and document in place of ours; focus, cursor and open parts stay.
function swap(page, withCount) {
  const at = document.activeElement;
  const place = at && desk.contains(at) && at.id ? [at.id, at.selectionStart, at.selectionEnd] : null;
  const open = [...part("funnel").querySelectorAll("details")].map((each) => each.open);
  for (const name of ["told", "drawing", "funnel", "terms", ...(withCount ? ["count"] : [])]) {
    part(name).innerHTML = page.querySelector(`#${name}`).innerHTML;
  }
  part("funnel").querySelectorAll("details").forEach((each, number) => { each.open = open[number] ?? true; });
  text.value = page.querySelector("#text").value;
  rule.value = page.querySelector("#rule").value;
  desk.querySelector("[name=was]").value = page.querySelector("[name=was]").value;
  const again = place && document.getElementById(place[0]);
  if (again) {
    again.focus();
    if (typeof place[1] === "number" && again.setSelectionRange) again.setSelectionRange(place[1], place[2]);
  }
}

async function look(data, withCount) {
  const mine = typed;
  try {
    const answer = await fetch(`/strategies/${desk.dataset.name}/look`, {
      method: "POST",
      body: new URLSearchParams(data),
    });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!page.querySelector("#told")) throw new Error("another page");
    if (mine !== typed) return false;
    swap(page, withCount);
    return true;
  } catch {
    kept.textContent = kept.dataset.lost;
    return false;
  }
}

desk.addEventListener("compositionstart", () => { composing = true; });
desk.addEventListener("compositionend", (event) => {
  composing = false;
  typed += 1;
  if (event.target === rule) soon();
});
desk.addEventListener("input", (event) => {
  if (composing || event.isComposing) return;
  typed += 1;
  if (event.target === rule) {
    underline("", "");
    soon();
  }
});
desk.addEventListener("change", async (event) => {
  if (event.target.id === "note") return;
  if (await look(new FormData(desk), event.target === text)) soon();
});
desk.addEventListener("submit", async (event) => {
  if (!event.submitter?.formAction.endsWith("/look")) return;
  event.preventDefault();
  delete desk.dataset.sent;
  const data = new FormData(desk);
  if (event.submitter.name) data.set(event.submitter.name, event.submitter.value);
  await look(data, true);
});
part("count").addEventListener("click", (event) => {
  const mend = event.target.closest(".mend");
  if (mend) {
    rule.value = mend.dataset.rule;
    rule.focus();
    rule.dispatchEvent(new Event("input", { bubbles: true }));
    rule.dispatchEvent(new Event("change", { bubbles: true }));
  }
  if (event.target.closest(".exact")) count(true);
});
rule.addEventListener("scroll", () => { desk.querySelector(".underlined").scrollTop = rule.scrollTop; });

completing(rule, part("choices"));
remembering(desk, kept, look);
const wrong = part("count").querySelector("mark");
if (wrong) underline(wrong.previousSibling?.textContent ?? "", wrong.textContent);
