// A slider beside each number: both say the same, and the number works without it.
for (const number of document.querySelectorAll("input[data-slider]")) {
  const slider = document.createElement("input");
  slider.type = "range";
  slider.min = number.min;
  slider.max = 100;
  slider.step = 5;
  slider.value = number.value;
  slider.setAttribute("aria-label", number.dataset.slider);
  slider.addEventListener("input", () => { number.value = slider.value; });
  number.addEventListener("input", () => { slider.value = number.value; });
  number.parentElement.querySelector(`#${number.id} + .slider`).append(slider);
}
