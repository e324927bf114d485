// Keys of the market's page; ? lists them. A key in a field is the field's own, save Escape, which leaves it.

export function bindKeys({ ticket, step }) {
  const keys = {
    "?": () => document.getElementById("market-keys").showModal(),
    b: () => ticket.setSide("buy"),
    s: () => ticket.setSide("sell"),
    h: () => ticket.setKind("hourly"),
    k: () => ticket.setKind("block"),
    m: () => ticket.setKind("market"),
    ArrowLeft: () => step(-1),
    ArrowRight: () => step(1),
    ArrowUp: () => ticket.stepLimit(1),
    ArrowDown: () => ticket.stepLimit(-1),
    "+": () => ticket.stepAccelerators(1),
    "=": () => ticket.stepAccelerators(1),
    "-": () => ticket.stepAccelerators(-1),
    Enter: () => ticket.send(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const inField = event.target.closest("input, select, textarea, a, button, summary, [contenteditable]");
    if (inField) {
      if (event.key === "Escape") inField.blur();
      return;
    }
    const act = keys[event.key] ?? keys[event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    act();
  });
}
