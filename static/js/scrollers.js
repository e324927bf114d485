// What scrolls sideways can be scrolled by the keyboard too; what does not is no stop for the tab key.

function mark() {
  for (const box of document.querySelectorAll(".table-scroll")) {
    const scrolls = box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight;
    if (scrolls && !box.hasAttribute("tabindex")) box.tabIndex = 0;
    if (!scrolls) box.removeAttribute("tabindex");
  }
}

document.addEventListener("htmx:afterSettle", mark);
addEventListener("resize", mark);
mark();
