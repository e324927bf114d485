// What scrolls sideways can be scrolled by the keyboard too; what does not is no stop for the tab key.

function mark() {
  for (const box of document.querySelectorAll(".table-scroll")) {
    const scrolls = box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight;
    if (scrolls && !box.hasAttribute("tabindex")) box.tabIndex = 0;
    if (!scrolls) box.removeAttribute("tabindex");
    if (box.firstElementChild) grown.observe(box.firstElementChild); // once, however often it is asked
  }
}

// Live tables grow without htmx.
const grown = new ResizeObserver(mark);

document.addEventListener("htmx:afterSettle", mark);
addEventListener("resize", mark);
mark();
