// The desk at which a strategy is written. Everything here is done by the server as well, on "Show it so";
// the script asks it sooner. Nothing is done while Chinese is being composed: the word is not there yet.
import { completing } from "./complete.js";
import { remembering } from "./remember.js";
import { following } from "./tried.js";

const desk = document.querySelector("#desk");
const part = (name) => desk.querySelector(`#${name}`);
const rule = part("rule");
const text = part("text");
const kept = part("kept");
const found = part("found");
const alike = part("alike");
// Longer than a rule may be, and no longer than an address: the answer is that it is too long.
const MOST_ASKED = 2_500;
let composing = false;
let typed = 0;
let looks = 0;
let waiting = 0;
let later = 0;

const field = (...path) => desk.querySelector(`[name='f:${JSON.stringify(path)}']`)?.value ?? "";

function underline(before, wrong) {
  const under = desk.querySelector(".underlined");
  under.replaceChildren();
  rule.removeAttribute("aria-invalid");
  if (!wrong) return;
  rule.setAttribute("aria-invalid", "true");
  const mark = document.createElement("mark");
  mark.textContent = wrong;
  under.append(before, mark);
  under.scrollTop = rule.scrollTop;
}

async function count(exact) {
  const mine = typed;
  const asked = new URLSearchParams({
    rule: rule.value.slice(0, MOST_ASKED), name: desk.dataset.name,
    kind: field("kind"), holdout: field("experiment", "holdout"), ramp: field("experiment", "ramp"),
  });
  if (exact) asked.set("exact", "yes");
  try {
    const found = await (await fetch(`/strategies/rule?${asked}`)).json();
    if (mine !== typed) return;
    if (found.error) {
      part("count").textContent = found.error;
      return;
    }
    // Made by the house's own templates, which escape.
    part("count").innerHTML = found.html;
    if (part("size")) part("size").innerHTML = found.size;
    underline(found.before, found.wrong);
  } catch {
    if (mine === typed) part("count").textContent = part("count").dataset.silent;
  }
}

// Who else wants these customers: asked when the typing has stopped for a while.
async function rivals() {
  const mine = typed;
  try {
    const channels = [...desk.querySelectorAll(`[name^='f:["funnel",'][name$=',"channel"]']`)];
    const asked = new URLSearchParams({
      rule: rule.value.slice(0, MOST_ASKED), name: desk.dataset.name, start: field("valid", "start"), end: field("valid", "end"),
      channels: channels.map((each) => each.value).join(), alike: alike.checked ? "yes" : "",
    });
    const found = await (await fetch(`/strategies/rivals?${asked}`)).json();
    if (mine === typed) part("rivals").innerHTML = found.html ?? "";
  } catch {
    part("rivals").replaceChildren();
  }
}

function soon() {
  clearTimeout(waiting);
  clearTimeout(later);
  waiting = setTimeout(count, 150);
  later = setTimeout(rivals, 1200);
}

// Where the keyboard stands: boxes and buttons have a name and no id; a button that mends, its field's.
function placeOf(at) {
  if (at.id) return `#${CSS.escape(at.id)}`;
  if (at.name === "change") return `[name=change][value="${CSS.escape(at.value)}"]`;
  return at.name ? `[name="${CSS.escape(at.name)}"]` : null;
}

// Puts the server's view of form and document in place of ours; focus, cursor and open parts stay.
function swap(page) {
  const at = document.activeElement;
  const place = at && desk.contains(at) && placeOf(at);
  const [from, to] = place ? [at.selectionStart, at.selectionEnd] : [];
  const folded = () => [...desk.querySelectorAll("#funnel details, #terms details")];
  const open = folded().map((each) => each.open);
  const size = part("size")?.innerHTML;
  for (const name of ["told", "drawing", "funnel", "terms"]) {
    part(name).innerHTML = page.querySelector(`#${name}`).innerHTML;
  }
  folded().forEach((each, number) => { each.open ||= open[number] ?? true; });
  if (size && part("size")) part("size").innerHTML = size; // until it is counted anew
  text.value = page.querySelector("#text").value;
  if (text.value !== text.defaultValue) changed();
  rule.value = page.querySelector("#rule").value;
  desk.querySelector("[name=was]").value = page.querySelector("[name=was]").value;
  const again = place && desk.querySelector(place);
  if (again && again !== at) {
    again.focus();
    if (typeof from === "number") again.setSelectionRange?.(from, to);
  }
}

