// Completes the word before the cursor, in English and Chinese. A list under a plain text field, by keyboard:
// ARIA authoring practices, "combobox with list autocomplete".
const MOST = 12;
const LONGEST = 14;

// The word being written: letters and digits, or Chinese up to where some name begins like it.
function begun(before, words) {
  const latin = /[a-z_][a-z0-9_]*$/i.exec(before)?.[0];
  if (latin) return { written: latin, found: matching(latin.toLowerCase(), words) };
  const run = /[^\s()=<>,，（）且或非'"]+$/.exec(before)?.[0] ?? "";
  for (let length = Math.min(run.length, LONGEST); length > 0; length -= 1) {
    const written = run.slice(-length);
    if (/^[0-9.]/.test(written)) continue; // a number is no name's beginning
    const found = matching(written, words);
    if (found.length) return { written, found };
  }
  return { written: "", found: [] };
}

function matching(written, words) {
  const starts = [];
  const holds = [];
  for (const word of words) {
    const names = [word.name.toLowerCase(), word.label];
    if (names.includes(written)) continue;
    if (names.some((name) => name.startsWith(written))) starts.push(word);
    else if (written.length > 1 && names.some((name) => name.includes(written))) holds.push(word);
    else if (written.length > 3 && ` ${word.about.toLowerCase()}`.includes(` ${written}`)) holds.push(word);
  }
  return [...starts, ...holds].slice(0, MOST);
}

// ``all``: the button that lists every word there is.
export function completing(field, list, all) {
  let words = [];
  let labelFirst = false;
  let chosen = -1;
  let now = { written: "", found: [] };
  const known = fetch("/strategies/words").then((answer) => answer.json()).then((told) => {
    words = told.words ?? [];
    labelFirst = told.label_first;
  });
  known.catch(() => { words = []; });

  function close() {
    list.hidden = true;
    chosen = -1;
    field.removeAttribute("aria-activedescendant");
    field.removeAttribute("aria-controls");
  }

  function mark(number) {
    chosen = number;
    [...list.children].forEach((item, place) => item.setAttribute("aria-selected", String(place === chosen)));
    const item = list.children[chosen];
    if (!item) return field.removeAttribute("aria-activedescendant");
    field.setAttribute("aria-activedescendant", item.id);
    item.scrollIntoView({ block: "nearest" });
  }

  function show() {
    offer(begun(field.value.slice(0, field.selectionStart), words));
  }

  function offer(some) {
    now = some;
    if (!now.found.length) return close();
    list.replaceChildren(...now.found.map((word, number) => {
      const item = document.createElement("li");
      item.id = `choice-${number}`;
      item.setAttribute("role", "option");
      const names = labelFirst ? [word.label, word.name] : [word.name, word.about || word.label];
      const about = document.createElement("small");
      about.textContent = ` ${names[1]}${word.unit ? ` · ${word.unit}` : ""}`;
      item.append(names[0] || names[1], about);
      item.addEventListener("mousedown", (event) => { event.preventDefault(); take(number); });
      return item;
    }));
    list.hidden = false;
    field.setAttribute("aria-controls", list.id);
    mark(-1);
  }

  function take(number) {
    const word = now.found[number];
    const chinese = labelFirst || (now.written && !/^[a-z]/i.test(now.written));
    const name = (chinese && word.label) || word.name;
    const end = field.selectionStart;
    field.setRangeText(name, end - now.written.length, end, "end");
    close();
    field.dispatchEvent(new Event("input", { bubbles: true }));
    close();
  }

  field.addEventListener("input", (event) => { if (!event.isComposing && event.isTrusted) show(); });
  field.addEventListener("compositionend", show);
  field.addEventListener("blur", close);
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (list.hidden && event.altKey && event.key === "ArrowDown") {
      offer({ written: "", found: words });
      event.preventDefault();
    }
    if (list.hidden) return;
    const many = now.found.length;
    if (event.key === "ArrowDown") mark((chosen + 1) % many);
    else if (event.key === "ArrowUp") mark((chosen - 1 + many) % many);
    else if (event.key === "Escape") close();
    else if ((event.key === "Enter" || event.key === "Tab") && chosen >= 0) take(chosen);
    else return;
    event.preventDefault();
  });
  all.addEventListener("click", () => {
    field.focus();
    offer({ written: "", found: words });
  });
}
