/* A fold with data-load fetches its content when it is first opened. Without scripts the link inside leads there. */
"use strict";

document.addEventListener("toggle", async (event) => {
  const fold = event.target;
  if (!fold.open || !fold.matches?.("details[data-load]")) return;
  const place = fold.querySelector("[data-loaded]");
  if (place.childElementCount) return;
  place.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(fold.dataset.load);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!answer.ok) throw new Error(page.querySelector("h1")?.textContent);
    place.replaceChildren(...page.body.childNodes);
  } catch {
    place.textContent = "It could not be loaded. Open it as a page to see why.";
  } finally {
    place.removeAttribute("aria-busy");
  }
}, true);
