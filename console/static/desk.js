// A form is sent once, however often its button is pressed.
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form")) delete form.dataset.sent;
});

// A table that is wider than its place scrolls sideways: the keyboard has to come to it.
const reach = () => {
  for (const one of document.querySelectorAll(".scroll, :not(.scroll) > table")) {
    if (one.scrollWidth > one.clientWidth) one.tabIndex = 0;
    else one.removeAttribute("tabindex");
  }
};
addEventListener("resize", reach);
reach();

// On a narrow screen the menu and the tabs scroll sideways: where one is comes into sight.
for (const here of document.querySelectorAll("nav [aria-current]")) {
  const strip = here.closest("ul");
  strip.scrollLeft = here.offsetLeft - strip.offsetLeft - (strip.clientWidth - here.clientWidth) / 2;
}
