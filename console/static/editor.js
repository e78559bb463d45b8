// Counts while somebody types. Nothing is done while Chinese is being composed: the word is not there yet.
const text = document.querySelector("#text");
const told = document.querySelector("#count");
if (text && told) {
  let composing = false;
  let waiting = 0;
  let asked = 0;

  // The rule is what stands behind "who:", folded over the indented lines that follow.
  const ruleOf = (document) => {
    const lines = document.split("\n");
    const at = lines.findIndex((line) => /^who:/.test(line));
    if (at < 0) return "";
    const parts = [lines[at].replace(/^who:\s*(?:[>|][+-]?)?\s*/, "")];
    for (const line of lines.slice(at + 1)) {
      if (!/^\s+\S/.test(line)) break;
      parts.push(line.trim());
    }
    return parts.join(" ").trim().replace(/^(["'])(.*)\1$/, "$2");
  };

  const say = (words, isWrong) => {
    told.textContent = words;
    told.classList.toggle("wrong", isWrong);
  };

  const count = async () => {
    const mine = ++asked;
    const rule = ruleOf(text.value);
    if (!rule) return say("", false);
    try {
      const answer = await fetch(`/strategies/count?rule=${encodeURIComponent(rule)}`);
      const found = await answer.json();
      if (mine !== asked) return;
      if (found.error) return say(found.error, true);
      const number = new Intl.NumberFormat(document.documentElement.lang);
      const many = found.count === null ? told.dataset.few : number.format(found.count);
      const of = `${told.dataset.of} ${number.format(found.of)}`;
      const between = found.exact || found.count === null ? "" : ` (${number.format(found.low)}–${number.format(found.high)})`;
      say(`${told.dataset.about} ${many}${between} ${of}`, false);
    } catch {
      if (mine === asked) say(told.dataset.silent, true);
    }
  };

  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(count, 150);
  };
  text.addEventListener("compositionstart", () => { composing = true; });
  text.addEventListener("compositionend", () => { composing = false; soon(); });
  text.addEventListener("input", () => { if (!composing) soon(); });
  soon();
}
