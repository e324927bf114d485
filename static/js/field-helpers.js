// Steppers and presets around number fields. They fire "input", so that whatever listens to the field hears them.

function setValue(field, value) {
  field.value = String(value);
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

function markPresets(root) {
  for (const group of root.querySelectorAll("[data-presets]")) {
    const field = document.getElementById(group.dataset.presets);
    for (const button of group.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(field?.value === button.value));
    }
  }
}

document.addEventListener("click", (event) => {
  const step = event.target.closest(".stepper > button[data-step]");
  if (step) {
    const field = step.parentElement.querySelector("input");
    const size = Number(field.step) || 1;
    const value = (Number(field.value) || 0) + Number(step.dataset.step) * size;
    setValue(field, Math.min(Math.max(value, Number(field.min) || size), Number(field.max) || Infinity));
  }
  const preset = event.target.closest("[data-presets] > button");
  if (preset) setValue(document.getElementById(preset.parentElement.dataset.presets), preset.value);
});
document.addEventListener("input", () => markPresets(document));
document.addEventListener("htmx:afterSettle", () => markPresets(document));
markPresets(document);

// <input data-page-query> is sent with the page's address as it is then, which htmx may have replaced since it was rendered.
document.addEventListener("submit", (event) => {
  for (const input of event.target.querySelectorAll("input[data-page-query]")) input.value = location.search.slice(1);
});
