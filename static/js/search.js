// The search of the top bar: Ctrl+K or ⌘K goes there, arrows walk through what was found, Escape leaves.
// What is found comes by htmx; without a script Enter opens the page of it.

const box = document.getElementById("bar-search");
const input = box?.querySelector("input");
const panel = box?.querySelector(".menu-panel");

const links = () => [...panel.querySelectorAll("a")];
const close = () => { panel.hidden = true; };

document.addEventListener("keydown", (event) => {
  if (!box || event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  input.focus();
  input.select();
});

box?.addEventListener("htmx:afterSwap", () => { panel.hidden = !panel.childElementCount; });
box?.addEventListener("focusout", (event) => { if (!box.contains(event.relatedTarget)) close(); });
input?.addEventListener("focus", () => { panel.hidden = !panel.childElementCount; });

box?.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    close();
    input.focus();
  } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && !panel.hidden) {
    event.preventDefault();
    const all = [input, ...links()];
    const at = all.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
    all[(at + all.length) % all.length].focus();
  }
});
