// Links that ask first: htmx puts the question into <dialog id="ask-first">, and it opens.
// Without this script the link opens the question as a page.

const dialog = document.getElementById("ask-first");

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target === dialog && dialog.childElementCount > 0 && !dialog.open) dialog.showModal();
});
dialog?.addEventListener("click", (event) => {
  const closer = event.target.closest("[data-close]");
  if (closer) event.preventDefault();
  if (closer || event.target === dialog) dialog.close();
});