function askAgain(asked) {
  setTimeout(() => {
    if (asked !== looks) return;
    if (composing) askAgain(asked);
    else look(new FormData(desk));
  }, 400);
}

// The newest question counts. Who goes on typing meanwhile keeps his words, and it is asked again.
async function look(data) {
  const mine = typed;
  const asked = ++looks;
  try {
    const answer = await fetch(`/strategies/${desk.dataset.name}/look`, {
      method: "POST",
      body: new URLSearchParams(data),
    });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!page.querySelector("#told")) throw new Error("another page");
    if (asked !== looks) return false;
    if (mine !== typed || composing) {
      askAgain(asked);
      return false;
    }
    swap(page);
    soon();
    return true;
  } catch {
    kept.textContent = kept.dataset.lost;
    return false;
  }
}

desk.addEventListener("compositionstart", (event) => {
  composing = true;
  if (event.target !== rule) return;
  clearTimeout(waiting);
  clearTimeout(later);
});
desk.addEventListener("compositionend", (event) => {
  composing = false;
  typed += 1;
  if (event.target === rule) soon();
});
desk.addEventListener("input", (event) => {
  if (composing || event.isComposing || event.target.id === "note") return;
  typed += 1;
  if (event.target === rule) {
    underline("", "");
    soon();
  }
});
// A day's digits are typed one by one, and each makes another day: it is looked at when it is left.
desk.addEventListener("focusout", (event) => {
  const { type, value, defaultValue } = event.target;
  if (type === "date" && value !== defaultValue) look(new FormData(desk));
});
desk.addEventListener("change", (event) => {
  if (event.target.type === "date") return;
  if (event.target === alike) rivals();
  else if (event.target.id !== "note" && !event.target.id.startsWith("new-")) look(new FormData(desk));
});
desk.addEventListener("submit", async (event) => {
  if (!event.submitter?.formAction.endsWith("/look")) return;
  event.preventDefault();
  delete desk.dataset.sent;
  const data = new FormData(desk);
  if (event.submitter.name) data.set(event.submitter.name, event.submitter.value);
  await look(data);
});
// Once somebody is at work, what keeps it stays in sight; before that it would only lie over the fields.
const atWork = () => desk.classList.add("at-work");
desk.addEventListener("focusin", atWork, { once: true });
addEventListener("scroll", atWork, { once: true });
// What nobody has written yet is written over, and looks written from the first letter on.
desk.addEventListener("focusin", (event) => { if (event.target.matches(".unwritten")) event.target.select(); });
desk.addEventListener("input", (event) => event.target.classList.remove("unwritten"));
// What waits for its approval as it is, is not handed in again before something is changed.
const idle = desk.querySelector("#submits[data-idle]");
function changed() {
  if (!idle) return;
  idle.disabled = false;
  idle.classList.add("main");
}
if (idle) idle.disabled = true;
desk.addEventListener("input", changed);
part("count").addEventListener("click", (event) => {
  const mend = event.target.closest(".mend");
  if (mend) {
    event.preventDefault();
    rule.value = mend.dataset.rule;
    rule.focus();
    rule.dispatchEvent(new Event("input", { bubbles: true }));
    rule.dispatchEvent(new Event("change", { bubbles: true }));
  }
  if (event.target.closest(".exact")) count(true);
});
// The drawing leads to the fields of its touches, which may be folded away.
part("drawing").addEventListener("click", (event) => {
  const place = event.target.closest("a")?.getAttribute("href");
  const fields = place && desk.querySelector(place);
  if (!fields) return;
  event.preventDefault();
  fields.closest("details").open = true;
  fields.scrollIntoView({ block: "nearest" });
  fields.querySelector("select, textarea, input:not([type=hidden])")?.focus();
});
rule.addEventListener("scroll", () => { desk.querySelector(".underlined").scrollTop = rule.scrollTop; });

if (!rule.readOnly) {
  part("all-words").hidden = false;
  completing(rule, part("choices"), part("all-words"));
  const older = desk.dataset.shown && desk.dataset.shown !== desk.dataset.newest;
  if (!older) remembering(desk, kept, look);
}
soon();
if (part("show")) part("show").hidden = true; // the script shows it whenever something was changed
part("alike-asked").hidden = false;
if (found) following(found);
