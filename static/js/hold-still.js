// A part that refreshes by itself waits while a row in it is being changed, so that nothing typed is lost, while something in it is pressed,
// which would never be clicked on, and while something in it has asked for an answer, whose place would be gone: it does not ask, and an
// answer that was on its way by then is left aside.

const refreshes = (elt) => elt.matches?.("[hx-trigger*='every']") && elt.querySelector(".changing, .htmx-request, :active");

document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt, requestConfig } = event.detail;
  if (requestConfig.verb === "get" && refreshes(elt)) event.preventDefault();
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const { elt, requestConfig, target } = event.detail;
  if (requestConfig.verb === "get" && elt === target && refreshes(target)) event.detail.shouldSwap = false;
});
