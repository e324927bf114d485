// A part that refreshes by itself waits while a row in it is being changed, so that nothing typed is lost.

document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt, requestConfig } = event.detail;
  const isRefresh = requestConfig.verb === "get" && elt.hasAttribute("hx-trigger") && elt.matches("[hx-trigger*='every']");
  if (isRefresh && elt.querySelector(".changing")) event.preventDefault();
});
